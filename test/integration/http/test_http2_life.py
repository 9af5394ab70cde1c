"""The life of a connection of HTTP/2: tunnels, early answers, broken backends, deadlines, the end."""

import base64
import os
import re
import threading

import pytest
from hyperframe.frame import DataFrame
from support.backends import ok
from support.http2 import INTERNAL_ERROR, NO_ERROR, PREFACE, PROTOCOL_ERROR, Http2Client
from support.wait import wait_until

CONFIG = """
http {
    log_format line '$request|$status|$body_bytes_sent';
    access_log logs/access.log line;
    server {
        listen 127.0.0.1:@http@ http2;
        root @home@/www;
        client_max_body_size 0;
        @more@
        location /app { proxy_pass http://@backend@; }
    }
}
"""


@pytest.fixture(name="start")
def _start(frontd_files):
    def start(backend, more=""):
        instance = frontd_files(CONFIG, backend=backend.address, more=more)
        instance.file("www/page", b"x" * 1024)
        instance.file("www/big", b"x" * 5_000_000)
        return instance.start()

    return start


def websocket(client, *fields, path="/app"):
    stream = client.next_stream()
    client.send(client.headers(stream, [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                        (":authority", "a"), (":path", path), *fields], end=False))
    return stream


def test_websocket(start, scripted_backend):
    """RFC 8441: extended CONNECT here, an upgrade of HTTP/1.1 there, bytes both ways, both ends."""
    heads = []

    def serve(peer):
        heads.append(peer.read_until(b"\r\n\r\n").decode())
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nwelcome")
        peer.expect(b"hello")
        peer.send(b"you said hello")
        peer.expect_end()

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"))
    client.receive_until(lambda: client.server_settings)
    assert client.server_settings[8] == 1
    stream = websocket(client, ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat"),
                       ("origin", "http://a"))
    client.receive_until(lambda: client.stream(stream).body == b"welcome")
    response = client.stream(stream)
    assert response.status == 200 and response.field("sec-websocket-protocol") == "chat"
    assert not {"sec-websocket-accept", "upgrade", "connection", "content-length"} & {n for n, _ in response.fields}
    client.send(client.data(stream, b"hello"))
    client.receive_until(lambda: response.body == b"welcomeyou said hello")
    assert client.get(path="/page").status == 200  # beside it
    client.send(client.data(stream, b"", True))
    assert client.response(stream).ended and response.reset in (None, NO_ERROR)
    head = heads[0]
    assert head.startswith("GET /app HTTP/1.1\r\n")
    for line in ("Connection: Upgrade", "Upgrade: websocket", "sec-websocket-version: 13", "origin: http://a"):
        assert f"\r\n{line}\r\n" in head
    key = re.search(r"(?i)\r\nsec-websocket-key: (\S+)\r\n", head)[1]
    assert len(base64.b64decode(key, validate=True)) == 16
    assert "content-length" not in head.lower() and ":protocol" not in head


def test_websocket_that_is_not_granted(start, http_backend):
    """Any 2xx would be a tunnel to the client."""
    instance = start(http_backend(lambda r: ok(b"no", status="403 Forbidden") if "deny" in r.target else ok(b"page")))
    client = Http2Client(instance.port("http"))
    response = client.response(websocket(client, path="/app/deny"))
    assert (response.status, response.body) == (403, b"no")
    assert client.response(websocket(client, path="/app")).status == 501
    assert client.response(websocket(client, path="/page")).status == 501
    assert client.response(websocket(client, path="/none")).status == 404


def test_large_tunnel_both_ways(start, scripted_backend):
    data = os.urandom(2_000_000)

    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        writer = threading.Thread(target=peer.send, args=(data,))
        writer.start()
        assert peer.read(len(data)) == data
        writer.join()
        peer.finish_sending()
        peer.expect_end()

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"), settings={4: 1 << 20})
    stream = websocket(client)
    client.receive_until(lambda: client.stream(stream).heads)
    upload(client, stream, data, True)
    assert client.response(stream).body == data


