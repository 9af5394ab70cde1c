"""ssl_password_file: keys that openssl(1) has encrypted. Debian's nginx starts with the same files."""

import os
import pathlib
import signal
import socket
import subprocess

import pytest
from cryptography import x509
from support.frontd import is_sanitized
from support.keyscan import places, scan, windows_of_key
from support.ports import free_port
from support.wait import wait_until
from support.wire import Peer, client_tls

PASSPHRASE = "Correct horse, battery! staple 8271"

SITE = """
worker_processes 2;
certificate_watch 1s;
http {
    access_log off;
    ssl_password_file @home@/passphrases;
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost;
        ssl_certificate @home@/cert.pem; ssl_certificate_key @home@/key.pem;
        return 200 "here";
    }
    SERVERS
}
"""

FORMS = {
    "PKCS#8": ["pkcs8", "-topk8", "-v2", "aes-256-cbc"],
    "PKCS#8 by SHA-1": ["pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"],
    "traditional": ["rsa", "-aes256", "-traditional"],
    "traditional EC": ["ec", "-aes128"],
    "scrypt": ["pkcs8", "-topk8", "-scrypt"],
}


def encrypt(key, form, out, passphrase=PASSPHRASE):
    subprocess.run(["openssl", *FORMS[form], "-in", key, "-out", out, "-passout", f"pass:{passphrase}"], check=True,
                   capture_output=True, timeout=60)
    assert "ENCRYPTED" in pathlib.Path(out).read_text("ascii")


def put(proxy, name="pair", kind="ec", form="PKCS#8", passphrase=PASSPHRASE, text=None, to=("cert.pem", "key.pem")):
    """A new pair, its key encrypted, and passphrases (`text`); the plain key's path."""
    certificate, key = proxy.certificates.make(name, kind=kind)
    (proxy.home / to[0]).write_bytes(pathlib.Path(certificate).read_bytes())
    encrypt(key, form, proxy.home / to[1], passphrase)
    proxy.file("passphrases", passphrase + "\n" if text is None else text).chmod(0o600)
    return key


def prepare(frontd_files, servers="", **options):
    proxy = frontd_files("")
    key = put(proxy, **options)
    proxy.write_config(SITE.replace("SERVERS", servers))
    return proxy, key


def assert_nginx_takes_it(proxy):
    """It reads keys when it checks its configuration, too."""
    path = proxy.home / "nginx.conf"
    path.write_text(f"""pid {proxy.home}/nginx.pid; error_log {proxy.home}/logs/nginx.log; events {{ }} http {{
        access_log off; ssl_password_file passphrases; server {{
        listen 127.0.0.1:{free_port()} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem; }} }}""")
    result = subprocess.run(["nginx", "-t", "-p", f"{proxy.home}/", "-c", str(path)], capture_output=True, text=True,
                            check=False, timeout=60)
    assert result.returncode == 0, result.stderr


def served(proxy):
    """The serial number of the certificate, after a whole handshake and a request."""
    peer = Peer(socket.create_connection(("127.0.0.1", proxy.port("https")), 10), 10)
    peer.start_tls(client_tls(), "localhost")
    serial = x509.load_der_x509_certificate(peer.certificate).serial_number
    peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert peer.read_to_end().startswith(b"HTTP/1.1 200 ")
    peer.close()
    return serial


@pytest.mark.parametrize("kind, form", [("ec", "PKCS#8"), ("rsa", "PKCS#8"), ("ec", "PKCS#8 by SHA-1"),
                                        ("rsa", "traditional"), ("ec", "traditional EC")])
def test_an_encrypted_key_serves(frontd_files, kind, form):
    proxy, _ = prepare(frontd_files, kind=kind, form=form)
    proxy.start()
    assert_nginx_takes_it(proxy)
    for _ in range(10):
        assert served(proxy) == proxy.certificates.serial("pair")


@pytest.mark.parametrize("text", [
    PASSPHRASE,
    f"wrong\n\n\nanother\n{PASSPHRASE}\n",
    f"wrong\r\n\r\n{PASSPHRASE}\r\n",
    "x" * 1500 + f"\n{PASSPHRASE}\nbehind it\n",
], ids=["no end of line", "the fifth line", "CRLF", "behind a very long line"])
def test_each_line_is_tried(frontd_files, text):
    proxy, _ = prepare(frontd_files, text=text)
    proxy.start()
    assert_nginx_takes_it(proxy)
    assert served(proxy) == proxy.certificates.serial("pair")


def findings(proxy):
    result = proxy.command("-t", check=False)
    assert result.returncode == 1, result.stderr
    assert PASSPHRASE not in result.stderr + result.stdout
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("text", ["wrong\n", PASSPHRASE + " \n", " " + PASSPHRASE + "\n", PASSPHRASE.upper() + "\n",
                                  "x" * 1500])
def test_a_wrong_pass_phrase_is_a_finding(frontd_files, text):
    proxy, _ = prepare(frontd_files, text=text)
    words = findings(proxy)
    assert "no line of its ssl_password_file opens it" in words and "key.pem" in words, words


def test_what_is_wrong_with_the_file_is_a_finding(frontd_files):
    proxy, _ = prepare(frontd_files, text="")
    assert "the key is encrypted; name a file with its pass phrase" in findings(proxy)
    os.unlink(proxy.home / "passphrases")
    words = findings(proxy)
    assert "pass phrases" in words and "passphrases" in words and "No such file" in words or "does not exist" in words, words
    os.mkdir(proxy.home / "passphrases")
    assert "directory" in findings(proxy)
    proxy.write_config(SITE.replace("ssl_password_file", "#").replace("SERVERS", ""))
    assert "name a file with its pass phrase in ssl_password_file" in findings(proxy)


