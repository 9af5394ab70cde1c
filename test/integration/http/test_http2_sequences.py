"""Sequences of frames that no good client sends, or at moments when nobody expects them: each ends as
RFC 9113 says, the connection or others beside it go on, and backends are not left waiting."""

import contextlib
import threading

import pytest
from hyperframe.frame import (ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PriorityFrame, RstStreamFrame,
                              SettingsFrame, WindowUpdateFrame)
from support.backends import ok
from support.http2 import COMPRESSION_ERROR, FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR, Http2Client
from support.wait import wait_until

STREAM_CLOSED, FRAME_SIZE_ERROR = 5, 6
INITIAL_WINDOW = SettingsFrame.INITIAL_WINDOW_SIZE
BIG = bytes(range(256)) * 4000

CONFIG = """
worker_processes 1;
http {
    types { text/html html; }
    server {
        listen 127.0.0.1:@http@ http2;
        root @home@/www;
        client_max_body_size 0;
        gzip_types *;
        location /app/ { proxy_pass http://@backend@; }
        location /packed/ { gzip on; gzip_min_length 1; alias @home@/www/; }
        location /slow/ { limit_rate 400k; alias @home@/www/; }
        location /small/ { client_max_body_size 10; error_page 413 /app/page; proxy_pass http://@backend@; }
        location /whole/ { proxy_request_buffering on; proxy_pass http://@backend@; }
        location /may/ { auth_request /app/yes; proxy_pass http://@backend@; }
        location /no/ { auth_request /app/no; error_page 403 /app/page; proxy_pass http://@backend@; }
        location /later/ { auth_request /app/never; proxy_pass http://@backend@; }
        location /ssi/ { ssi on; gzip on; gzip_min_length 1; }
    }
}
"""


class Backend:
    """Answers by the last word of the path; counts the requests under way."""

    def __init__(self):
        self.lock = threading.Lock()
        self.serving = 0

    def serve(self, peer):
        try:
            while head := peer.read_until(b"\r\n\r\n"):
                self._count(1)
                try:
                    self._answer(peer, head)
                finally:
                    self._count(-1)
        except (OSError, AssertionError):
            pass  # frontd went when its client did

    def _count(self, change):
        with self.lock:
            self.serving += change

    def _answer(self, peer, head):
        word = head.split()[1].rsplit(b"/", 1)[-1].decode()
        if word == "tunnel" and b"Upgrade: websocket" in head:
            self._tunnel(peer)
        elif word == "never":
            peer.read_to_end()
        else:
            body = peer.read_chunked() if b"chunked" in head else peer.read(_length(head))
            status = "403 No" if word == "no" else "200 OK"
            peer.send(ok(b"%d bytes" % len(body) if word == "count" else b"hello", "Content-Type: text/html",
                         status=status))

    @staticmethod
    def _tunnel(peer):
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi")
        while data := peer.socket.recv(65536):
            peer.send(data)


def _length(head):
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith("content-length:"):
            return int(line.split(":")[1])
    return 0


class Place:
    """frontd, its backend, and clients on demand."""

    def __init__(self, instance, backend):
        self.instance = instance
        self.backend = backend
        self.workers = instance.workers()

    def client(self, **options):
        return Http2Client(self.instance.port("http"), **options)

    def must_be_well(self):
        """The same worker serves."""
        assert self.client().get(path="/page").status == 200
        assert self.instance.workers() == self.workers


@pytest.fixture(name="place")
def _place(frontd_files, scripted_backend):
    backend = Backend()
    instance = frontd_files(CONFIG, backend=scripted_backend(backend.serve).address)
    instance.file("www/page", b"page")
    instance.file("www/big", BIG)
    instance.file("www/ssi/in.html", b'<!--#include virtual="/app/page" -->|<!--#include virtual="/no/x" -->|end')
    instance.start()
    place = Place(instance, backend)
    yield place
    place.must_be_well()


def serves(client):
    """The connection goes on."""
    return client.get(path="/page", scheme="http").status == 200


def post(client, path, *fields):
    return client.request(*fields, path=path, method="POST", scheme="http", end=False)


def websocket(client, path="/app/tunnel"):
    stream = client.next_stream()
    fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "a"),
              (":path", path), ("sec-websocket-version", "13")]
    client.send(client.headers(stream, fields, end=False))
    return stream


