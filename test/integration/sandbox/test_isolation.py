"""Workers are confined, whoever started frontd; where that is not possible, it does not start."""

import ctypes
import os
import platform
import re
import subprocess

import pytest
from support.frontd import build_directory, is_sanitized
from support.wait import wait_until

SITE = """
http {
    server { listen 127.0.0.1:@http@; root @home@/site; location /there/ { proxy_pass http://@backend@; } }
}
"""
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def proxy(frontd_files, http_backend):
    instance = frontd_files(SITE, backend=http_backend().address)
    instance.file("site/page", "a page")
    return instance


def unprivileged(instance):
    """As in a container that runs as its own user, with no capability at all."""
    for path in (instance.home, *instance.home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    instance.wrapper += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


def without_landlock(instance):
    instance.wrapper.append(str(build_directory() / "test/sandbox/without-landlock"))


def request(connect, instance, target):
    client = connect(instance.port("http"))
    client.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return client.read_to_end()


def assert_serves(connect, instance):
    assert request(connect, instance, "/page").endswith(b"a page")
    assert request(connect, instance, "/there/").startswith(b"HTTP/1.1 200 ")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        return dict(line.rstrip("\n").split(":\t", 1) for line in text if ":\t" in line)


def assert_confined(pid):
    status = status_of(pid)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    with open(f"/proc/{pid}/limits", encoding="ascii") as text:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in text}
    assert limits["Max core file size"] == ["0", "0"]
    if not is_sanitized():
        assert limits["Max processes"] == ["0", "0"]
    # who is not dumpable belongs to root, whoever it runs as
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0


@as_root
def test_started_by_root_it_is_level_a(proxy, connect):
    proxy.start()
    proxy.wait_for_log(r"notice.* workers: isolation level A: own user, Landlock ABI \d+ \(files")
    assert "isolation level A" in proxy.command("-s", "status").stdout
    assert "isolation level A" in proxy.command("-V").stderr
    for worker in proxy.workers():
        assert_confined(worker)
        assert status_of(worker)["Uid"].split() == [str(NOBODY)] * 4
    assert_serves(connect, proxy)


@as_root
def test_started_by_nobody_it_is_level_b(proxy, connect):
    unprivileged(proxy)
    proxy.start()
    proxy.wait_for_log(r"notice.* workers: isolation level B: the master's user, Landlock")
    assert "isolation level B" in proxy.command("-V").stderr
    for worker in proxy.workers():
        assert_confined(worker)
    assert_serves(connect, proxy)
    proxy.reload()
    assert_serves(connect, proxy)


@as_root
@pytest.mark.parametrize("whom", ["root", "nobody"])
def test_without_landlock_it_does_not_start(proxy, whom):
    if whom == "nobody":
        unprivileged(proxy)
    without_landlock(proxy)
    result = subprocess.run(proxy._words(), capture_output=True, text=True, timeout=20, check=False, cwd=proxy.home)
    assert result.returncode == 1
    assert re.search(r"isolation level C: .*no Landlock, seccomp.*; level B is required: .*`isolation best-effort;`", result.stderr)
    assert "isolation level C" in proxy.command("-V").stderr


@as_root
@pytest.mark.parametrize("whom", ["root", "nobody"])
def test_without_landlock_it_starts_if_told_to(proxy, connect, whom):
    proxy.write_config("isolation best-effort;" + SITE.lstrip())
    if whom == "nobody":
        unprivileged(proxy)
    without_landlock(proxy)
    proxy.start()
    proxy.wait_for_log(r"warn.* workers: isolation level C: .*no Landlock, seccomp")
    assert_serves(connect, proxy)


# Root in name only: rootless containers of one user, and those that drop every capability
POOR_ROOTS = {"a user namespace": ["unshare", "--user", "--map-root-user"], "no capabilities": ["setpriv", "--bounding-set=-all"]}


