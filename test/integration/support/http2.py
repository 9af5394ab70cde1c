"""A client of HTTP/2 that says exactly what a test tells it to, right or wrong: frames by hyperframe,
fields by hpack, and no opinion of its own."""

import re

import hpack
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame,
                              RstStreamFrame, SettingsFrame, WindowUpdateFrame)

from .wire import client_tls, connect

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 7, 8, 9, 11


class Response:
    """What came on one stream."""

    def __init__(self):
        self.heads = []  # interim ones, the final one, trailers
        self.body = b""
        self.ended = False
        self.reset = None  # the code of RST_STREAM

    @property
    def fields(self):
        """Of the last head, in order."""
        return self.heads[-1]

    def field(self, name):
        values = [value for key, value in self.fields if key == name]
        return ", ".join(values) if values else None

    @property
    def status(self):
        return int(self.field(":status"))

    def is_over(self):
        return self.ended or self.reset is not None


class Http2Client:
    """One connection. Everything received is acknowledged and sorted into `streams`; `goaway` is the
    last GOAWAY, `ended` the end of the connection."""

    def __init__(self, port, tls=False, name="localhost", settings=None, hello=True, **options):
        context = None
        if tls:
            context = client_tls()
            context.set_alpn_protocols(["h2"])
        self.peer = connect(port, tls=context, name=name, **options)
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.streams = {}
        self.server_settings = {}
        self.frames = []
        self.pings = []
        self.goaway = None
        self.ended = False
        self.opens_windows = True
        self._next_stream = 1
        self._sent = {}  # bytes of bodies, by stream; 0: of all
        if hello:
            self.peer.send(PREFACE)
            self.send(SettingsFrame(0, settings=settings or {}))

    # Sending

    def send(self, *frames):
        self.peer.send(b"".join(frame.serialize() if isinstance(frame, Frame) else frame for frame in frames))

    def next_stream(self):
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        return stream

    def encode(self, fields):
        """As a block of literals that are not indexed, whatever the bytes."""
        return b"".join(
            b"\0" + _string(name) + _string(value) for name, value in ((_bytes(n), _bytes(v)) for n, v in fields))

    def headers(self, stream, fields, end=True):
        return HeadersFrame(stream, self.encode(fields), flags=["END_HEADERS"] + ["END_STREAM"] * end)

    def head(self, stream, fields, end=True):
        """The same in frames of the size that everybody takes (RFC 9113 4.2)."""
        block = self.encode(fields)
        first, *rest = [block[at : at + 16384] for at in range(0, len(block), 16384)] or [b""]
        frames = [HeadersFrame(stream, first, flags=["END_STREAM"] * end),
                  *(ContinuationFrame(stream, part) for part in rest)]
        frames[-1].flags.add("END_HEADERS")
        return frames

    def data(self, stream, data, end=False, **options):
        return DataFrame(stream, data, flags=["END_STREAM"] * end, **options)

    def send_body(self, stream, body):
        """A first upload, as the windows open; what nobody wants any more stays here."""
        sent, response = 0, self.stream(stream)
        while True:
            self.receive_until(lambda: self._room(stream) > 0 or response.is_over() or not body)
            if response.is_over():
                return
            part = body[sent : sent + min(16384, self._room(stream))]
            sent += len(part)
            self._sent[0] = self._sent.get(0, 0) + len(part)
            self._sent[stream] = self._sent.get(stream, 0) + len(part)
            try:
                self.send(self.data(stream, part, end=sent == len(body)))
            except OSError:
                return  # it has answered and closed: the answer is still to be read
            if sent == len(body):
                return

    def _room(self, stream):
        """How many bytes the windows let a body send now, if no other was sent than by send_body."""
        initial = {0: 65535, stream: self.server_settings.get(SettingsFrame.INITIAL_WINDOW_SIZE, 0)}  # said before any
        return min(initial[number] - self._sent.get(number, 0) +
                   sum(f.window_increment for f in self.frames if isinstance(f, WindowUpdateFrame) and f.stream_id == number)
                   for number in (0, stream))

    def request(self, *fields, path="/", method="GET", authority="localhost", scheme="https", end=True):
        """Sends an ordinary head with more fields; returns the stream."""
        stream = self.next_stream()
        pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
        self.send(self.headers(stream, [*pseudo, *fields], end))
        return stream

    def get(self, *fields, **options):
        """The response to an ordinary request."""
        return self.response(self.request(*fields, **options))

    # Receiving

    def stream(self, number):
        return self.streams.setdefault(number, Response())

    def response(self, number):
        """Waits for the end of a stream."""
        self.receive_until(lambda: self.stream(number).is_over())
        return self.stream(number)

    def receive_until(self, condition):
        while not condition():
            if not self.receive():
                if condition():
                    return
                raise AssertionError(f"the connection has ended; GOAWAY: {self.goaway}, streams: "
                                     f"{ {n: (s.heads, s.reset) for n, s in self.streams.items()} }")

    def receive_all(self):
        """Everything until the end of the connection."""
        try:
            while self.receive():
                pass
        except OSError:
            self.ended = True

    def receive(self):
        """One frame; False at the end of the connection."""
        if self.ended or not self._need(9):
            return False
        frame, length = Frame.parse_frame_header(memoryview(self.peer.input[:9]))
        if not self._need(9 + length):
            return False
        frame.parse_body(memoryview(self.peer.input[9 : 9 + length]))
        self.peer.input = self.peer.input[9 + length :]
        self._take(frame, length)
        return True

    def _need(self, count):
        while len(self.peer.input) < count:
            if not self.peer._receive():  # pylint: disable=protected-access
                self.ended = True
                return False
        return True

    def _take(self, frame, length):
        self.frames.append(frame)
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.server_settings.update(frame.settings)
            self.send(SettingsFrame(0, flags=["ACK"]))
        elif isinstance(frame, PingFrame):
            self.pings.append(frame)
        elif isinstance(frame, GoAwayFrame):
            self.goaway = frame
        elif isinstance(frame, RstStreamFrame):
            self.stream(frame.stream_id).reset = frame.error_code
        elif isinstance(frame, (HeadersFrame, ContinuationFrame)):
            assert "END_HEADERS" in frame.flags
            fields = [(name.decode("latin-1"), value.decode("latin-1"))
                      for name, value in self.decoder.decode(frame.data, raw=True)]
            self.stream(frame.stream_id).heads.append(fields)
        elif isinstance(frame, DataFrame):
            self.stream(frame.stream_id).body += frame.data
            if length and self.opens_windows:
                self._open_windows(frame, length)
        if isinstance(frame, (HeadersFrame, DataFrame)) and "END_STREAM" in frame.flags:
            self.stream(frame.stream_id).ended = True

    def _open_windows(self, frame, length):
        try:
            self.send(WindowUpdateFrame(0, window_increment=length))
            if "END_STREAM" not in frame.flags:
                self.send(WindowUpdateFrame(frame.stream_id, window_increment=length))
        except OSError:
            pass  # that was the end: there may be more to read

    def close(self):
        self.peer.close()


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def _string(data):
    """A string literal without Huffman code (RFC 7541 5.2)."""
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, out = len(data) - 127, bytearray([127])
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    out.append(rest)
    return bytes(out) + data


def without_chunks(body):
    """A body of HTTP/1 as it would be in HTTP/2; None if it is not chunked as it should be."""
    whole = b""
    while True:
        match = re.match(rb"([0-9a-f]+)\r\n", body)
        if not match:
            return None
        size = int(match[1], 16)
        data, body = body[match.end() : match.end() + size], body[match.end() + size :]
        if size == 0:
            return whole if body == b"\r\n" else None
        if len(data) != size or not body.startswith(b"\r\n"):
            return None
        whole += data
        body = body[2:]
