"""upstream and proxy_next_upstream: who is asked, who is asked next, what the log says of it."""

import threading

import pytest
from support.backends import ok
from support.ports import free_port
from support.wait import wait_until

CONFIG = """
http {
    log_format tries '$status|$upstream_addr|$upstream_status|$upstream_response_time';
    access_log logs/tries.log tries;
    upstream app { @servers@ }
    server {
        listen 127.0.0.1:@http@;
        client_max_body_size 0;
        proxy_connect_timeout 5s;
        proxy_read_timeout 1s;
        proxy_next_upstream @next@;
        location / { proxy_pass http://app; }
        location /held/ { proxy_pass http://app; proxy_request_buffering on; }
        location /once/ { proxy_pass http://app; proxy_next_upstream_tries 1; }
        location /any/ { proxy_pass http://app; proxy_next_upstream @next@ non_idempotent; }
    }
}
"""


@pytest.fixture
def site(frontd, connect):
    def start(servers, upstream="error timeout", extra=""):
        lines = "".join(f"server {server};" for server in servers) + extra
        running = frontd(CONFIG, servers=lines, next=upstream)
        running.client = connect(running.port("http"))
        return running

    return start


@pytest.fixture
def free_address():
    return f"127.0.0.1:{free_port()}"


def tries(running, count):
    return wait_until(lambda: running.log_lines("tries.log")[count - 1:count], f"line {count}")[0].split("|")


def test_turns(site, http_backend):
    backends = [http_backend(ok(name)) for name in (b"a", b"b", b"c")]
    servers = [f"{backend.address} weight={weight}" for backend, weight in zip(backends, (5, 1, 1))]
    running = site(servers)
    got = b"".join(running.client.request().body for _ in range(14))
    assert got == b"aabacaaaabacaa"
    assert [backend.connections for backend in backends] == [1, 1, 1]
    assert tries(running, 1)[1:3] == [backends[0].address, "200"]


def test_a_server_that_refuses_is_passed_over(site, http_backend, free_address):
    good = http_backend(ok(b"good"))
    running = site([free_address, good.address])
    for _ in range(4):
        assert running.client.request().body == b"good"
    assert tries(running, 1)[:3] == ["200", f"{free_address}, {good.address}", "502, 200"]
    assert tries(running, 2)[1] == good.address  # put aside after one failure
    assert "the next one is tried" in running.log()


def test_backup(site, http_backend, free_address):
    spare = http_backend(ok(b"spare"))
    running = site([free_address, f"{spare.address} backup"])
    assert running.client.request().body == b"spare"


def test_all_are_down(site, free_address):
    running = site([f"{free_address} down"])
    assert running.client.request().status == 502
    assert "no live upstreams" in running.log()
    assert tries(running, 1)[1:3] == ["app", "502"]


def test_a_silent_server_times_out_and_the_next_one_answers(site, http_backend):
    gate = threading.Event()
    slow = http_backend(lambda request: gate.wait(60) and ok(b"late"))
    good = http_backend(ok(b"good"))
    running = site([slow.address, good.address])
    assert running.client.request().body == b"good"
    assert tries(running, 1)[2] == "504, 200"
    gate.set()


def test_what_may_have_been_done_is_not_done_again(site, http_backend):
    """A POST that was sent is over; a PUT whose body is gone, too; with the body held it is not."""
    bad, good = http_backend(lambda request: None), http_backend(ok(b"good"))
    servers = [f"{bad.address} max_fails=0", f"{good.address} max_fails=0"]
    running = site(servers, upstream="error timeout")
    assert running.client.request(method="POST", body=b"x").status == 502
    assert running.client.request(method="GET").body == b"good"  # good's turn
    assert running.client.request(method="PUT", body=b"x").status == 502
    assert running.client.request(method="GET").body == b"good"
    assert running.client.request("/held/", method="PUT", body=b"held").body == b"good"
    assert good.requests[-1].body == b"held"
    assert running.client.request(method="GET").body == b"good"
    assert running.client.request("/any/", method="POST").body == b"good"


def test_statuses(site, http_backend):
    bad = http_backend(ok(b"bad", status="503 Service Unavailable"))
    good = http_backend(ok(b"good"))
    running = site([f"{bad.address} max_fails=0", f"{good.address} max_fails=0"], upstream="http_503")
    assert running.client.request().body == b"good"
    assert tries(running, 1)[2] == "503, 200"
    assert running.client.request().body == b"good"  # its turn
    assert running.client.request(target="/once/").body == b"bad"


def test_off(site, http_backend, free_address):
    good = http_backend(ok(b"good"))
    running = site([free_address, good.address], upstream="off")
    assert running.client.request().status == 502
    assert running.client.request().body == b"good"


def test_the_last_bad_answer_is_passed_on(site, http_backend):
    """nginx's rule: an answer to try another server for is still better than a page of one's own."""
    bad = [http_backend(ok(b"bad", status="500 Oops")) for _ in range(2)]
    running = site([backend.address for backend in bad], upstream="http_500")
    reply = running.client.request()
    assert (reply.status, reply.body) == (500, b"bad")
    assert tries(running, 1)[2] == "500, 500"


def test_an_invalid_answer(site, http_backend):
    bad, good = http_backend(b"garbage\r\n\r\n"), http_backend(ok(b"good"))
    running = site([bad.address, good.address], upstream="invalid_header")
    assert running.client.request().body == b"good"


def test_long_bodies_are_held_in_part_only(site, http_backend):
    good = http_backend(ok(b"good"))
    running = site([good.address])
    body = bytes(range(256)) * 16384
    assert running.client.request("/held/", method="PUT", body=body).body == b"good"
    assert good.requests[-1].body == body


def test_one_client_meets_one_server(site, http_backend):
    backends = [http_backend(ok(name)) for name in (b"a", b"b", b"c")]
    running = site([backend.address for backend in backends], extra="ip_hash;")
    assert len({running.client.request().body for _ in range(6)}) == 1


def test_requests_of_one_connection_are_counted(site, http_backend):
    backend = http_backend(ok(b"x"))
    running = site([backend.address], extra="keepalive 4; keepalive_requests 3;")
    for _ in range(7):
        running.client.request()
    assert backend.connections == 3
