"""health_check: servers that fail are left out until they pass; one worker checks for all of them."""

import os
import signal
import threading
import time

import pytest
from support.backends import ok
from support.certs import Certificates
from support.nginx_origin import NginxOrigin
from support.ports import free_port
from support.wait import wait_until

CONFIG = """
worker_processes @workers@;
error_log logs/error.log info;
http {
    upstream app { @servers@ health_check @check@; }
    server {
        listen 127.0.0.1:@http@;
        proxy_read_timeout 5s;
        location / { proxy_pass http://app; }
    }
}
"""

CHECK = "/up interval=200ms timeout=1s"
LONG = 30.0


class Site:
    """A running frontd with `servers` behind it."""

    def __init__(self, running, connect):
        self.frontd = running
        self._connect = connect

    def request(self):
        """By a connection of its own: a worker that is to end does not wait for the client."""
        with self._connect(self.frontd.port("http")) as client:
            return client.request()

    def answers(self, count=8):
        """What that many requests get."""
        return {self.request().body for _ in range(count)}

    def wait_for(self, text):
        self.frontd.wait_for_log(text, timeout=LONG)

    def verdicts(self):
        return [line for line in self.frontd.log_lines() if "health_check" in line]


@pytest.fixture
def site(frontd, connect):
    def start(servers, check=CHECK, workers=1):
        lines = "".join(f"server {server};" for server in servers)
        return Site(frontd(CONFIG, servers=lines, check=check, workers=workers), connect)

    return start


class Switch:
    """An answer that a test changes: to requests for /up it is `status`."""

    def __init__(self, name, status="200 OK"):
        self.name = name
        self.status = status
        self.checks = 0

    def __call__(self, request):
        if request.target != "/up":
            return ok(self.name)
        self.checks += 1
        return ok(b"state", status=self.status)


def test_a_server_is_left_out_and_comes_back(site, http_backend):
    one, two = Switch(b"one"), Switch(b"two")
    backends = [http_backend(one), http_backend(two)]
    running = site([backend.address for backend in backends])
    assert running.answers() == {b"one", b"two"}
    one.status = "503 Busy"
    running.wait_for("gets no requests any more: it answers 503")
    assert running.answers() == {b"two"}
    seen = one.checks
    wait_until(lambda: one.checks > seen + 2, "more checks", timeout=LONG)
    one.status = "302 Found"
    running.wait_for("is good again")
    wait_until(lambda: running.answers() == {b"one", b"two"}, "both", timeout=LONG)
    assert [backends[0].address in line and '"app"' in line for line in running.verdicts()] == [True, True]


def test_what_is_asked(site, http_backend):
    switch = Switch(b"x")
    backend = http_backend(switch)
    site([backend.address], check=f"{CHECK} host=name.test:81")
    wait_until(lambda: switch.checks > 1, "checks", timeout=LONG)
    check = backend.requests[0]
    assert (check.method, check.target, check.version) == ("GET", "/up", "HTTP/1.1")
    assert check.field("host") == "name.test:81" and check.field("connection") == "close"
    assert check.connection != backend.requests[1].connection


def test_fails_and_passes_count(site, http_backend):
    one, two = Switch(b"one"), Switch(b"two")
    running = site([http_backend(one).address, http_backend(two).address],
                   check="/up interval=300ms timeout=5s fails=3 passes=2")
    wait_until(lambda: one.checks > 0, "a check", timeout=LONG)
    one.status, failed = "500 Broken", one.checks
    running.wait_for("gets no requests any more")
    assert one.checks >= failed + 2  # the first may have been on its way
    one.status, passed = "200 OK", one.checks
    running.wait_for("is good again")
    assert one.checks >= passed + 1


def test_all_workers_know_and_one_checks(site, http_backend, connect):
    one, two = Switch(b"one"), Switch(b"two")
    running = site([http_backend(one).address, http_backend(two).address], check="/up interval=500ms", workers=4)
    wait_until(lambda: one.checks > 0 and two.checks > 0, "a check", timeout=LONG)
    before, start = one.checks, time.monotonic()
    time.sleep(4)
    rounds = (time.monotonic() - start) / 0.5
    assert one.checks - before <= rounds + 1  # four times as many if each worker asked
    wait_until(lambda: one.checks > before + 3, "more checks", timeout=LONG)
    two.status = "404 Gone"
    running.wait_for("gets no requests any more: it answers 404")
    clients = [connect(running.frontd.port("http")) for _ in range(32)]
    assert {client.request().body for client in clients} == {b"one"}
    assert len(running.verdicts()) == 1