def upload(client, stream, data, end):
    """Sends within the windows that the server opens."""
    def windows():
        opened = [f for f in client.frames if f.type == 8]
        changed = client.server_settings.get(4, 65535)
        return (65535 + sum(f.window_increment for f in opened if f.stream_id == 0),
                changed + sum(f.window_increment for f in opened if f.stream_id == stream))

    sent = 0
    client.receive_until(lambda: client.server_settings)
    while sent < len(data):
        client.receive_until(lambda: min(windows()) > sent)
        size = min(min(windows()) - sent, 16384, len(data) - sent)
        client.send(client.data(stream, data[sent : sent + size], end and sent + size == len(data)))
        sent += size


def test_upload_waits_for_the_backend(start, scripted_backend):
    """Flow control is the back-pressure: what a backend does not take stays with the client."""
    go, taken = threading.Event(), []

    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        go.wait(30)
        taken.append(len(peer.read(40_000_000)))
        peer.send(ok(b"thanks"))

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"), timeout=30)
    stream = client.request(("content-length", "40000000"), path="/app", method="PUT", end=False)
    client.receive_until(lambda: sum(f.window_increment for f in client.frames if f.type == 8) > 1_000_000)
    sent = 0
    client.peer.socket.settimeout(1)
    try:
        while sent < 40_000_000:
            window = 65536 + sum(f.window_increment for f in client.frames if f.type == 8 and f.stream_id == stream)
            if sent + 16384 > window:
                client.receive()
                continue
            client.send(client.data(stream, b"x" * 16384))
            sent += 16384
    except (TimeoutError, AssertionError):
        pass  # the window stays closed
    assert sent < 12_000_000  # its window, our queue, and what sockets of this machine hold
    client.peer.socket.settimeout(30)
    go.set()
    window = 65536
    while sent < 40_000_000:
        size = min(16384, 40_000_000 - sent)
        client.receive_until(lambda: 65536 + sum(
            f.window_increment for f in client.frames if f.type == 8 and f.stream_id == stream) >= sent + size)
        client.send(client.data(stream, b"x" * size, sent + size == 40_000_000))
        sent += size
    assert client.response(stream).body == b"thanks" and taken == [40_000_000]


def test_early_answer(start, scripted_backend):
    """The answer goes to the client at once; of the request nobody wants the rest."""
    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        peer.socket.recv(1 << 20)

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"))
    stream = client.request(("content-length", "100000"), path="/app", method="PUT", end=False)
    client.send(client.data(stream, b"x" * 1000))
    response = client.response(stream)
    assert (response.status, response.body) == (403, b"no")
    client.receive_until(lambda: response.reset is not None)
    assert response.reset == NO_ERROR
    assert client.get(path="/page").status == 200


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nnonsense\r\n",
], ids=["length", "chunked", "broken chunk"])
def test_answer_that_is_cut_short_never_looks_complete(start, scripted_backend, answer):
    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(answer)

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"))
    response = client.get(path="/app")
    assert not response.ended and response.reset == INTERNAL_ERROR
    assert client.get(path="/page").status == 200


def test_interim_answers(start, scripted_backend):
    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + ok(b"hi"))

    instance = start(scripted_backend(serve))
    client = Http2Client(instance.port("http"))
    response = client.get(path="/app")
    assert [dict(head)[":status"] for head in response.heads] == ["103", "200"]
    assert dict(response.heads[0])["link"] == "</x>; rel=preload" and response.body == b"hi"


def test_expectation(start, http_backend):
    backend = http_backend(lambda request: ok(request.body))
    instance = start(backend)
    client = Http2Client(instance.port("http"))
    stream = client.request(("expect", "100-continue"), path="/app", method="POST", end=False)
    client.receive_until(lambda: client.stream(stream).heads)
    assert client.stream(stream).status == 100
    client.send(client.data(stream, b"body", True))
    assert client.response(stream).body == b"body"
    assert backend.requests[0].field("expect") is None


@pytest.fixture(name="waiting")
def _waiting(scripted_backend):
    """A backend that never answers, and two semaphores: a request has come, its connection has gone."""
    come, gone = threading.Semaphore(0), threading.Semaphore(0)

    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        come.release()
        peer.expect_end()
        gone.release()

    return scripted_backend(serve), come, gone


