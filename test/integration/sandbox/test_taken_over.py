"""frontd's real processes, after they have confined themselves, try on command what somebody would try
who has taken them over (test/sandbox/taken_over.c is linked into them): reference tls-keys.md 3.8 (3).
That each try works for a process that is not confined is test_probe.py's control; here it is made once
more by root with the same arguments."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess

import pytest
from support.frontd import binary, build_directory, is_sanitized
from support.ports import free_port
from support.processes import program_of
from support.wait import wait_until
from support.wire import client_tls

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="the control needs root"),
    pytest.mark.skipif(is_sanitized(), reason="a sanitizer's tables are wider: run on the plain build"),
]

SITE = """
worker_processes @workers@;
http {
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; root @home@/site;
        ssl_certificate @cert@; ssl_certificate_key @key@;
        location /private/ { auth_basic "who?"; auth_basic_user_file passwords/file; }
        location /there/ { proxy_pass http://@backend@/; }
    }
}
"""
ROLES = {"worker": "frontd-worker", "keyholder": "frontd-keyholder", "auth": "frontd-auth"}
RIGHT = b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"  # user:secret
DONE, MILD, DEADLY = {"done"}, {"EACCES", "EPERM"}, {"SIGSYS"}

# name, argument, {role: outcome}: of roles that are not named the last word is the outcome
TRIES = [
    ("open-at", "{root}:page", {"worker": DONE}, None),
    ("connect", "{port}", {"worker": DONE}, MILD),
    ("open", "{home}/passwords/file", {"auth": DONE}, MILD),
    ("open-at", "{root}:../../../../../../../etc/passwd", {"worker": MILD}, None),
    ("open-at", "{root}:../certs/default.key", {"worker": MILD}, None),
    ("open", "{home}/certs/default.key", {}, MILD),
    ("open", "{home}/certs/default.crt", {}, MILD),
    ("open", "{home}/frontd.conf", {}, MILD),
    ("open", "/etc/passwd", {}, MILD),
    ("open", "/etc/shadow", {}, MILD),
    ("open", "/proc/{keyholder}/mem", {}, MILD),
    ("open", "/proc/{keyholder}/maps", {}, MILD),
    ("open", "/proc/{keyholder}/environ", {}, MILD),
    ("open", "/proc/{auth}/mem", {}, MILD),
    ("open", "/proc/{master}/mem", {}, MILD),
    ("open", "/dev/urandom", {}, MILD),
    ("connect", "{unlisted}", {}, MILD),
    ("socket", f"{int(socket.AF_UNIX)}:{int(socket.SOCK_STREAM)}", {}, MILD),
    ("socket", f"{int(socket.AF_NETLINK)}:{int(socket.SOCK_RAW)}", {}, MILD),
    ("socket", f"{int(socket.AF_PACKET)}:{int(socket.SOCK_RAW)}", {}, MILD),
    ("dumpable", "", {}, MILD),
    ("bind", "0", {}, DEADLY),
    ("ptrace", "{keyholder}", {}, DEADLY),
    ("process_vm_readv", "{master}:{address}", {}, DEADLY),
    ("pidfd_getfd", "{keyholder}", {}, DEADLY),
    ("kill", "{keyholder}", {}, DEADLY),
    ("kill", "{master}", {}, DEADLY),
    ("tgkill", "{master}", {}, DEADLY),
    ("fork", "", {}, DEADLY),
    ("thread", "", {}, DEADLY),
    ("execve", "/bin/true", {}, DEADLY),
    ("mmap-exec", "", {}, DEADLY),
    ("mprotect-exec", "", {}, DEADLY),
    ("setuid", "0", {}, DEADLY),
    ("unshare", "", {}, DEADLY),
    ("chroot", "/", {}, DEADLY),
    ("io_uring", "", {}, DEADLY),
    ("bpf", "", {}, DEADLY),
    ("keyctl", "", {}, DEADLY),
]


class Taken:
    """A frontd whose processes obey."""

    def __init__(self, instance, port):
        self.instance = instance
        self.directory = instance.home / "programs"
        self.directory.mkdir()
        for path in (binary(), *((build_directory() / "test/sandbox/taken_over" / name) for name in ROLES.values())):
            shutil.copy(path, self.directory)
        instance.program = self.directory / "frontd"
        (self.directory / "order").write_bytes(b"\0" * 4096)
        (self.directory / "results").touch()
        with open("/proc/self/maps", encoding="ascii") as maps:
            address = maps.readline().split("-")[0]
        self.values = {"home": instance.home, "port": port, "unlisted": free_port(), "address": address}

    def pids(self, role):
        return sorted(pid for pid in self.instance.processes() if program_of(pid) == ROLES[role])

    def fill(self, pid, argument):
        """{root} is the number of the directory of the site in that process."""
        values = {**self.values, "master": self.instance.process.pid, "root": 0,
                  **{role: self.pids(role)[0] for role in ROLES}}
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}") == str(self.instance.home / "site"):
                values["root"] = fd
        with open(f"/proc/{values['master']}/maps", encoding="ascii") as maps:
            values["address"] = maps.readline().split("-")[0]
        return argument.format(**values)

    def settled(self, role, before):
        """Only processes of the new generation; of frontd-auth just one, which is not about to go."""
        pids = self.pids(role)
        return pids and not set(before) & set(pids) and (role != "auth" or len(pids) == 1)

    def order(self, pid, name, argument):
        """Has the process try that; the error's name, `done`, or SIGSYS."""
        with open(self.directory / "order", "r+b") as order:
            order.write(f"{name} {self.fill(pid, argument)}".encode().ljust(4096, b"\0"))
        said = len(self.results())
        libc = ctypes.CDLL(None)
        libc.kill(pid, signal.SIGRTMIN + 4)
        return wait_until(
            lambda: self._outcome(pid, said), lambda: f"{name} {argument} by {pid}: {self.instance.describe()}", timeout=30)

    def results(self):
        return (self.directory / "results").read_text("ascii").splitlines()

    def _outcome(self, pid, said):
        for line in self.results()[said:]:
            number, word = line.split()
            if int(number) == pid:
                return word
        return "SIGSYS" if f" {pid} died: KILLED BY THE SANDBOX (SIGSYS)" in self.instance.log() else None


