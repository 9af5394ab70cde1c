"""min_rate: clients that send bodies, or take answers, too slowly; and those that only seem to."""

import socket
import threading
import time

import pytest
from support.backends import ok
from support.http2 import Http2Client

CONFIG = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log logs/access.log;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@h2@ http2;
        client_max_body_size 0;
        root @home@/www;
        location /slow { min_rate 10k after=1s; proxy_pass http://@backend@; }
        location /held { min_rate 4m after=1s; proxy_pass http://@backend@; }
        location /answer { min_rate 10k after=1s; return 200 answer; }
        location /any { min_rate 0; client_body_timeout 20s; proxy_pass http://@backend@; }
        location /read { min_rate 10m after=1s; send_timeout 2s; }
        location /paced { min_rate 10m after=1s; send_timeout 1s; limit_rate 60k; }
        location /tunnel { min_rate 10m after=1s; send_timeout 1s; proxy_pass http://@backend@; }
    }
}
"""

TOLD = "client is slower than min_rate"


@pytest.fixture(name="start")
def _start(frontd_files):
    def start(backend):
        instance = frontd_files(CONFIG, backend=backend.address)
        instance.file("www/read", b"z" * 50_000_000)
        instance.file("www/paced", b"z" * 200_000)
        return instance.start()

    return start


def patient(peer):
    """A backend that reads whatever comes, as long as it comes."""
    peer.timeout = 30
    peer.socket.settimeout(30)
    peer.read_to_end()


def post(path, length):
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"


def dribble(client, seconds, bytes_each=b"x"):
    """Ten times in a second, until then or until the other end closes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            client.send(bytes_each)
        except OSError:
            return
        time.sleep(0.1)


def test_a_slow_body_gets_408(start, scripted_backend, connect):
    server = start(scripted_backend(patient))
    began = time.monotonic()
    client = connect(server.port("http"))
    client.send(post("/slow", 1_000_000))
    dribble(client, 3)
    assert client.read_response().status == 408
    assert time.monotonic() - began > 1
    server.wait_for_log(TOLD)
    server.wait_for_log('"POST /slow HTTP/1.1" 408', "access.log")


def test_silence_is_slow_and_chunks_count_without_their_frames(start, scripted_backend, connect):
    server = start(scripted_backend(patient))
    client = connect(server.port("http"))
    client.send(post("/slow", 10))
    assert client.read_response().status == 408
    client = connect(server.port("http"))
    client.send("POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    dribble(client, 3, b"1;" + b"x" * 200 + b"\r\nx\r\n")
    assert client.read_response().status in (400, 408)  # or so many extensions were too much


def test_what_came_early_counts_for_later(start, http_backend, connect):
    """100 kB are worth ten seconds."""
    server = start(http_backend())
    client = connect(server.port("http"))
    client.send(post("/slow", 100_001))
    client.send(b"x" * 100_000)
    time.sleep(3)
    client.send("x")
    assert client.read_response().status == 200
    assert TOLD not in server.log()


def test_without_a_rate_any_will_do(start, http_backend, connect):
    client = connect(start(http_backend()).port("http"))
    client.send(post("/any", 20))
    client.send_slowly("x" * 20, pause=0.2)
    assert client.read_response().status == 200


def test_a_backend_that_does_not_read_is_not_the_clients_fault(start, scripted_backend, connect):
    """What came is worth six seconds; the backend alone takes seven."""
    goes_on = threading.Event()

    def serve(peer):
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64_000)
        peer.read_until(b"\r\n\r\n")
        time.sleep(7)
        goes_on.set()
        peer.read(24_000_000)
        peer.send(ok(b"taken"))

    server = start(scripted_backend(serve))
    client = connect(server.port("http"), timeout=60)
    client.send(post("/held", 24_000_000))
    client.send(b"x" * 23_900_000)
    assert goes_on.wait(60)
    time.sleep(0.5)
    client.send(b"x" * 100_000)
    assert client.read_response().body == b"taken"
    assert TOLD not in server.log()


def test_a_body_nobody_wants_may_not_take_forever(start, http_backend, connect):
    server = start(http_backend())
    client = connect(server.port("http"))
    client.send(post("/answer", 60_000))
    assert client.read_response().body == b"answer"
    dribble(client, 20)
    assert client.read_to_end() == b""
    server.wait_for_log(TOLD)


def test_who_takes_an_answer_too_slowly_is_closed(start, http_backend, connect):
    server = start(http_backend())
    client = connect(server.port("http"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
    client.send("GET /read HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises((OSError, AssertionError)):
        for _ in range(300):
            client.read(100_000)
            time.sleep(0.2)
    server.wait_for_log(TOLD)


def test_the_own_limit_rate_makes_nobody_slow(start, http_backend, connect):
    server = start(http_backend())
    for _ in range(2):
        assert len(connect(server.port("http")).request("/paced").body) == 200_000
    client = Http2Client(server.port("h2"))
    assert len(client.get(path="/paced").body) == 200_000
    assert TOLD not in server.log()


def test_tunnels_may_be_slow(start, scripted_backend, connect):
    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        peer.expect(b"hello")
        peer.send(b"hello yourself")

    server = start(scripted_backend(serve))
    client = connect(server.port("http"))
    client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    client.read_until(b"\r\n\r\n")
    time.sleep(2.5)
    client.send(b"hello")
    client.expect(b"hello yourself")
    assert TOLD not in server.log()


def h2_post(client, path):
    return client.request(path=path, method="POST", end=False)


def test_a_slow_stream_gets_408(start, scripted_backend):
    server = start(scripted_backend(patient))
    client = Http2Client(server.port("h2"))
    stream = h2_post(client, "/slow")
    until = time.monotonic() + 3
    while time.monotonic() < until:
        client.send(client.data(stream, b"x"))
        time.sleep(0.1)
    assert client.response(stream).status == 408
    server.wait_for_log(TOLD)
    assert client.get(path="/answer").body == b"answer"


def test_streams_wait_for_one_another(start, http_backend):
    """What one of them sends is no fault of the others."""
    server = start(http_backend())
    client = Http2Client(server.port("h2"))
    late, busy = h2_post(client, "/slow"), h2_post(client, "/any")
    for _ in range(10):
        client.send(client.data(busy, b"x" * 6000))
    time.sleep(3)
    client.send(client.data(late, b"x", end=True))
    assert client.response(late).status == 200
    client.send(client.data(busy, b"x", end=True))
    assert client.response(busy).status == 200
    assert TOLD not in server.log()


@pytest.mark.parametrize("line, words", [
    ("min_rate fast;", "no number of bytes"),
    ("min_rate 500 before=3s;", "nothing that min_rate takes"),
    ("min_rate 500 after=soon;", "is no time"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0 and words in result.stdout + result.stderr
