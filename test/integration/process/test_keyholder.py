"""Nobody but the key holder has a private key, and frontd lives on without it for a moment."""

import os
import shutil
import signal
import ssl
import struct
import subprocess
import time

import pytest
from cryptography import x509
from support import wire
from support.frontd import build_directory, is_sanitized
from support.keyscan import scan, steal_socket, windows_of_key
from support.ports import free_port
from support.wait import wait_until
from support.wire import client_tls

SITE = """
worker_processes 2;
http {
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; keepalive_timeout 60s;
        ssl_certificate @cert@; ssl_certificate_key @key@;
        ssl_certificate @rsa@; ssl_certificate_key @rsakey@;
        ssl_session_tickets off;
        return 200 "@word@";
    }
}
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can read other processes")


def start(frontd_files, word="one"):
    instance = frontd_files("", word=word)
    instance.values["rsa"], instance.values["rsakey"] = instance.certificates.make("rsa", kind="rsa")
    instance.write_config(SITE)
    return instance.start()


def shake(connect, instance, word="one", **options):
    """A full handshake and one request."""
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority), **options)
    assert client.request().body == word.encode()
    return client


def windows(instance):
    return windows_of_key(instance.values["key"]) | windows_of_key(instance.values["rsakey"])


def assert_no_key(instance, looked_for, searched=None):
    for pid in [instance.process.pid, *instance.workers()]:
        assert scan(pid, looked_for, searched)[0] == set(), f"process {pid} holds parts of a key"


def handshakes(instance, count):
    rsa = client_tls(instance.certificates.authority)
    rsa.set_ciphers("ECDHE+aRSA")
    rsa.maximum_version = ssl.TLSVersion.TLSv1_2
    contexts = [client_tls(instance.certificates.authority), rsa]
    for number in range(count):
        wire.connect(instance.port("https"), tls=contexts[number % 2]).close()


@needs_root
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's shadow memory takes minutes to scan: run on the plain build")
def test_no_worker_and_no_master_holds_a_key(frontd_files, load):
    instance = start(frontd_files)
    looked_for, searched = windows(instance), {}
    assert len(looked_for) > 100
    assert_no_key(instance, looked_for, searched)
    many = load("http", instance.port("https"), "--tls", "--close", "--units", "10000", "--connections", "16").wait()
    assert many["done"] >= 10000 and many["failed"] == 0 and many["resumed"] == 0, many
    handshakes(instance, 200)
    assert_no_key(instance, looked_for, searched)
    for _ in range(5):
        instance.reload()
        handshakes(instance, 20)
    wait_until(lambda: len(instance.workers()) == 2, instance.describe)
    assert_no_key(instance, looked_for, searched)
    victim = instance.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(instance.workers()) == 2 and victim not in instance.workers(), instance.describe)
    handshakes(instance, 20)
    assert_no_key(instance, looked_for, searched)


@needs_root
def test_the_key_holders_own_memory_cannot_be_read(frontd_files):
    instance = start(frontd_files)
    handshakes(instance, 20)
    (holder,) = instance.keyholders()
    found, unreadable = scan(holder, windows(instance))
    if "memfd_secret" in instance.log():
        assert found == set()
        assert any("secretmem" in name for name in unreadable)
    else:
        assert found


@needs_root
def test_the_scan_is_not_blind(frontd_files):
    """The same scan of nginx, which keeps its keys as everybody does, finds them in both orders."""
    nginx = shutil.which("nginx")
    assert nginx is not None, "Debian's package nginx (test/packages)"
    instance = start(frontd_files)
    port = free_port()
    path = instance.file("nginx.conf", f"""
        daemon off; master_process off; pid {instance.home}/nginx.pid; error_log {instance.home}/nginx.log;
        events {{ }}
        http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl;
            ssl_certificate {instance.values["cert"]}; ssl_certificate_key {instance.values["key"]};
            ssl_certificate {instance.values["rsa"]}; ssl_certificate_key {instance.values["rsakey"]}; }} }}""")
    with subprocess.Popen([nginx, "-p", str(instance.home), "-c", str(path)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_until((instance.home / "nginx.pid").exists, lambda: "nginx")
            time.sleep(0.2)
            found, _ = scan(process.pid, windows(instance))
        finally:
            process.terminate()
    assert {"d reversed", "p reversed", "q reversed", "dp reversed", "dq reversed", "qinv reversed"} <= found


@needs_root
@pytest.mark.skipif(is_sanitized(), reason="made for the plain build only, as the scan is")
@pytest.mark.parametrize("kind, wanted", [("", {"d reversed"}), ("rsa", {"d reversed", "p reversed", "q reversed"})])
def test_the_scan_finds_what_a_worker_with_its_own_keys_would_show(frontd_files, kind, wanted):
    """The positive control in frontd's own code: the contexts of a worker, with the keys in them."""
    instance = start(frontd_files)
    program = build_directory() / "test/sandbox/keys-inside"
    words = [program, instance.values[kind or "cert"], instance.values[kind + "key"]]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        found, _ = scan(process.pid, windows(instance))
        process.stdin.close()
    assert wanted <= found


