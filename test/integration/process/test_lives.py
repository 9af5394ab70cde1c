"""Processes that die, are told to end, or get a new configuration."""

import os
import resource
import signal
import stat
import subprocess
import time

import pytest
from support.wait import wait_until

SITE = """
worker_processes 2;
http {
    server { listen 127.0.0.1:@http@; server_name localhost; keepalive_timeout 60s; return 200 "@word@"; }
}
"""


def get(connect, instance, name="http"):
    client = connect(instance.port(name))
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client, client.read_until(b"\r\n\r\n")


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as text:
            return text.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_is_killed_is_replaced(frontd, connect):
    instance = frontd(SITE, word="one")
    before = instance.workers()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    instance.wait_for_log(r"worker \d+ died: killed by signal 9")
    wait_until(lambda: len(instance.workers()) == 2 and before[0] not in instance.workers(), instance.describe)
    assert before[1] in instance.workers()
    get(connect, instance)


def test_a_worker_that_keeps_dying_is_replaced_with_pauses(frontd):
    instance = frontd(SITE.replace("worker_processes 2;", ""), word="one")
    for count in range(1, 5):
        worker = wait_until(instance.workers, instance.describe)[0]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len(instance.log().split("starting another")) > count, instance.describe)
    wait_until(lambda: len(instance.workers()) == 1, instance.describe)
    assert instance.command("-s", "status").returncode == 0


def test_a_broken_reload_changes_nothing(frontd, connect):
    instance = frontd(SITE, word="one")
    before = instance.workers()
    client, _ = get(connect, instance)
    result = instance.reload("http { server { lissten 1; } }", check=False)
    assert result.returncode == 1
    finding = "error: unknown directive `lissten`: not known in a `server` block (did you mean `listen`?)"
    assert finding in result.stdout
    assert finding in instance.log()
    assert "error:" in result.stderr
    assert instance.workers() == before
    instance.wait_for_log(r"reload: refused, nothing has changed")
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200" in client.read_until(b"\r\n\r\n")


def test_a_reload_that_cannot_bind_changes_nothing(frontd):
    instance = frontd(SITE, word="one")
    before = instance.workers()
    result = instance.reload(SITE.replace("@http@", "@other@;listen 192.0.2.77:@http@"), check=False)
    assert result.returncode == 1
    assert "192.0.2.77" in result.stdout
    assert instance.workers() == before
    with pytest.raises(AssertionError):
        wait_until(lambda: "is in force" in instance.log(), "no new generation", 0.5)


def test_a_reload_is_in_force_when_it_returns(frontd, connect):
    instance = frontd(SITE, word="one")
    before = instance.workers()
    instance.values["word"] = "two"
    result = instance.reload(SITE)
    assert "generation 2 is in force" in result.stdout
    client, _ = get(connect, instance)
    assert b"two" in client.read(3)
    wait_until(lambda: not set(before) & set(instance.workers()), instance.describe)


def test_a_reload_by_signal(frontd):
    instance = frontd(SITE, word="one")
    instance.signal(signal.SIGHUP)
    instance.wait_for_log(r"reload: generation 2 is in force")


def test_reloads_at_the_same_time_all_get_an_answer(frontd):
    instance = frontd(SITE, word="one")
    for _ in range(3):
        instance.signal(signal.SIGHUP)
    assert instance.reload().returncode == 0
    assert len(instance.workers()) >= 2


def test_logs_are_reopened_when_the_command_returns(frontd, connect):
    instance = frontd(SITE, word="one")
    logs = instance.home / "logs"
    get(connect, instance)
    wait_until(lambda: "GET /" in instance.log("access.log"), instance.describe)
    for name in ("error.log", "access.log"):
        (logs / name).rename(logs / f"{name}.1")
    assert instance.reopen().returncode == 0
    assert (logs / "error.log").exists() and (logs / "access.log").exists()
    get(connect, instance)
    wait_until(lambda: "GET /" in instance.log("access.log"), instance.describe)
    assert instance.log("access.log.1").count("GET /") == 1


