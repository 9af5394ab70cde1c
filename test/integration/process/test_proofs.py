"""What keeps keys and passwords where they are, tried against the running processes: reference
tls-keys.md 3.8, numbers in brackets. The rest of that list: test_keyholder.py (1, 2, 4, 6),
sandbox/test_probe.py and sandbox/test_taken_over.py (3), sandbox/test_roles.py (8, 10), reload (9),
fuzz/tls (4)."""

import os
import pathlib
import pickle
import re
import resource
import signal
import socket
import struct
import subprocess
import time

import pytest
from support.frontd import is_sanitized
from support.keyscan import places, scan, steal_socket, windows_of_key
from support.processes import program_of
from support.wait import wait_until
from support.wire import client_tls

SITE = """
worker_processes @workers@;
http {
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; root @home@/site;
        ssl_certificate @cert@; ssl_certificate_key @key@; ssl_session_tickets off;
        location /private/ { auth_basic "who?"; auth_basic_user_file passwords; }
    }
}
"""
NOBODY = 65534
CONTROL_CHANNEL, KEY_CHANNEL = 3, 5  # process/worker_arguments.h

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root reaches into other processes")


@pytest.fixture
def proxy(frontd_files):
    def make(workers=1):
        instance = frontd_files(SITE, workers=workers)
        instance.file("site/page", "a page")
        instance.file("passwords", "user:{PLAIN}secret\n").chmod(0o644)
        return instance

    return make