def test_a_killed_key_holder_is_replaced(frontd_files, connect):
    instance = start(frontd_files)
    open_one = shake(connect, instance)
    (holder,) = instance.keyholders()
    os.kill(holder, signal.SIGKILL)
    wait_until(lambda: instance.keyholders() not in ([], [holder]), instance.describe)
    instance.wait_for_log(r"key holder \d+ died: killed by signal 9")
    wait_until(lambda: instance.log().count("there is a key holder again") == 2, instance.describe)
    for _ in range(10):
        shake(connect, instance).close()
    assert open_one.request().status == 200
    assert len(instance.workers()) == 2


def test_a_key_holder_that_hangs_is_replaced(frontd_files, connect):
    instance = start(frontd_files)
    open_one = shake(connect, instance)
    (holder,) = instance.keyholders()
    os.kill(holder, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(OSError):
        shake(connect, instance, timeout=10)
    assert time.monotonic() - began < 3  # two seconds, and what a loaded test machine takes
    instance.wait_for_log(rf"alert.* key holder {holder} does not answer: killed")
    wait_until(lambda: instance.log().count("there is a key holder again") == 2, instance.describe)
    for _ in range(10):
        shake(connect, instance).close()
    assert open_one.request().status == 200


def test_a_reload_has_a_key_holder_of_its_own(frontd_files, connect):
    instance = start(frontd_files)
    before = instance.keyholders()
    instance.values["word"] = "two"
    instance.reload(SITE)
    shake(connect, instance, "two").close()
    wait_until(lambda: len(instance.keyholders()) == 1, instance.describe)
    assert instance.keyholders() != before


def test_a_mixed_pair_is_refused_while_the_old_goes_on(frontd_files, connect):
    instance = start(frontd_files)
    before = instance.keyholders()
    certificate = instance.certificates.serial("default")
    with open(instance.values["cert"], "rb") as file:
        kept = file.read()
    instance.certificates.make("default")  # a new pair …
    with open(instance.values["cert"], "wb") as file:
        file.write(kept)  # … of which only the key has arrived
    result = instance.reload(check=False)
    assert result.returncode == 1
    assert "do not belong together" in result.stdout
    client = shake(connect, instance)
    assert x509.load_der_x509_certificate(client.certificate).serial_number == certificate
    assert instance.keyholders() == before


def test_a_file_with_certificate_and_key_leaves_no_key_in_a_worker(frontd_files, connect):
    instance = frontd_files("", word="one")
    with open(instance.values.setdefault("both", str(instance.home / "certs/both.pem")), "wb") as both:
        cert, key = instance.certificates.make("default")
        for path in (key, cert):
            with open(path, "rb") as file:
                both.write(file.read())
    instance.values["key"] = key
    instance.write_config("""http { server { listen 127.0.0.1:@https@ ssl; server_name localhost;
        ssl_certificate @both@; ssl_certificate_key @both@; return 200 "@word@"; } }""")
    instance.start()
    shake(connect, instance)
    if os.geteuid() == 0:
        assert_no_key(instance, windows_of_key(key))


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_what_the_key_holder_is(frontd_files):
    instance = start(frontd_files)
    (holder,) = instance.keyholders()
    status = status_of(holder)
    assert status["NoNewPrivs"] == "1"
    assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == "0" * 16
    with open(f"/proc/{holder}/limits", encoding="ascii") as text:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in text}
    assert limits["Max core file size"] == ["0", "0"]
    if not is_sanitized():  # its leak checker is a process
        assert limits["Max processes"] == ["0", "0"]
    if os.geteuid() == 0:
        assert status["CapBnd"] == "0" * 16
        assert "0" not in status["Uid"].split()
        assert os.stat(f"/proc/{holder}/environ").st_uid == 0  # not dumpable
    links = {int(fd): os.readlink(f"/proc/{holder}/fd/{fd}") for fd in os.listdir(f"/proc/{holder}/fd")}
    assert links.pop(0) == links.pop(1) == "/dev/null"
    assert links.pop(2) == str(instance.home / "logs/error.log")
    assert all(link.startswith("socket:") for link in links.values())
    assert len(links) == 1 + len(instance.workers())


REQUESTS = {
    "too short": b"x",
    "a digest": struct.pack("=IHHHH", 1, 0, 0x0804, 32, 0) + b"h" * 32,
    "a client's signature": struct.pack("=IHHHH", 1, 0, 0x0403, 130, 0) + b" " * 64
    + b"TLS 1.3, client CertificateVerify\0" + b"h" * 32,
    "a lying length": struct.pack("=IHHHH", 1, 0, 0x0403, 65535, 0) + b" " * 64,
    "too long": b"x" * 60000,
}


@needs_root
@pytest.mark.parametrize("name", REQUESTS)
def test_a_worker_that_asks_for_something_else_is_ended(frontd_files, connect, name):
    instance = start(frontd_files)
    victim, other = instance.workers()
    (holder,) = instance.keyholders()
    with steal_socket(victim, 5) as channel:
        channel.send(REQUESTS[name])
        instance.wait_for_log(rf"worker {victim} asked the key holder for what no TLS server signs: killed")
        wait_until(lambda: len(instance.workers()) == 2 and victim not in instance.workers(), instance.describe)
    assert other in instance.workers()
    assert instance.keyholders() == [holder]
    for _ in range(5):
        shake(connect, instance).close()