def test_scrypt_is_said_to_need_too_much(frontd_files):
    proxy, _ = prepare(frontd_files, form="scrypt")
    assert "encrypted with scrypt" in findings(proxy)


def test_a_server_may_have_its_own(frontd_files):
    """And what is not its own does not count for it: as nginx reads them."""
    servers = """server {
        listen 127.0.0.1:@https@ ssl; server_name other; return 200;
        ssl_certificate @home@/other.pem; ssl_certificate_key @home@/other.key; ssl_password_file @home@/others;
    }"""
    proxy, _ = prepare(frontd_files, servers=servers)
    put(proxy, "other", "rsa", "traditional", "of the other", PASSPHRASE + "\n", ("other.pem", "other.key"))
    proxy.file("others", "of the other\n")
    proxy.start()
    assert served(proxy) == proxy.certificates.serial("pair")
    proxy.file("others", "neither\n")
    proxy.file("passphrases", PASSPHRASE + "\nof the other\n")
    words = findings(proxy)
    assert "other.key" in words and "no line of its ssl_password_file" in words, words


def test_the_same_key_may_be_plain_for_one_server(frontd_files):
    servers = """server { listen 127.0.0.1:@https@ ssl; server_name plain; return 200;
        ssl_certificate @cert@; ssl_certificate_key @key@; }"""
    proxy, _ = prepare(frontd_files, servers=servers)
    proxy.start()
    assert served(proxy) == proxy.certificates.serial("pair")


def test_mail_has_it_too(frontd_files, smtp_backend):
    backend = smtp_backend()
    proxy = frontd_files("", backend=backend.address)
    put(proxy)
    proxy.write_config("""mail { server_name edge.example.test; smtp_auth none; ssl_password_file passphrases; server {
        listen 127.0.0.1:@smtp@; protocol smtp; starttls on; proxy_pass @backend@;
        ssl_certificate @home@/cert.pem; ssl_certificate_key @home@/key.pem; } }""")
    proxy.start()
    peer = Peer(socket.create_connection(("127.0.0.1", proxy.port("smtp")), 10))
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.smtp_starttls()
    assert x509.load_der_x509_certificate(peer.certificate).serial_number == proxy.certificates.serial("pair")
    peer.close()


def test_a_new_encrypted_key_is_taken_and_survives_its_key_holder(frontd_files):
    proxy, _ = prepare(frontd_files)
    proxy.start()
    workers = proxy.workers()
    first = served(proxy)
    put(proxy, "next", "rsa", "traditional", "another one")
    wait_until(lambda: served(proxy) == proxy.certificates.serial("next"), proxy.describe, 60)
    assert first != proxy.certificates.serial("next") and proxy.workers() == workers
    holder = max(proxy.keyholders())  # the one before it may not have ended yet
    os.kill(holder, signal.SIGKILL)
    wait_until(lambda: holder not in proxy.keyholders() and _serves(proxy, "next"), proxy.describe, 60)


def _serves(proxy, name):
    try:
        return served(proxy) == proxy.certificates.serial(name)
    except (OSError, AssertionError):
        return False


def test_a_key_encrypted_anew_is_taken_though_its_certificate_is_the_same(frontd_files):
    proxy, key = prepare(frontd_files)
    proxy.start()
    mark = len(proxy.log())
    encrypt(key, "PKCS#8", proxy.home / "fresh.pem", "another one")
    os.rename(proxy.home / "fresh.pem", proxy.home / "key.pem")
    proxy.file("passphrases", "another one\n")  # in place: what the first key holder had is gone
    proxy.wait_for_log(r"new certificates are in force in 2 workers", since=mark, timeout=60)
    holder = max(proxy.keyholders())
    os.kill(holder, signal.SIGKILL)
    wait_until(lambda: _serves(proxy, "pair"), proxy.describe, 60)


def test_a_wrong_pass_phrase_leaves_the_old_certificate(frontd_files):
    proxy, _ = prepare(frontd_files)
    proxy.start()
    mark, first = len(proxy.log()), served(proxy)
    put(proxy, "next", passphrase="another one", text="and yet another\n")
    proxy.command("-s", "reload", check=False)
    assert "no line of its ssl_password_file opens it" in proxy.log()[mark:]
    assert served(proxy) == first
    proxy.file("passphrases", "another one\n")
    proxy.command("-s", "reload")
    assert served(proxy) == proxy.certificates.serial("next")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reaches into other processes")
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer keeps memory of its own, and what was in it")
def test_nobody_keeps_the_pass_phrase(frontd_files):
    """Not even the key holder, whose memory can be read here because little of it can be locked."""
    proxy, key = prepare(frontd_files, kind="rsa", form="traditional")
    for path in (proxy.home, *proxy.home.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    proxy.wrapper += ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                      "--bounding-set=-all", "prlimit", "--memlock=65536:65536"]
    proxy.start()
    proxy.wait_for_log(r"key holder \d+: 1 key in plain memory")
    for _ in range(10):
        served(proxy)
    windows = [PASSPHRASE.encode()[at : at + 12] for at in range(0, len(PASSPHRASE) - 12, 4)]
    (holder,) = proxy.keyholders()
    assert scan(holder, windows_of_key(key))[0], "the control: its memory is read"
    everybody = [proxy.process.pid, *proxy.processes()]
    assert len(everybody) >= 4
    for pid in everybody:
        assert not places(pid, windows), f"{pid} has the pass phrase: {places(pid, windows)}"
    for pid in proxy.workers():
        assert scan(pid, windows_of_key(key))[0] == set()
