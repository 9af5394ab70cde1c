"""The key holder and frontd-auth are confined as the workers are, each under a user of its own."""

import os
import re

import pytest
from support.frontd import build_directory, is_sanitized
from support.wait import wait_until
from support.wire import client_tls

SITE = """
@more@
http {
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; root @home@/site;
        ssl_certificate @cert@; ssl_certificate_key @key@;
        location /private/ { auth_basic "who?"; auth_basic_user_file passwords/file; }
    }
}
"""
NOBODY = 65534
RIGHT = b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"  # user:secret

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def proxy(frontd_files):
    instance = frontd_files(SITE, more="")
    instance.file("site/page", "a page")
    instance.file("site/private/page", "a private page")
    put_passwords(instance)
    return instance


def put_passwords(instance, directory="passwords", password="secret", owner=0, group=NOBODY, mode=0o640):
    path = instance.file(f"{directory}/file", f"user:{{PLAIN}}{password}\n")
    path.parent.chmod(0o755)
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, owner, group)


def get(connect, instance, path="/page", header=b""):
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
    client.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n" % (path.encode(), header))
    return int(client.read_to_end().split()[1])


def assert_serves(connect, instance):
    assert get(connect, instance) == 200
    assert get(connect, instance, "/private/page") == 401
    assert get(connect, instance, "/private/page", RIGHT) == 200


def the_auth(instance):
    (pid,) = (pid for pid, name in instance.processes().items() if name == "frontd-auth")
    return pid


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        return dict(line.rstrip("\n").split(":\t", 1) for line in text if ":\t" in line)


def confined_processes(instance):
    (holder,) = instance.keyholders()
    return {"workers": instance.workers(), "key holder": [holder], "frontd-auth": [the_auth(instance)]}


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
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0  # who is not dumpable belongs to root
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as text:
            assert "\nSeccomp:\t2\n" in text.read()


def own_users(instance):
    """Users as a package makes them, for this frontd only."""
    with open("/etc/passwd", encoding="utf-8") as passwd:
        lines = passwd.read()
    path = instance.file("passwd", f"{lines}frontd-key:x:4711:4711::/:/bin/false\nfrontd-auth:x:4712:4712::/:/bin/false\n")
    instance.wrapper += ["unshare", "-m", "sh", "-c", f'mount --bind {path} /etc/passwd && exec "$@"', "sh"]


@as_root
def test_each_process_has_a_user_of_its_own(proxy, connect):
    own_users(proxy)
    proxy.start()
    kinds = confined_processes(proxy)
    for name, uid in (("workers", NOBODY), ("key holder", 4711), ("frontd-auth", 4712)):
        (pid,) = kinds[name]
        assert status_of(pid)["Uid"].split() == [str(uid)] * 4
        assert_confined(pid)
        proxy.wait_for_log(rf"notice.* {name}(?: {pid})?: isolation level A: own user, Landlock ABI \d+ \(files")
        assert f"{name}{'' if name == 'workers' else f' {pid}'}: isolation level A" in proxy.command("-s", "status").stdout
    assert proxy.command("-V").stderr.count("isolation level A") == 3
    assert_serves(connect, proxy)  # the password file is the workers' group's


@as_root
def test_without_users_of_their_own_they_share_the_workers(proxy, connect):
    proxy.start()
    for name, pids in confined_processes(proxy).items():
        for pid in pids:
            assert status_of(pid)["Uid"].split() == [str(NOBODY)] * 4
            assert_confined(pid)
        level = "A: own user" if name == "workers" else "B: the workers' user"
        assert re.search(rf"notice.* {name}(?: \d+)?: isolation level {level}", proxy.log())
    assert "user nobody, the workers', since there is no frontd-key" in proxy.log()
    assert "user nobody, the workers', since there is no frontd-auth" in proxy.log()
    words = proxy.command("-V").stderr
    assert words.count("level A") == 1 and words.count("level B: the workers' user") == 2
    assert_serves(connect, proxy)