def test_a_log_that_cannot_be_reopened_is_told(frontd, connect):
    instance = frontd(SITE, word="one")
    (instance.home / "logs").rename(instance.home / "moved")
    result = instance.reopen(check=False)
    assert result.returncode == 1
    assert "cannot open" in result.stdout and "the old file is kept" in result.stdout
    get(connect, instance)
    (instance.home / "moved").rename(instance.home / "logs")
    assert instance.reopen(check=False).returncode == 0


def test_a_reopen_during_a_reload_reaches_the_new_workers(frontd, connect):
    instance = frontd(SITE, word="one")
    for _ in range(5):
        instance.signal(signal.SIGHUP)
        time.sleep(0.005)
        (instance.home / "logs/access.log").rename(instance.home / "logs/moved.log")
        assert instance.reopen().returncode == 0
        assert instance.reload().returncode == 0
        get(connect, instance)
        wait_until(lambda: "GET /" in instance.log("access.log"), instance.describe)


def test_a_tls_session_resumes_on_every_worker_and_after_a_reload(frontd):
    instance = frontd(
        """
        worker_processes 4;
        http {
            ssl_certificate @cert@;
            ssl_certificate_key @key@;
            server { listen 127.0.0.1:@tls@ ssl; server_name localhost; return 204; }
        }
        """
    )
    kept = instance.home / "session.pem"
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{instance.port('tls')}", "-servername", "localhost", "-tls1_2"]

    def shake(option):
        return subprocess.run([*command, option, str(kept)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout

    shake("-sess_out")
    assert all("Reused, TLS" in shake("-sess_in") for _ in range(12))
    instance.reload()
    assert "Reused, TLS" in shake("-sess_in")


def test_logs_are_reopened_by_signal(frontd):
    instance = frontd(SITE, word="one")
    (instance.home / "logs/error.log").rename(instance.home / "logs/error.log.1")
    instance.signal(signal.SIGUSR1)
    wait_until((instance.home / "logs/error.log").exists, instance.describe)


def test_quit_lets_what_is_open_finish(frontd, http_backend, connect):
    backend = http_backend()
    instance = frontd(
        "http { server { listen 127.0.0.1:@http@; location / { proxy_pass http://@backend@; } } }",
        backend=backend.address,
    )
    client = connect(instance.port("http"))
    client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc")
    wait_until(lambda: instance.workers(), instance.describe)
    instance.command("-s", "quit")
    wait_until(lambda: "quitting" in instance.log(), instance.describe)
    assert instance.command("-s", "quit").returncode == 0  # again: nothing is cut off
    assert instance.process.poll() is None
    client.send(b"def")
    assert b"200" in client.read_until(b"\r\n\r\n")
    client.close()
    assert instance.wait() == 0


def test_stop_ends_everything_at_once(frontd, connect):
    instance = frontd(SITE, word="one")
    connect(instance.port("http"))
    workers = instance.workers()
    assert instance.command("-s", "stop").returncode == 0
    assert instance.wait(3) == 0
    assert not any(is_alive(pid) for pid in workers)
    assert not (instance.home / "logs/frontd.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_by_signal(frontd, number):
    instance = frontd(SITE, word="one")
    instance.signal(number)
    assert instance.wait(3) == 0


def test_signals_that_mean_nothing(frontd, connect):
    instance = frontd(SITE, word="one")
    instance.signal(signal.SIGWINCH)
    instance.signal(signal.SIGPIPE)
    get(connect, instance)
    assert instance.process.poll() is None


def test_workers_do_not_outlive_their_master(frontd, connect):
    instance = frontd(SITE, word="one")
    workers = instance.workers()
    connect(instance.port("http")).close()
    instance.process.kill()
    instance.process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in workers), instance.describe, 5)
    instance.process = None  # its status is that of a killed process, as it should be


def test_the_control_socket_is_private(frontd):
    instance = frontd(SITE, word="one")
    mode = (instance.home / "frontd.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_workers_are_nobody_and_gain_nothing(frontd):
    instance = frontd(SITE, word="one")
    for pid in instance.workers():
        with open(f"/proc/{pid}/status", encoding="ascii") as text:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in text if ":\t" in line)
        assert set(status["Uid"].split()) == {"65534"}
        assert set(status["Gid"].split()) == {"65534"}
        assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"] == "1"


def test_a_worker_has_only_its_own_descriptors(frontd):
    """The master's other sockets, its control socket above all, must not reach a worker."""
    instance = frontd(SITE, word="one")
    paths = {os.readlink(f"/proc/{pid}/fd/{fd}") for pid in instance.workers() for fd in os.listdir(f"/proc/{pid}/fd")}
    assert not any("frontd.sock" in path or path.endswith(".conf") for path in paths)
    control = open("/proc/net/unix", encoding="ascii").read()
    inodes = {line.split()[6] for line in control.splitlines() if str(instance.home / "frontd.sock") in line}
    assert inodes and not any(f"socket:[{inode}]" in paths for inode in inodes)


@pytest.mark.skipif(os.geteuid() != 0, reason="the limits of another user's process")
def test_a_worker_may_open_as_many_files_as_it_is_told(frontd):
    instance = frontd("worker_rlimit_nofile 1234; " + SITE.lstrip(), word="one")
    for pid in instance.workers():
        with open(f"/proc/{pid}/limits", encoding="ascii") as text:
            limit = next(line for line in text if line.startswith("Max open files"))
        assert limit.split()[3] == "1234"


def test_the_master_has_descriptors_for_many_generations(frontd):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        instance = frontd(SITE, word="one")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with open(f"/proc/{instance.process.pid}/limits", encoding="ascii") as text:
        limit = next(line for line in text if line.startswith("Max open files"))
    assert int(limit.split()[3]) == min(16384, max(before[1], 16384 if os.geteuid() == 0 else 0))


def test_an_address_beside_its_wildcard_has_its_own_site(frontd, connect):
    """One socket serves both: the kernel lets nobody bind an address that a wildcard holds."""
    instance = frontd(
        """
http {
    server { listen @http@; return 200 "wildcard"; }
    server { listen 127.0.0.2:@http@; return 200 "own"; }
}
"""
    )
    for host, text in (("127.0.0.1", b"wildcard"), ("127.0.0.2", b"own"), ("127.0.0.3", b"wildcard")):
        client = connect(instance.port("http"), host)
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.read_until(b"\r\n\r\n")
        assert client.read(len(text)) == text


def test_one_reload_after_another(frontd_files):
    instance = frontd_files(SITE, word="one")
    instance.start()
    assert instance.reload().returncode == 0
    assert instance.reload().returncode == 0
    assert "generation 3" in instance.command("-s", "status").stdout


@pytest.mark.parametrize("name", ["worker_shutdown_timeout", "drain_timeout"])
def test_sessions_that_take_too_long_are_cut_off(frontd, connect, name):
    instance = frontd(name + " 500ms; " + SITE.lstrip(), word="one")
    before = instance.workers()
    client, _ = get(connect, instance)
    instance.reload()
    wait_until(lambda: not set(before) & set(instance.workers()), instance.describe, 5)
    client.read_to_end()
    instance.wait_for_log(r"1 connections were cut off")


def test_the_two_names_of_the_drain_timeout_exclude_each_other(frontd_files):
    result = frontd_files("drain_timeout 1s; worker_shutdown_timeout 1s; " + SITE.lstrip(), word="one").command("-t", check=False)
    assert result.returncode == 1 and "are the same: leave one out" in result.stdout + result.stderr
