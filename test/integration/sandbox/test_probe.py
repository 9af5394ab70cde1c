"""What somebody could do who has taken over one of frontd's processes: each try is made by a small
program (test/sandbox/probe.c) inside the profile and, as the control, outside of it, where the same
try must succeed. All of it as root, so that nothing but the profile refuses."""

import os
import socket
import subprocess

import pytest
from support.frontd import build_directory
from support.ports import free_port

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the control needs root")

DONE, REFUSED = "done", "refused"

# What is tried, with what argument, and what each role may.
TRIES = [
    # name, argument, {role: verdict}; roles that are not named are refused
    ("open-below", "page", {"worker": DONE, "auth": DONE}),
    ("connect", "{listed}", {"worker": DONE}),
    ("open", "{key}", {}),
    ("open", "/etc/passwd", {}),
    ("open", "/proc/{victim}/mem", {}),
    ("open", "/proc/{victim}/maps", {}),
    ("open", "/proc/{victim}/environ", {}),
    ("open", "/proc/self/mem", {}),
    ("open", "/dev/urandom", {}),
    ("open-below", "../../../../../../../etc/passwd", {}),
    ("create", "new", {}),
    ("list", "", {}),
    ("ptrace", "{victim}", {}),
    ("process_vm_readv", "{victim}:{address}", {}),
    ("pidfd_getfd", "{victim}", {}),
    ("kill", "{victim}", {}),
    ("tgkill", "{victim}", {}),
    ("socket", f"{int(socket.AF_UNIX)}:{int(socket.SOCK_STREAM)}", {}),
    ("socket", f"{int(socket.AF_NETLINK)}:{int(socket.SOCK_RAW)}", {}),
    ("socket", f"{int(socket.AF_PACKET)}:{int(socket.SOCK_RAW)}", {}),
    ("socket", f"{int(socket.AF_INET)}:{int(socket.SOCK_RAW)}", {}),
    ("bind", "0", {}),
    ("connect", "{unlisted}", {}),
    ("thread", "", {}),
    ("fork", "", {}),
    ("execve", "/bin/true", {}),
    ("mmap-exec", "", {}),
    ("mprotect-exec", "", {}),
    ("setuid", "1", {}),
    ("unshare", "", {}),
    ("chroot", "/", {}),
    ("io_uring", "", {}),
    ("bpf", "", {}),
    ("keyctl", "", {}),
    ("dumpable", "", {}),
]

# A bare refusal, as the tables say; everything else that is refused ends the process.
MILD = {"EACCES", "EPERM"}
DEADLY = {
    "ptrace", "process_vm_readv", "pidfd_getfd", "kill", "tgkill", "bind", "thread", "fork", "execve", "mmap-exec", "mprotect-exec",
    "setuid", "unshare", "chroot", "io_uring", "bpf", "keyctl",
}  # fmt: skip


def program():
    path = build_directory() / "test/sandbox/sandbox-probe"
    assert path.is_file(), "built with tests (meson option `tests`)"
    return path


def first_mapping(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        return next(maps).split("-")[0]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A site, a key beside it, a process of the same user with secrets, and two ports that listen."""
    home = tmp_path_factory.mktemp("probe")
    (home / "site").mkdir()
    (home / "site/page").write_text("page")
    (home / "key.pem").write_text("secret")
    listeners = [socket.create_server(("127.0.0.1", free_port())) for _ in range(2)]
    ports = [listener.getsockname()[1] for listener in listeners]
    with subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as victim:
        yield {
            "directory": home / "site",
            "key": home / "key.pem",
            "victim": victim.pid,
            "address": first_mapping(victim.pid),
            "listed": ports[0],
            "unlisted": ports[1],
        }
        victim.kill()
    for listener in listeners:
        listener.close()


def attempt(world, role, name, argument):
    """DONE, REFUSED, or (REFUSED, errno or signal)."""
    words = [program(), role, world["directory"], world["listed"], name, argument.format(**world)]
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=20, check=False)
    (world["directory"] / "new").unlink(missing_ok=True)
    if result.returncode == 0:
        return DONE, ""
    if result.returncode == 3:
        return REFUSED, result.stdout.strip()
    assert result.returncode < 0, f"the probe itself failed: {result}"
    return REFUSED, f"signal {-result.returncode}"


@pytest.mark.parametrize("name, argument, verdicts", TRIES, ids=[f"{name} {argument}" for name, argument, _ in TRIES])
def test_only_what_a_role_needs_is_possible(world, name, argument, verdicts):
    outcome, why = attempt(world, "free", name, argument)
    if why == "ENOSYS":
        pytest.skip(f"this kernel has no {name}")
    assert outcome == DONE, f"the control: {why}"
    for role in ("worker", "keyholder", "auth"):
        outcome, why = attempt(world, role, name, argument)
        assert outcome == verdicts.get(role, REFUSED), f"{role}: {why}"
        if outcome == REFUSED and name in DEADLY:
            assert why == "signal 31" or (name == "bind" and why in MILD), f"{role}: {why}"
        elif outcome == REFUSED:
            assert why in MILD or why == "signal 31", f"{role}: {why}"