def shake(connect, instance):
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
    client.send(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert client.read_to_end().startswith(b"HTTP/1.1 200 ")
    client.close()


def roles(instance):
    found = {}
    for pid in instance.processes():
        found.setdefault(program_of(pid), []).append(pid)
    return found


def unprivileged(instance):
    for path in (instance.home, *instance.home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    instance.wrapper += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


# (1) for passwords


@needs_root
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's shadow memory takes minutes to scan: run on the plain build")
def test_no_worker_and_no_master_holds_a_hash_of_a_password(proxy, connect):
    instance = proxy(workers=2)
    windows = [b"m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi"]
    instance.file("passwords", b"user:$2y$04$" + windows[0] + b"\n").chmod(0o644)  # "secret"
    instance.start()
    for _ in range(20):
        client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
        assert client.request("/private/", fields=["Authorization: Basic dXNlcjpzZWNyZXQ="]).status in (403, 404)
        client.close()
    found = roles(instance)
    assert places(found["frontd-auth"][0], windows), "the control: frontd-auth has them"
    for pid in (instance.process.pid, *found["frontd-worker"], *found["frontd-keyholder"]):
        assert not places(pid, windows), f"{pid} holds a hash"


# (2) (10) where there is no better memory for keys


@needs_root
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer keeps memory of its own, and what was in it")
def test_with_little_lockable_memory_it_starts_and_keys_stay_in_one_place(proxy, connect):
    instance = proxy()
    unprivileged(instance)
    instance.wrapper += ["prlimit", "--memlock=65536:65536"]
    instance.start()
    instance.wait_for_log(r"key holder \d+: 1 key in plain memory: it may be swapped; raise RLIMIT_MEMLOCK")
    for _ in range(20):
        shake(connect, instance)
    windows = windows_of_key(instance.values["key"])
    (holder,) = instance.keyholders()
    assert len(places(holder, windows)) == 1, places(holder, windows)
    for pid in (instance.process.pid, *instance.workers(), *roles(instance)["frontd-auth"]):
        assert scan(pid, windows)[0] == set()


# (5) a flood between channels


def request(key, scheme=0x0403, text=b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + b"h" * 32):
    return struct.pack("=IHHHH", 7, key, scheme, len(text), 0) + text


def flood(channel, report):
    """As much as the other end takes; then how many answers of each status there were."""
    counts, ends = {}, []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(True))
    channel.setblocking(False)
    while not ends:
        try:
            for _ in range(50):
                channel.send(request(0))
        except BlockingIOError:
            pass
        try:
            for _ in range(200):
                status = struct.unpack_from("=IHH", channel.recv(4096))[1]
                counts[status] = counts.get(status, 0) + 1
        except BlockingIOError:
            time.sleep(0.0002)
    os.write(report, pickle.dumps(counts))


@needs_root
def test_a_flood_of_one_worker_starves_no_other(proxy, connect):
    instance = proxy(workers=2)
    instance.start()
    victim, _ = instance.workers()
    os.kill(victim, signal.SIGSTOP)  # somebody else is at work there
    reading, writing = os.pipe()
    with steal_socket(victim, KEY_CHANNEL) as channel:
        child = os.fork()
        if child == 0:
            try:
                flood(channel, writing)
            finally:
                os._exit(0)  # pylint: disable=protected-access
        times = []
        try:
            for _ in range(60):
                began = time.monotonic()
                shake(connect, instance)
                times.append(time.monotonic() - began)
                time.sleep(0.02)
        finally:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
            os.kill(victim, signal.SIGCONT)
    counts = pickle.loads(os.read(reading, 4096))
    os.close(reading)
    os.close(writing)
    # that the bucket runs empty is for test/unit/process/test_keyholder.c: a busy machine is too slow for it
    assert counts.get(0, 0) > 3000 and set(counts) <= {0, 3}, f"the control: it was a flood: {counts}"
    assert sorted(times)[30] < 0.5 and max(times) < 2, times


# (4) what a channel gives and what not; more in test_keyholder.py and fuzz/tls


@needs_root
def test_what_does_not_fit_is_answered_without_a_signature(proxy):
    instance = proxy()
    instance.start()
    (worker,) = instance.workers()
    p384 = b"h" * 48
    exchange = b"r" * 64 + b"\3\0\x1d\x20" + b"x" * 32
    with steal_socket(worker, KEY_CHANNEL) as channel:
        channel.settimeout(5)

        def ask(*words, **options):
            channel.send(request(*words, **options))
            _, status, length = struct.unpack_from("=IHH", answer := channel.recv(4096))
            assert len(answer) == 8 + length and (status == 0) == (length > 0)
            return status

        assert ask(0) == 0, "the control: this is signed"
        assert ask(0, text=exchange) == 0, "and this, of TLS 1.2"
        assert ask(1) == ask(65535) == 2  # no such key
        assert ask(0, 0x0804) == ask(0, 0x0401) == 1  # a key of another kind
        assert ask(0, 0x0503) == 1  # a curve of another key
        assert ask(0, 0x0203) == ask(0, 0x0201) == 1  # SHA-1
        assert ask(0, text=request(0)[12:-32] + p384) in (0, 1)
    assert instance.workers() == [worker]


MALFORMED = {
    "another context string": b" " * 64 + b"TLS 1.3, server CertificateVerifx\0" + b"h" * 32,
    "one space less": b" " * 63 + b"TLS 1.3, server CertificateVerify\0" + b"h" * 32,
    "a byte behind": b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + b"h" * 33,
    "nothing": b"",
    "DER": bytes.fromhex("3031300d060960864801650304020105000420") + b"h" * 32,
    "an unlisted curve": b"r" * 64 + b"\3\0\x16\x41" + b"x" * 65,
    "an explicit curve": b"r" * 64 + b"\1\0\x1d\x20" + b"x" * 32,
    "a point too long": b"r" * 64 + b"\3\0\x1d\x20" + b"x" * 33,
    "a point too short": b"r" * 64 + b"\3\0\x1d\x20" + b"x" * 31,
}


@needs_root
def test_what_no_server_signs_ends_the_channel(proxy):
    names = [*MALFORMED, "a descriptor"]
    instance = proxy(workers=len(names))
    instance.start()
    (holder,) = instance.keyholders()
    for name, worker in zip(names, instance.workers()):
        with steal_socket(worker, KEY_CHANNEL) as channel:
            if name in MALFORMED:
                channel.send(request(0, text=MALFORMED[name]))
            else:
                socket.send_fds(channel, [request(0)], [0])
            channel.settimeout(5)
            assert channel.recv(4096) == b"", f"{name} was answered"
        instance.wait_for_log(rf"worker {worker} asked the key holder for what no TLS server signs: killed")
    assert instance.keyholders() == [holder]


def is_ended(channel):
    try:
        channel.send(request(0))
    except BrokenPipeError:
        return True
    return False


@needs_root
def test_a_channel_of_the_generation_before_ends_with_it(proxy, connect):
    instance = proxy()
    instance.start()
    with steal_socket(instance.workers()[0], KEY_CHANNEL) as channel:
        channel.settimeout(10)
        channel.send(request(0))
        assert channel.recv(4096)[4:6] == b"\0\0", "the control: it signs"
        before = instance.keyholders()
        instance.reload()
        wait_until(lambda: not set(before) & set(instance.keyholders()), instance.describe)
        wait_until(lambda: is_ended(channel), instance.describe)  # the master ends it when it hears of the death
        assert channel.recv(4096) == b"", "nobody has signed"
    shake(connect, instance)


def master_message(name, *numbers):
    """As ipc/messages.def numbers it."""
    table = (pathlib.Path(__file__).resolve().parents[3] / "proxy/ipc/messages.def").read_text(encoding="ascii")
    names = re.findall(r"^MESSAGE\((\w+),", table, re.M)
    return struct.pack(f"={1 + len(numbers)}I", names.index(name), *numbers)


@needs_root
def test_a_worker_that_complains_costs_nobody_the_key_holder(proxy, connect):
    """Who has taken a worker over says again and again that nobody answers it."""
    instance = proxy(workers=2)
    instance.start()
    liar, _ = instance.workers()
    (holder,) = instance.keyholders()
    os.kill(liar, signal.SIGSTOP)  # its connections are the other's
    with steal_socket(liar, CONTROL_CHANNEL) as control:
        last = 0  # the first one, whatever its number
        for _ in range(8):
            for number in range(last, last + 12):
                control.send(master_message("KEYS_LOST", number))
            shake(connect, instance)
            instance.wait_for_log(rf"worker {liar} had no answer from key holder {holder}")
            last += 1
            time.sleep(0.3)
    os.kill(liar, signal.SIGCONT)
    assert instance.keyholders() == [holder], instance.describe()
    assert instance.log().count(f"worker {liar} had no answer") >= 2, "the control: it was heard"
    for _ in range(20):  # the liar has a channel that is good, and all threads of the key holder are free
        shake(connect, instance)
    os.kill(liar, signal.SIGKILL)
    wait_until(lambda: len(instance.workers()) == 2 and liar not in instance.workers(), instance.describe)
    for _ in range(20):
        shake(connect, instance)
    assert instance.keyholders() == [holder], instance.describe()


# (7) cores


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@needs_root
def test_a_crash_leaves_no_core(proxy, connect):
    instance = proxy()
    instance.home.chmod(0o777)
    instance.wrapper += ["prlimit", "--core=unlimited:unlimited"]
    instance.start()
    shake(connect, instance)
    for name in ("frontd-keyholder", "frontd-auth", "frontd-worker"):
        (pid,) = roles(instance)[name]
        os.kill(pid, signal.SIGABRT)
        instance.wait_for_log(rf" {pid} died: killed by signal 6 \(Aborted\);")
        wait_until(lambda pid=pid, name=name: roles(instance).get(name) not in (None, [pid]), instance.describe)
    assert "core dumped" not in instance.log()
    assert not list(instance.home.glob("core*"))
    wait_until(lambda: "there is a key holder again" in instance.log() or instance.log().count("serves in its place") > 1, instance.describe)


@needs_root
def test_the_control_a_crash_of_another_program_leaves_one(proxy):
    """If this fails the machine keeps no cores, and the test before proves nothing there."""
    home = proxy().home
    home.chmod(0o777)
    with subprocess.Popen(["sleep", "60"], cwd=home, user=NOBODY, preexec_fn=unlimited) as process:
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = status
    assert os.WCOREDUMP(status)


# (8) descriptors


@needs_root
def test_each_process_has_the_descriptors_it_needs_and_no_other(proxy, connect):
    instance = proxy(workers=2)
    instance.start()
    shake(connect, instance)
    log = str(instance.home / "logs/error.log")
    allowed = {
        "frontd-keyholder": {"/dev/null", log, "socket:"},
        "frontd-auth": {"/dev/null", log, "socket:", "pipe:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]"},
        "frontd-worker": {"/dev/null", log, "socket:", "pipe:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]",
                          "anon_inode:[timerfd]", str(instance.home / "site"), str(instance.home / "logs/access.log")},
    }
    for name, links in allowed.items():
        for pid in roles(instance)[name]:
            found = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            found = {re.sub(r"(socket|pipe):.*", r"\1:", link) for link in found}  # libevent's own pipe
            assert found <= links, f"{name}: {found - links}"