@as_root
@pytest.mark.parametrize("kind", POOR_ROOTS)
def test_root_that_may_not_become_another_says_what_to_do(proxy, connect, kind):
    proxy.wrapper += POOR_ROOTS[kind]
    result = proxy.command(check=False)
    assert result.returncode == 1
    said = " ".join(result.stderr.split())
    assert "cannot become the user nobody: Operation not permitted" in said and "`user root;`" in said
    assert "would not start here: it cannot become the user nobody" in proxy.command("-t").stderr
    assert "here workers cannot become the user nobody" in proxy.command("-V").stderr
    proxy.write_config("user root;" + SITE.lstrip())
    assert "would not start here" not in proxy.command("-t").stderr
    proxy.start()
    proxy.wait_for_log(r"notice.* workers: isolation level B: the master's user, Landlock")
    for worker in proxy.workers():
        assert_confined(worker)
    assert_serves(connect, proxy)
    proxy.reload()
    assert_serves(connect, proxy)


@as_root
def test_a_reload_that_asks_for_more_isolation_than_there_is_is_refused(proxy, connect):
    proxy.write_config("isolation best-effort;" + SITE.lstrip())
    without_landlock(proxy)
    proxy.start()
    result = proxy.reload("isolation required;" + SITE.lstrip(), check=False)
    assert result.returncode == 1 and "level B is required" in result.stdout + result.stderr
    assert_serves(connect, proxy)


def test_there_are_two_words_for_isolation(frontd_files):
    result = frontd_files("isolation perhaps;" + SITE.lstrip(), backend="127.0.0.1:9").command("-t", check=False)
    assert result.returncode == 1
    assert "required" in result.stdout + result.stderr and "best-effort" in result.stdout + result.stderr


def test_a_backend_that_comes_with_a_reload_is_reached(proxy, connect, http_backend):
    """Its port was not among those that the first workers were granted."""
    proxy.start()
    assert_serves(connect, proxy)
    proxy.values["backend"] = http_backend().address
    proxy.reload(SITE)
    assert_serves(connect, proxy)


class Registers(ctypes.Structure):
    """struct user_regs_struct of x86-64, sys/user.h"""

    _fields_ = [
        (name, ctypes.c_ulonglong)
        for name in "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs".split()
    ]


def make_call(pid, number):
    """Has a process that waits for events make that system call, as somebody in it would."""
    getregs, setregs, attach, detach = 12, 13, 16, 17
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    registers = Registers()
    assert libc.ptrace(attach, pid, None, None) == 0
    os.waitpid(pid, 0x40000000)  # __WALL
    assert libc.ptrace(getregs, pid, None, ctypes.byref(registers)) == 0
    registers.rip -= 2  # the instruction `syscall` again
    registers.rax, registers.orig_rax = number, 2**64 - 1
    assert libc.ptrace(setregs, pid, None, ctypes.byref(registers)) == 0
    assert libc.ptrace(detach, pid, None, None) == 0


@as_root
@pytest.mark.skipif(platform.machine() != "x86_64", reason="registers by name")
def test_a_forbidden_call_ends_the_worker_and_is_told_loudly(proxy, connect):
    proxy.start()
    worker = proxy.workers()[0]
    execve = 59
    make_call(worker, execve)
    proxy.wait_for_log(rf"alert.* worker {worker} died: KILLED BY THE SANDBOX \(SIGSYS\) .*\((number 59|which one .*)\).*starting another")
    wait_until(lambda: proxy.workers() and worker not in proxy.workers(), proxy.describe)
    assert_serves(connect, proxy)


@as_root
def test_a_harmless_call_that_is_made_in_the_same_way_ends_nothing(proxy, connect):
    """The control of the test above."""
    if platform.machine() != "x86_64":
        pytest.skip("registers by name")
    proxy.start()
    worker = proxy.workers()[0]
    sched_yield = 24  # its answer is 0: no events
    make_call(worker, sched_yield)
    assert_serves(connect, proxy)
    assert proxy.workers() == [worker]