def test_client_that_resets_frees_the_backend(start, waiting):
    backend, come, gone = waiting
    instance = start(backend)
    client = Http2Client(instance.port("http"))
    stream = client.request(path="/app")
    assert come.acquire(timeout=10)
    client.send(b"\0\0\4\3\0" + stream.to_bytes(4, "big") + b"\0\0\0\x08")
    assert gone.acquire(timeout=10)
    wait_until(lambda: "GET /app HTTP/2.0|499|0" in instance.log("access.log"), "a line")
    assert client.get(path="/page").status == 200


def test_client_that_hangs_up(start, waiting):
    backend, come, gone = waiting
    instance = start(backend)
    client = Http2Client(instance.port("http"))
    for _ in range(3):
        client.request(path="/app")
    assert all(come.acquire(timeout=10) for _ in range(3))
    client.request(path="/big")
    client.receive_until(lambda: client.stream(7).body)
    client.close()
    assert all(gone.acquire(timeout=10) for _ in range(3))
    wait_until(lambda: len(instance.log_lines("access.log")) == 4, "four lines")


def test_deadlines(start, scripted_backend):
    """Idle, a head that stops, a body that stops."""
    backend = scripted_backend(lambda peer: peer.read_until(b"\r\n\r\n") and peer.socket.recv(1))
    instance = start(backend, more="client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s;")
    client = Http2Client(instance.port("http"))  # never asks
    client.receive_all()
    assert client.goaway.error_code == NO_ERROR and client.ended
    client = Http2Client(instance.port("http"))
    assert client.get(path="/page").status == 200
    client.receive_all()
    assert client.goaway.error_code == NO_ERROR and client.ended
    client = Http2Client(instance.port("http"))
    client.send(b"\0\0\1\1\0\0\0\0\1\x82")  # CONTINUATION never comes
    client.receive_all()
    assert client.ended
    client = Http2Client(instance.port("http"))
    stream = client.request(path="/app", method="POST", end=False)
    assert client.response(stream).status == 408
    assert client.get(path="/page").status == 200  # the connection goes on


def test_keepalive_requests(start, http_backend):
    instance = start(http_backend(), more="keepalive_requests 3;")
    client = Http2Client(instance.port("http"))
    for _ in range(3):
        assert client.get(path="/app").status == 200
    client.receive_all()
    assert client.goaway.error_code == NO_ERROR and client.goaway.last_stream_id == 5 and client.ended


def test_drain_on_reload(start, scripted_backend):
    """GOAWAY, and what is open is finished."""
    go = threading.Event()

    def serve(peer):
        peer.read_until(b"\r\n\r\n")
        go.wait(30)
        peer.send(ok(b"at last"))

    instance = start(scripted_backend(serve))
    busy, idle = Http2Client(instance.port("http")), Http2Client(instance.port("http"))
    stream = busy.request(path="/app")
    assert busy.get(path="/page").status == 200 and idle.get(path="/page").status == 200
    instance.reload()
    idle.receive_until(lambda: idle.goaway)
    assert idle.get(path="/page").status == 200  # it was on its way
    idle.receive_all()
    assert idle.ended and idle.goaway.error_code == NO_ERROR and idle.goaway.last_stream_id == 3
    busy.receive_until(lambda: busy.goaway and busy.goaway.last_stream_id == 3)
    go.set()
    assert busy.response(stream).body == b"at last"
    busy.receive_all()
    assert busy.ended and busy.goaway.error_code == NO_ERROR


def test_download_is_interrupted_by_others(start, http_backend):
    """A large answer does not keep small ones waiting until its end."""
    instance = start(http_backend())
    client = Http2Client(instance.port("http"))
    client.opens_windows = False
    big = client.request(path="/big")
    client.receive_until(lambda: len(client.stream(big).body) == 65535)
    client.send(b"\0\0\4\x08\0\0\0\0\0\0\0\x40\0")  # the connection's window, not the stream's
    assert client.get(path="/page").body == b"x" * 1024
    client.send(b"\0\0\4\3\0" + big.to_bytes(4, "big") + b"\0\0\0\x08")
    assert client.get(path="/app").status == 200


def test_connection_that_begins_in_a_draining_worker(start, http_backend):
    """It was accepted before the reload: one answer, and GOAWAY at once."""
    instance = start(http_backend())
    client = Http2Client(instance.port("http"), hello=False)
    worker = instance.workers()
    instance.reload()
    wait_until(lambda: set(instance.workers()) - set(worker), "new workers")
    client.send(PREFACE, b"\0\0\0\4\0\0\0\0\0")
    stream = client.request(path="/app")
    assert client.response(stream).body == b"hello"
    client.receive_all()
    assert client.goaway.error_code == NO_ERROR and client.ended