def test_a_worker_that_dies_takes_no_check_with_it(site, http_backend):
    one = Switch(b"one")
    running = site([http_backend(one).address], check="/up interval=200ms timeout=300ms", workers=2)
    for _ in range(2):
        seen = one.checks
        wait_until(lambda seen=seen: one.checks > seen + 1, "checks", timeout=LONG)
        os.kill(running.frontd.workers()[0], signal.SIGKILL)
        seen = one.checks
        wait_until(lambda seen=seen: one.checks > seen + 2, "checks", timeout=LONG)


def endless(peer, first=b"HTTP/1.1 200 OK\r\n\r\n"):
    peer.send(first)
    while True:
        peer.send(b"x" * 4096)


def saying(words):
    """Says it and waits for the end."""
    def script(peer):
        peer.send(words)
        peer.read_to_end()
    return script


BAD = {
    "never": (saying(b""), "no answer in time"),
    "closes": (lambda peer: peer.read_until(b"\r\n\r\n"), "it closes the connection without an answer"),
    "garbage": (saying(b"220 mail ESMTP\r\n\r\n"), "invalid answer: "),
    "half": (lambda peer: (peer.read_until(b"\r\n\r\n"), peer.send(b"HTTP/1.1 200 OK\r\nA: ")), "without an answer"),
    "huge head": (lambda peer: endless(peer, b"HTTP/1.1 200 OK\r\n"), "invalid answer: "),
    "many fields": (saying(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 9000), "invalid answer: "),
    "switches": (saying(b"HTTP/1.1 101 Switching\r\n\r\n"), "it answers 101"),
    "interims": (saying(b"HTTP/1.1 100 Continue\r\n\r\n" * 9 + b"HTTP/1.1 200 OK\r\n\r\n"), "it answers 100"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_answers(site, http_backend, scripted_backend, name):
    script, why = BAD[name]
    good, bad = http_backend(Switch(b"good")), scripted_backend(script)
    running = site([good.address, bad.address])
    running.wait_for(f'server {bad.address} of "app" gets no requests any more: .*{why}')
    assert running.answers() == {b"good"}
    assert len(running.verdicts()) == 1


def test_an_endless_body_is_no_failure(site, scripted_backend):
    bodies = scripted_backend(endless)
    running = site([bodies.address])
    wait_until(lambda: bodies.connections > 3, "checks", timeout=LONG)
    assert not running.verdicts()


@pytest.mark.parametrize("answer", [ok(b"body"), b"HTTP/1.1 204 No Content\r\n\r\n",
                                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"])
def test_a_server_that_closes_nothing(site, scripted_backend, answer):
    """Its connections are not waited for."""
    backend = scripted_backend(saying(answer))
    running = site([backend.address], check="/up interval=200ms timeout=60s")
    wait_until(lambda: backend.connections > 2, "checks", timeout=LONG)
    assert not running.verdicts()


def test_a_server_that_is_down_is_left_alone(site, http_backend):
    one, two = Switch(b"one"), Switch(b"two")
    running = site([f"{http_backend(one).address} down", http_backend(two).address])
    wait_until(lambda: two.checks > 2, "checks", timeout=LONG)
    assert one.checks == 0 and running.answers() == {b"two"}


def test_nobody_listens(site, http_backend):
    good = http_backend(Switch(b"good"))
    running = site([f"127.0.0.1:{free_port()} max_fails=0", good.address])
    running.wait_for("gets no requests any more: Connection refused")
    assert running.answers() == {b"good"}


def test_a_backup_takes_over(site, http_backend):
    one, spare = Switch(b"one"), Switch(b"spare")
    running = site([http_backend(one).address, f"{http_backend(spare).address} backup"])
    assert running.answers() == {b"one"}
    one.status = "500 Broken"
    running.wait_for("gets no requests any more")
    assert running.answers() == {b"spare"}
    assert spare.checks > 0


def test_the_only_server(site, http_backend):
    """There is nobody else to ask: clients learn it at once."""
    one = Switch(b"one", status="500 Broken")
    backend = http_backend(one)
    running = site([backend.address])
    running.wait_for("gets no requests any more")
    assert running.request().status == 502
    running.wait_for("no live upstreams")
    one.status = "200 OK"
    running.wait_for("is good again")
    assert running.answers() == {b"one"}


def test_mandatory(site, scripted_backend):
    """No request before the first check is done; the first one decides."""
    gate = threading.Event()

    def answer(peer):
        if b"/up" in peer.read_until(b"\r\n\r\n"):
            gate.wait(60)
        peer.send(ok(b"x", "Connection: close"))

    backend = scripted_backend(answer)
    running = site([backend.address], check="/up interval=200ms timeout=60s mandatory fails=9")
    assert running.request().status == 502
    wait_until(lambda: backend.connections > 0, "a check", timeout=LONG)
    assert running.request().status == 502
    gate.set()
    wait_until(lambda: running.request().status == 200, "requests", timeout=LONG)


def test_a_reload_forgets_nothing(site, http_backend):
    one, two = Switch(b"one", status="500 Broken"), Switch(b"two")
    backends = [http_backend(one), http_backend(two)]
    running = site([backend.address for backend in backends], check="/up interval=1s timeout=1s", workers=2)
    running.wait_for("gets no requests any more")
    asked = len([1 for request in backends[0].requests if request.target != "/up"])
    for _ in range(3):
        running.frontd.reload()
        assert running.answers() == {b"two"}
    assert len([1 for request in backends[0].requests if request.target != "/up"]) == asked
    assert len(running.verdicts()) == 1
    seen = one.checks
    wait_until(lambda: one.checks > seen, "checks of the new workers", timeout=LONG)
    one.status = "200 OK"
    running.wait_for("is good again")


def test_reloads_while_checks_are_under_way(site, scripted_backend):
    """They are given up with their workers, and the new ones check at once."""
    silent = scripted_backend(lambda peer: peer.read_to_end())
    running = site([silent.address], check="/up interval=100ms timeout=60s", workers=2)
    for count in range(1, 5):
        wait_until(lambda count=count: silent.connections >= count, "a check", timeout=LONG)
        running.frontd.reload()
    assert not running.verdicts()


LOCATION = """
http {
    upstream app { server 127.0.0.1:@one@; server 127.0.0.1:@two@; }
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass http://app/x/; health_check uri=/up?a=b interval=200ms persistent; }
        location /port/ { proxy_pass http://localhost:@three@; health_check port=@four@ interval=200ms; }
    }
}
"""


def test_beside_proxy_pass(frontd, connect, http_backend):
    up, down = Switch(b"up"), Switch(b"down")
    one = http_backend(up)
    two = http_backend(lambda request: ok(b"", status="500 Broken"))
    three, four = http_backend(up), http_backend(down)
    running = frontd(LOCATION, one=one.port, two=two.port, three=three.port, four=four.port)
    running.wait_for_log("server 127.0.0.1:.* of \"app\" gets no requests any more: it answers 500", timeout=LONG)
    wait_until(lambda: one.requests, "a check of the other", timeout=LONG)
    assert one.requests[0].target == "/up?a=b" and one.requests[0].field("host") == "app"
    wait_until(lambda: four.requests, "a check at its own port", timeout=LONG)
    assert four.requests[0].target == "/" and four.requests[0].field("host") == f"localhost:{three.port}"
    assert not three.requests
    assert connect(running.port("http")).request("/port/").body == b"up"


TLS = """
http {
    upstream app { server 127.0.0.1:@tls@; health_check /health interval=200ms; }
    upstream strange { server 127.0.0.1:@tls@; health_check /health interval=200ms; }
    upstream plain { server 127.0.0.1:@tls@; health_check /health interval=200ms; }
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass https://app; proxy_ssl_verify on; proxy_ssl_trusted_certificate @authority@;
                     proxy_ssl_name named.test; proxy_ssl_server_name on; }
        location /strange/ { proxy_pass https://strange; proxy_ssl_verify on;
                             proxy_ssl_trusted_certificate @authority@; proxy_ssl_name other.test; }
        location /plain/ { proxy_pass http://plain; }
    }
}
"""


def test_https(frontd, connect, tmp_path):
    certificates = Certificates(tmp_path)
    origin = NginxOrigin(certificates).start()
    try:
        running = frontd(TLS, tls=origin.port, authority=str(certificates.authority))
        running.wait_for_log('of "strange" gets no requests any more: .*hostname mismatch', timeout=LONG)
        running.wait_for_log('of "plain" gets no requests any more: it answers 400', timeout=LONG)
        checks = wait_until(lambda: [seen for seen in origin.seen() if seen[0] == "named.test"], "a check", LONG)
        assert checks[0][4:6] == ["app", "/health"]
        assert connect(running.port("http")).request("/").body == b"default"  # by its Host
        assert '"app"' not in running.log()
    finally:
        origin.close()


def test_very_many_servers(site, http_backend):
    """A thousand addresses, all one backend and a dead port among them; requests go on meanwhile."""
    switch = Switch(b"x")
    port = http_backend(switch, host="0.0.0.0").port
    servers = [f"127.1.{i >> 8}.{i & 255}:{port}" for i in range(1000)] + [f"127.0.0.1:{free_port()} max_fails=0"]
    running = site(servers, check="/up interval=2s timeout=60s", workers=2)
    running.wait_for("gets no requests any more: Connection refused")
    wait_until(lambda: switch.checks >= 2000, "two checks of each", timeout=90.0)
    assert running.answers(50) == {b"x"}
    assert len(running.verdicts()) == 1