@pytest.fixture
def taken(frontd_files, http_backend):
    backend = http_backend()
    deadly = sum(outcome == DEADLY for _, _, _, outcome in TRIES)
    instance = frontd_files(SITE, workers=deadly + 2, backend=backend.address)
    instance.file("site/page", "a page")
    instance.file("site/private/page", "a private page")
    instance.file("passwords/file", "user:{PLAIN}secret\n").chmod(0o644)
    made = Taken(instance, backend.address.rpartition(":")[2])
    instance.start()
    return made


def get(connect, instance, path, header=b""):
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
    client.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n" % (path, header))
    return int(client.read_to_end().split()[1])


def assert_serves(connect, instance):
    assert get(connect, instance, b"/page") == 200
    assert get(connect, instance, b"/there/") == 200
    assert get(connect, instance, b"/private/page", RIGHT) == 200


def control(made, name, argument):
    """By root, confined by nothing."""
    (worker, *_) = made.pids("worker")
    words = [build_directory() / "test/sandbox/sandbox-probe", "free", made.instance.home / "site", "1", name, made.fill(worker, argument)]
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("role", ROLES)
def test_a_process_that_was_taken_over_gets_nowhere(taken, connect, role):
    assert_serves(connect, taken.instance)
    fresh = taken.pids(role)
    for name, argument, outcomes, otherwise in TRIES:
        wanted = outcomes.get(role, otherwise)
        if wanted is None:
            continue  # it has no such directory
        if role != "worker" and wanted == DEADLY:
            # another process each time, at once: who dies again and again is started again later
            before = taken.pids(role)
            taken.instance.reload()
            wait_until(lambda: taken.settled(role, before), taken.instance.describe, timeout=30)
            fresh = taken.pids(role)
        outcome = taken.order(fresh[0], name, argument)
        assert outcome in wanted, f"{name} {argument}: {outcome}"
        if wanted == DEADLY:
            fresh.pop(0)
    wait_until(lambda: all(taken.pids(each) for each in ROLES), taken.instance.describe)
    assert_serves(connect, taken.instance)


def test_the_control_root_gets_everywhere(taken):
    for name, argument, _, _ in TRIES:
        if name in ("open-at", "connect"):
            continue  # a descriptor of the process; test_probe.py
        result = control(taken, name, argument)
        assert result.returncode == 0 or result.stdout.strip() == "ENOSYS", f"{name} {argument}: {result}"