def test_file_that_shrinks_is_cut_visibly(start, http_backend):
    instance = start(http_backend())
    client = Http2Client(instance.port("http"))
    client.opens_windows = False
    big = client.request(path="/big")
    client.receive_until(lambda: len(client.stream(big).body) == 65535)
    instance.file("www/big").write_bytes(b"x" * 100_000)
    client.send(b"\0\0\4\x08\0" + big.to_bytes(4, "big") + b"\0\x7f\0\0", b"\0\0\4\x08\0\0\0\0\0\0\x7f\0\0")
    response = client.response(big)
    assert response.reset == INTERNAL_ERROR and not response.ended and len(response.body) <= 100_000
    assert client.get(path="/page").status == 200


def test_answers_take_turns(start, http_backend):
    """Without a word about priority nobody waits for a download; with one, the urgent comes first."""
    instance = start(http_backend())
    client = Http2Client(instance.port("http"), settings={4: 2**31 - 1})
    client.send(b"\0\0\4\x08\0\0\0\0\0\x7f\0\0\0")
    client.send(*[client.headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path),
                                          *more])
                  for stream, path, more in ((1, "/big", []), (3, "/page", []), (5, "/big", [("priority", "u=7")]),
                                             (7, "/big", [("priority", "u=2")]))])
    for stream in (1, 3, 5, 7):
        assert len(client.response(stream).body) == (1024 if stream == 3 else 5_000_000)
    ends = [frame.stream_id for frame in client.frames if "END_STREAM" in frame.flags and frame.type == 0]
    assert ends == [7, 3, 1, 5]


def test_connection_window_is_not_lost(start, scripted_backend):
    """Bytes that nobody wants, in time, late, padded or of a stream that was reset, open it again."""
    instance = start(scripted_backend(lambda peer: peer.socket.recv(1 << 20) and peer.socket.recv(1)))
    client = Http2Client(instance.port("http"))
    sent = 0
    for number in range(80):
        path, more = [("/page", []), ("/app", [("content-length", "1")]), ("/none", []), ("/app", [(":x", "y")])][number % 4]
        stream = client.request(*more, path=path, method="POST", end=False)
        for part in range(4):
            frame = DataFrame(stream, b"x" * 12000, flags=["PADDED"])
            frame.pad_length = 200
            client.receive_until(
                lambda: 65535 + sum(f.window_increment for f in client.frames
                                    if f.type == 8 and f.stream_id == 0) >= sent + 12201)
            client.send(frame)
            sent += 12201
            if part == 1:
                client.response(stream)  # the rest comes late
        client.send(b"\0\0\4\3\0" + stream.to_bytes(4, "big") + b"\0\0\0\x08")
    assert sent > 3_000_000
    assert client.get(path="/page").status == 200


def test_client_that_says_goodbye(start, http_backend):
    """GOAWAY from the client: what is open is finished, then the connection ends, and nothing is wrong."""
    instance = start(http_backend())
    client = Http2Client(instance.port("http"))
    client.opens_windows = False
    stream = client.request(path="/app")
    client.send(b"\0\0\x08\x07\0\0\0\0\0" + b"\0" * 8)
    assert client.response(stream).body == b"hello"
    client.receive_all()
    assert client.ended
    assert "does not speak" not in instance.log()


def test_garbage_instead_of_frames(start, http_backend):
    instance = start(http_backend())
    client = Http2Client(instance.port("http"))
    client.send(b"\xff" * 5000)
    client.receive_all()
    assert client.ended and client.goaway.error_code not in (None, NO_ERROR)
    instance.wait_for_log("client does not speak this protocol")
    client = Http2Client(instance.port("http"), hello=False)
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\4\x08\0\0\0\0\0\0\0\0\1")  # not SETTINGS first
    client.receive_all()
    assert client.goaway.error_code == PROTOCOL_ERROR
    instance.wait_for_log("HTTP/2: SETTINGS expected")
    assert Http2Client(instance.port("http")).get(path="/page").status == 200