def raw(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def whole(client):
    """A head of a GET, as its block."""
    return client.encode([(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/page"), ("x", "y" * 60)])


# What ends the connection: frames that are sent behind an answered stream 1 and a stream 3 whose body is open. → codes

CLOSED, OPEN, IDLE = 1, 3, 99

FATAL = {
    "DATA on stream 0": (lambda c: raw(0, 0, 0, b"x"), PROTOCOL_ERROR),
    "DATA on an idle stream": (lambda c: raw(0, 0, IDLE, b"x"), PROTOCOL_ERROR),
    "DATA padded beyond its end": (lambda c: raw(0, 8, OPEN, b"\xffabc"), PROTOCOL_ERROR),
    "DATA without its padding's length": (lambda c: raw(0, 8, OPEN, b""), (PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    "a frame of 16385 bytes": (lambda c: raw(0, 0, OPEN, bytes(16385)), FRAME_SIZE_ERROR),
    "HEADERS on stream 0": (lambda c: raw(1, 5, 0, whole(c)), PROTOCOL_ERROR),
    "HEADERS on an even stream": (lambda c: raw(1, 5, 8, whole(c)), PROTOCOL_ERROR),
    "HEADERS padded beyond its end": (lambda c: raw(1, 13, 5, b"\xff" + whole(c)), PROTOCOL_ERROR),
    "a field of no table": (lambda c: raw(1, 5, 5, b"\xff\xff\x7f"), COMPRESSION_ERROR),
    "an index that overflows": (lambda c: raw(1, 5, 5, b"\xff" + b"\xff" * 12), COMPRESSION_ERROR),
    "a string beyond its end": (lambda c: raw(1, 5, 5, b"\x00\x7f\xff\xff\x7f"), COMPRESSION_ERROR),
    "Huffman padded with zeros": (lambda c: raw(1, 5, 5, b"\x00\x81\x00\x00"), COMPRESSION_ERROR),
    "a table of a megabyte": (lambda c: raw(1, 5, 5, b"\x3f\xe1\xff\x3f" + whole(c)), COMPRESSION_ERROR),
    "a table's size behind a field": (lambda c: raw(1, 5, 5, whole(c) + b"\x20"), COMPRESSION_ERROR),
    "CONTINUATION behind nothing": (lambda c: raw(9, 4, 5, whole(c)), PROTOCOL_ERROR),
    "CONTINUATION of another stream": (lambda c: raw(1, 1, 5, b"") + raw(9, 4, 7, whole(c)), PROTOCOL_ERROR),
    "PING within a head": (lambda c: raw(1, 1, 5, b"") + raw(6, 0, 0, bytes(8)), PROTOCOL_ERROR),
    "RST_STREAM within a head": (lambda c: raw(1, 1, 5, b"") + raw(3, 0, 5, bytes(4)), PROTOCOL_ERROR),
    "DATA within a head": (lambda c: raw(1, 0, 5, b"") + raw(0, 1, 5, b"x"), PROTOCOL_ERROR),
    "PRIORITY of 4 bytes": (lambda c: raw(2, 0, OPEN, bytes(4)), FRAME_SIZE_ERROR),
    "RST_STREAM on stream 0": (lambda c: raw(3, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "RST_STREAM on an idle stream": (lambda c: raw(3, 0, IDLE, bytes(4)), PROTOCOL_ERROR),
    "RST_STREAM of 3 bytes": (lambda c: raw(3, 0, OPEN, bytes(3)), FRAME_SIZE_ERROR),
    "SETTINGS on a stream": (lambda c: raw(4, 0, OPEN, b""), PROTOCOL_ERROR),
    "SETTINGS of 5 bytes": (lambda c: raw(4, 0, 0, bytes(5)), FRAME_SIZE_ERROR),
    "an acknowledgement with content": (lambda c: raw(4, 1, 0, bytes(6)), FRAME_SIZE_ERROR),
    "a window of 2 GiB in SETTINGS": (lambda c: raw(4, 0, 0, b"\0\4\x80\0\0\0"), FLOW_CONTROL_ERROR),
    "frames of 100 bytes in SETTINGS": (lambda c: raw(4, 0, 0, b"\0\5\0\0\0\x64"), PROTOCOL_ERROR),
    "ENABLE_PUSH 2": (lambda c: raw(4, 0, 0, b"\0\2\0\0\0\2"), PROTOCOL_ERROR),
    "PUSH_PROMISE": (lambda c: raw(5, 4, OPEN, b"\0\0\0\2" + whole(c)), PROTOCOL_ERROR),
    "PING of 7 bytes": (lambda c: raw(6, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    "PING on a stream": (lambda c: raw(6, 0, OPEN, bytes(8)), PROTOCOL_ERROR),
    "GOAWAY on a stream": (lambda c: raw(7, 0, OPEN, bytes(8)), PROTOCOL_ERROR),
    "GOAWAY of 7 bytes": (lambda c: raw(7, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    "WINDOW_UPDATE by 0 on a stream": (lambda c: raw(8, 0, OPEN, bytes(4)), PROTOCOL_ERROR),
    "WINDOW_UPDATE by 0": (lambda c: raw(8, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "WINDOW_UPDATE of 3 bytes": (lambda c: raw(8, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
    "WINDOW_UPDATE on an idle stream": (lambda c: raw(8, 0, IDLE, b"\0\0\0\1"), PROTOCOL_ERROR),
    "a window beyond 2 GiB": (lambda c: raw(8, 0, 0, b"\x7f\xff\xff\xff") * 2, FLOW_CONTROL_ERROR),
}


def test_what_ends_a_connection(place):
    problems = []
    for name, (make, codes) in FATAL.items():
        client = place.client()
        client.get(path="/page", scheme="http")
        post(client, "/app/never")
        try:
            client.send(make(client))
            client.receive_all()
        except OSError:
            pass  # it was shown the door before the end of it
        except AssertionError as silence:
            problems.append(f"{name}: {silence}")
            continue
        code = client.goaway and client.goaway.error_code
        if code not in (codes if isinstance(codes, tuple) else (codes,)):
            problems.append(f"{name}: {code}")
        client.close()
    assert not problems, "\n".join(problems)
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")


# What ends one stream at most: the frames, and what may come of stream 3. The connection goes on.

HARMLESS = {
    "PRIORITY on itself": lambda c: PriorityFrame(OPEN, depends_on=OPEN, stream_weight=1).serialize(),
    "PRIORITY of an idle stream": lambda c: PriorityFrame(IDLE, depends_on=0, stream_weight=1).serialize(),
    "PRIORITY on what does not exist": lambda c: PriorityFrame(OPEN, depends_on=IDLE, exclusive=True).serialize(),
    "RST_STREAM again": lambda c: RstStreamFrame(CLOSED).serialize() * 2,
    "WINDOW_UPDATE of a closed stream": lambda c: WindowUpdateFrame(CLOSED, window_increment=5).serialize(),
    "a stream's window beyond 2 GiB": lambda c: raw(8, 0, OPEN, b"\x7f\xff\xff\xff") * 2,
    "DATA on a closed stream": lambda c: raw(0, 0, CLOSED, b"late"),
    "an unknown frame": lambda c: raw(0x42, 0xff, OPEN, b"what"),
    "an unknown setting": lambda c: raw(4, 0, 0, b"\xff\xff\0\0\0\1"),
    "PRIORITY_UPDATE": lambda c: raw(16, 0, 0, b"\0\0\0\3u=1"),
    "padding only": lambda c: raw(0, 8, OPEN, b"\x05" + bytes(5)),
    "a table of nothing": lambda c: raw(4, 0, 0, b"\0\1\0\0\0\0") + raw(4, 0, 0, b"\0\1\xff\xff\xff\xff"),
    "windows up and down": lambda c: b"".join(
        SettingsFrame(0, settings={INITIAL_WINDOW: size}).serialize() for size in (0, 2**31 - 1, 1, 65535)),
    "a reset of the open stream": lambda c: RstStreamFrame(OPEN, error_code=8).serialize(),
    "a reset of it, and more for it": lambda c: RstStreamFrame(OPEN, error_code=8).serialize() + raw(0, 1, OPEN, b"x"),
    "a head in nine pieces": lambda c: _pieces(c, 9),
    "a head, its first piece empty": lambda c: raw(1, 1, 5, b"") + raw(9, 4, 5, whole(c)),
    "a bad head": lambda c: raw(1, 5, 5, c.encode([("x", "y")])),
}


def _pieces(client, count):
    block = whole(client)
    parts = [block[at : at + -(-len(block) // count)] for at in range(0, len(block), -(-len(block) // count))]
    frames = [HeadersFrame(5, parts[0], flags=["END_STREAM"]), *(ContinuationFrame(5, part) for part in parts[1:])]
    frames[-1].flags.add("END_HEADERS")
    return b"".join(frame.serialize() for frame in frames)


def test_what_does_not_end_a_connection(place):
    problems = []
    for name, make in HARMLESS.items():
        client = place.client()
        client.get(path="/page", scheme="http")
        post(client, "/app/never")
        client.send(make(client))
        client.next_stream()  # 5: some of the rows have used it
        try:
            served = serves(client)
        except AssertionError as problem:
            served = problem
        if served is not True:
            problems.append(f"{name}: {served}")
        client.close()
    assert not problems, "\n".join(problems)
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")


def test_streams_that_are_over(place):
    """RFC 9113 5.1: what comes behind END_STREAM is an error of the stream or of the connection."""
    for late in (lambda c, s: [c.data(s, b"late")], lambda c, s: [c.headers(s, [("x", "y")])]):
        client = place.client()
        stream = client.request(path="/app/never", scheme="http")
        client.send(*late(client, stream))
        client.receive_until(lambda c=client, s=stream: c.ended or c.stream(s).is_over() or c.goaway)
        code = client.goaway.error_code if client.goaway else client.stream(stream).reset
        assert code in (STREAM_CLOSED, PROTOCOL_ERROR)
        client.close()
    client = place.client()
    client.send(client.headers(5, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/page")]))
    client.response(5)
    client.send(client.headers(3, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/page")]))
    for _ in range(3):
        client.next_stream()
    assert serves(client) and not client.stream(3).heads  # it could have been open: RFC 9113 5.1.1


def test_more_than_the_windows(place):
    """While nobody reads: of a stream it ends that, of all of them together the connection."""
    client = place.client()
    assert serves(client)
    stream = post(client, "/later/x")
    client.send(*[client.data(stream, bytes(16384)) for _ in range(5)])
    assert client.response(stream).reset == FLOW_CONTROL_ERROR
    assert serves(client)
    with contextlib.suppress(OSError):
        for _ in range(40):
            stream = post(client, "/later/x")
            client.send(*[client.data(stream, bytes(16384)) for _ in range(4)])
    client.receive_all()
    assert client.goaway is None or client.goaway.error_code == FLOW_CONTROL_ERROR  # a reset may have overtaken it
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")


def test_windows_change_while_an_answer_flows(place):
    client = place.client(settings={INITIAL_WINDOW: 1000})
    client.opens_windows = False
    stream = client.request(path="/big", scheme="http")
    client.receive_until(lambda: len(client.stream(stream).body) == 1000)
    client.send(SettingsFrame(0, settings={INITIAL_WINDOW: 0}), WindowUpdateFrame(stream, window_increment=500))
    assert is_acknowledged(client)
    assert len(client.stream(stream).body) == 1000  # its window is 500 below zero
    client.send(WindowUpdateFrame(stream, window_increment=600))
    client.receive_until(lambda: len(client.stream(stream).body) == 1100)
    client.send(SettingsFrame(0, settings={INITIAL_WINDOW: 2**31 - 1 - len(BIG)}),
                WindowUpdateFrame(0, window_increment=2**30))
    assert client.response(stream).body == BIG


def is_acknowledged(client):
    """Our last SETTINGS are in force."""
    acknowledged = sum(isinstance(f, SettingsFrame) and "ACK" in f.flags for f in client.frames)
    client.receive_until(lambda: sum(isinstance(f, SettingsFrame) and "ACK" in f.flags for f in client.frames) > acknowledged)
    return True


@pytest.mark.parametrize("path", ["/big", "/packed/big", "/slow/big", "/app/never", "/ssi/in.html", "/may/never", "/whole/x",
                                  "/small/x", "/no/x", "/app/tunnel", "/app/count"])
def test_reset_at_every_moment(place, path):
    """Nothing is left of a stream that its client gives up: after its head, in its body, in its answer."""
    client = place.client(settings={INITIAL_WINDOW: 3000})
    client.opens_windows = False
    for moment in range(8):
        first, second = post(client, path), client.request(path=path, scheme="http")
        for stream in (first, second):
            if moment & 1:
                client.send(*([client.data(first, bytes(16000))] if stream == first else []))
            if moment & 2:
                client.receive_until(lambda s=stream: client.stream(s).heads or path.endswith(("never", "/x", "count", "tunnel")))
            if moment & 4:
                assert serves(client)
            client.send(RstStreamFrame(stream, error_code=moment))
    assert serves(client)
    client.close()
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")


@pytest.mark.parametrize("path", ["/app/tunnel", "/app/never", "/app/page", "/page", "/no/x", "/may/tunnel", "/ssi/in.html"])
def test_tunnel_is_given_up_at_every_moment(place, path):
    client = place.client()
    for way in ("reset", "end", "data and reset", "data and end"):
        for waits in (False, True):
            stream = websocket(client, path)
            if waits and "never" not in path:
                client.receive_until(lambda s=stream: client.stream(s).heads)
            if "data" in way:
                client.send(client.data(stream, b"x" * 5000))
            client.send(RstStreamFrame(stream) if "reset" in way else client.data(stream, b"", end=True))
            assert serves(client)
    client.close()
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 1 << 20, (1 << 20) + 1, 3_000_000])
@pytest.mark.parametrize("path", ["/app/count", "/whole/count", "/may/count"])
def test_uploads_around_the_edges_of_windows(place, size, path):
    client = place.client()
    for fields in ([], [("content-length", str(size))]):
        stream = post(client, path, *fields)
        client.send_body(stream, bytes(size))
        assert client.response(stream).body == b"%d bytes" % size


@pytest.mark.parametrize("path, status, body", [("/small/x", 413, b"hello"), ("/no/x", 403, b"hello"),
                                                ("/none", 404, None), ("/big", 405, None)])
def test_bodies_that_nobody_reads(place, path, status, body):
    """The page comes, the stream ends without an error, and the window of the connection is given back."""
    client = place.client()
    for _ in range(60):  # more than the connection's window, were it lost
        stream = post(client, path, ("content-length", "65536"))
        client.send_body(stream, bytes(65536))
        response = client.response(stream)
        assert response.heads, response.reset
        assert (response.status, response.reset in (None, NO_ERROR)) == (status, True)
        assert body is None or response.body == body
    assert serves(client)


def test_filters_beside_one_another(place):
    """Packed, paced, put together and asked for: all on one connection, whatever is reset between."""
    client = place.client()
    fields = [("accept-encoding", "gzip")]
    streams = {path: [client.request(*fields, path=path, scheme="http") for _ in range(3)]
               for path in ("/slow/page", "/packed/big", "/ssi/in.html", "/may/page", "/no/x", "/big", "/slow/big")}
    for victims in streams.values():
        client.send(RstStreamFrame(victims[1], error_code=8))
    for path, (first, _, last) in streams.items():
        for stream in (first, last):
            response = client.response(stream)
            assert response.ended and response.status == (403 if path == "/no/x" else 200), path
    assert client.stream(streams["/slow/big"][0]).body == BIG


def test_goodbye_with_streams_open(place):
    """After the client's GOAWAY what was asked is answered, then the connection ends."""
    client = place.client()
    streams = [client.request(path=path, scheme="http") for path in ("/slow/big", "/app/page", "/ssi/in.html")]
    client.send(GoAwayFrame(0, last_stream_id=0, error_code=0))
    for stream in streams:
        assert client.response(stream).ended
    client.receive_all()
    assert client.ended


def test_interim_and_late_frames_for_a_client_that_left(place):
    """A client that vanishes in the middle of everything at once."""
    for _ in range(5):
        client = place.client(settings={INITIAL_WINDOW: 100})
        for path in ("/slow/big", "/packed/big", "/ssi/in.html", "/may/never", "/app/never", "/whole/x"):
            post(client, path, ("expect", "100-continue"))
            client.request(path=path, scheme="http")
        websocket(client)
        client.send(DataFrame(1, b"x" * 100))
        client.peer.reset()
    place.must_be_well()
    wait_until(lambda: place.backend.serving == 0, "no backend is left waiting")