@as_root
def test_started_by_nobody_all_are_confined(proxy, connect):
    for path in (proxy.home, *proxy.home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    proxy.certificates.make("default")
    proxy.write_config(SITE)
    for path in (proxy.home, *proxy.home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    proxy.wrapper += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    proxy.start()
    for name, pids in confined_processes(proxy).items():
        for pid in pids:
            assert_confined(pid)
        assert re.search(rf"notice.* {name}(?: \d+)?: isolation level B: the master's user", proxy.log())
    assert_serves(connect, proxy)


# Docker's default set
CAPABILITIES = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
                "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap")  # fmt: skip


@as_root
@pytest.mark.parametrize("whom, level", [("root", "A: own user"), ("nobody", "B: the master's user")])
def test_in_a_container_it_is_confined_as_well(proxy, connect, whom, level):
    """As its root, with what Docker leaves to it, and as a user of no privilege (--user, --cap-drop ALL)."""
    if whom == "root":
        kept = ",".join(["-all", *(f"+{name}" for name in CAPABILITIES)])
        proxy.wrapper += ["setpriv", f"--bounding-set={kept}", "--inh-caps=-all"]
    else:
        proxy.certificates.make("default")
        proxy.write_config(SITE)
        for path in (proxy.home, *proxy.home.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        proxy.wrapper += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    proxy.wrapper.append(str(build_directory() / "test/sandbox/like-docker"))
    proxy.start()
    assert re.search(rf"notice.* workers: isolation level {level}, Landlock", proxy.log())
    assert "in memory that no other process can read" in proxy.log()
    for pids in confined_processes(proxy).values():
        for pid in pids:
            assert_confined(pid)
    assert_serves(connect, proxy)
    proxy.reload()
    assert_serves(connect, proxy)


@as_root
def test_without_the_capability_to_kill_nobody_is_left_over(proxy, connect):
    """As in a container that has only what nginx needs: the master may not signal another user's process."""
    proxy.wrapper += ["setpriv", "--bounding-set=-all,+setuid,+setgid,+dac_override"]
    proxy.start()
    proxy.wait_for_log("warn.* frontd lacks the capability KILL")
    before = [*proxy.keyholders(), the_auth(proxy), *proxy.workers()]
    proxy.reload()
    assert_serves(connect, proxy)
    wait_until(lambda: not set(before) & set(proxy.processes()), proxy.describe)
    proxy.command("-s", "stop")
    assert proxy.wait() == 0
    assert not proxy.processes()


@as_root
@pytest.mark.parametrize("isolation, starts", [("required", False), ("best-effort", True)])
def test_without_landlock_it_starts_only_if_told_to(proxy, connect, isolation, starts):
    """The key holder is the first that is asked what it has reached."""
    proxy.wrapper.append(str(build_directory() / "test/sandbox/without-landlock"))
    proxy.values["more"] = f"isolation {isolation};"
    proxy.write_config(SITE)
    if not starts:
        result = proxy.command(check=False)
        assert result.returncode == 1
        assert re.search(r"isolation level C: the workers' user, no Landlock, seccomp.*; level B is required", result.stderr)
        return
    proxy.start()
    for name, pids in confined_processes(proxy).items():
        assert re.search(rf"warn.* {name}(?: \d+)?: isolation level C: .*no Landlock, seccomp", proxy.log())
        for pid in pids:
            assert_confined(pid)
    assert_serves(connect, proxy)


@as_root
def test_auth_user_may_be_named(proxy, connect):
    proxy.values["more"] = "user nobody nogroup; auth_user games;"
    proxy.write_config(SITE)
    proxy.start()
    with open("/etc/passwd", encoding="utf-8") as lines:
        games = next(line.split(":")[2] for line in lines if line.startswith("games:"))
    assert status_of(the_auth(proxy))["Uid"].split() == [games] * 4
    assert_serves(connect, proxy)
    proxy.values["more"] = "auth_user nosuchuser;"
    proxy.write_config(SITE)
    result = proxy.command("-t", check=False)
    assert result.returncode == 1 and "there is no user `nosuchuser`" in result.stderr


@as_root
def test_the_check_reads_password_files_as_that_user(proxy):
    put_passwords(proxy, group=0)
    words = " ".join(proxy.command("-t").stderr.split())
    assert "frontd-auth, the user nobody, the workers', since there is no frontd-auth, may not read it" in words
    put_passwords(proxy, group=NOBODY)
    assert "may not read it" not in proxy.command("-t").stderr


@as_root
def test_a_password_file_is_found_wherever_it_is_moved_to(proxy, connect):
    """The directories that were there at the start were granted; when another takes its place frontd-auth
    is replaced by one that may read it."""
    proxy.start()
    first = the_auth(proxy)
    assert_serves(connect, proxy)
    put_passwords(proxy, "fresh", password="other")
    os.rename(proxy.home / "fresh/file", proxy.home / "passwords/file")
    wait_until(lambda: get(connect, proxy, "/private/page", RIGHT) == 401, proxy.describe)
    assert the_auth(proxy) == first
    put_passwords(proxy, "fresh")
    os.rename(proxy.home / "passwords", proxy.home / "old")
    os.rename(proxy.home / "fresh", proxy.home / "passwords")
    wait_until(lambda: get(connect, proxy, "/private/page", RIGHT) == 200, proxy.describe)
    assert the_auth(proxy) != first
    assert f"frontd-auth {first} makes way for another" in proxy.log() and "died" not in proxy.log()


@as_root
def test_auth_reads_nothing_beside_its_files(proxy, connect):
    """Landlock, not the file's mode: a link into another directory is not followed by the same process."""
    proxy.start()
    first = the_auth(proxy)
    assert_serves(connect, proxy)
    put_passwords(proxy, "elsewhere", password="other")
    (proxy.home / "passwords/file").unlink()
    (proxy.home / "passwords/file").symlink_to("../elsewhere/file")
    wait_until(lambda: get(connect, proxy, "/private/page", RIGHT) not in (200, 401), proxy.describe)
    proxy.wait_for_log(r"passwords/file.*Permission denied")
    proxy.wait_for_log(rf"frontd-auth {first} makes way for another")
    wait_until(lambda: get(connect, proxy, "/private/page", b"Authorization: Basic dXNlcjpvdGhlcg==\r\n") == 200, proxy.describe)


@as_root
def test_the_check_warns_where_frontd_would_not_start(proxy):
    assert "would not start here" not in proxy.command("-t").stderr
    masked = str(build_directory() / "test/sandbox/without-landlock")
    proxy.wrapper.append(masked)
    result = proxy.command("-t")
    assert "frontd would not start here: isolation level C" in result.stderr
    assert "isolation best-effort" in result.stderr
    proxy.values["more"] = "isolation best-effort;"
    proxy.write_config(SITE)
    assert "would not start here" not in proxy.command("-t").stderr
