"""What clients of HTTP/2 can do for free, too often: GOAWAY ENHANCE_YOUR_CALM, at little memory and CPU, and
everybody else is served on."""

import pathlib
import struct

import pytest
from hyperframe.frame import (DataFrame, HeadersFrame, PingFrame, PriorityFrame, RstStreamFrame, SettingsFrame,
                              WindowUpdateFrame)
from support.frontd import is_sanitized
from support.http2 import ENHANCE_YOUR_CALM, Http2Client
from support.wait import wait_until

CONFIG = """
worker_processes 1;
http {
    access_log off;
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:@http@ http2;
        root @home@/www;
        send_timeout @send@;
        location /app { proxy_pass http://@backend@; client_max_body_size 0; }
    }
}
"""

MEMORY_MAX = 24 << 20  # what one connection may make a worker larger by


@pytest.fixture(name="site")
def _site(frontd_files, scripted_backend):
    backend = scripted_backend(lambda peer: peer.socket.recv(1 << 20) and peer.socket.recv(1))
    instance = frontd_files(CONFIG, backend=backend.address, send="60s")
    instance.file("www/page", b"x" * 1024)
    instance.file("www/big", b"x" * 20_000_000)
    return instance.start()


def memory_of(instance):
    status = pathlib.Path(f"/proc/{instance.workers()[0]}/status").read_text("ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))


def cpu_of(instance):
    fields = pathlib.Path(f"/proc/{instance.workers()[0]}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def head(client, stream, path="/page", end=True):
    return client.headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)], end)


def odd(count, start=1):
    return range(start, start + 2 * count, 2)


def rapid_reset(client):
    for stream in odd(5000):
        yield head(client, stream, "/app").serialize() + RstStreamFrame(stream, error_code=8).serialize()


def resets_by_us(client):
    """The client makes the server reset its streams (CVE-2025-8671)."""
    for stream in odd(5000):
        yield head(client, stream, "/app", end=False).serialize() \
            + WindowUpdateFrame(stream, window_increment=2**31 - 1).serialize()


def bodies_too_long(client):
    """The same by content-length."""
    pseudo = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/app")]
    for stream in odd(5000):
        yield client.headers(stream, [*pseudo, ("content-length", "1")], end=False).serialize() \
            + DataFrame(stream, b"ab").serialize()


def malformed(client):
    for stream in odd(5000):
        yield client.headers(stream, [(":method", "GET")]).serialize()


def pings(_client):
    for number in range(20000):
        yield PingFrame(0, struct.pack(">Q", number)).serialize()


def settings(_client):
    for number in range(20000):
        yield SettingsFrame(0, settings={4: 65535 + number % 100}).serialize()


def empty_settings(_client):
    for _ in range(20000):
        yield SettingsFrame(0).serialize()


def empty_data(client):
    yield head(client, 1, "/app", end=False).serialize()
    for _ in range(20000):
        yield DataFrame(1, b"").serialize()


def padding_only(client):
    yield head(client, 1, "/app", end=False).serialize()
    for _ in range(2000):
        frame = DataFrame(1, b"", flags=["PADDED"])
        frame.pad_length = 9
        yield frame.serialize()


def priorities(_client):
    for number in range(50000):
        yield PriorityFrame(1 + 2 * (number % 1000), depends_on=0, stream_weight=5).serialize()


def unknown_frames(_client):
    for _ in range(50000):
        yield b"\0\0\0\xee\0\0\0\0\0"


def window_updates(_client):
    for _ in range(50000):
        yield WindowUpdateFrame(0, window_increment=1).serialize()


def continuations(client):
    yield HeadersFrame(1, client.encode([(":method", "GET")])).serialize()
    for _ in range(20000):
        yield b"\0\0\1\x09\0\0\0\0\1\x84"


def empty_continuations(client):
    yield HeadersFrame(1, client.encode([(":method", "GET")])).serialize()
    for _ in range(20000):
        yield b"\0\0\0\x09\0\0\0\0\1"


def hpack_bomb(client):
    """4 KB put into the table once, and then named 15,000 times by a byte each."""
    value = b"v" * 3900
    block = b"\x40\1a" + b"\x7f" + _integer(len(value) - 127) + value + b"\xbe" * 12000
    yield HeadersFrame(1, block, flags=["END_HEADERS"]).serialize()
    for stream in odd(20, 3):
        yield HeadersFrame(stream, b"\xbe" * 16000, flags=["END_HEADERS"]).serialize()


def _integer(rest):
    out = bytearray()
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes([*out, rest])


FLOODS = [rapid_reset, resets_by_us, bodies_too_long, malformed, pings, settings, empty_settings, empty_data, padding_only,
          priorities, unknown_frames, window_updates, continuations, empty_continuations, hpack_bomb]


def send_all(client, frames):
    """True if the other end stopped taking them before the end."""
    batch = b""
    for frame in frames:
        batch += frame
        if len(batch) > 16000:
            try:
                client.peer.send(batch)
            except OSError:
                return True
            batch = b""
    try:
        client.peer.send(batch)
    except OSError:
        return True
    return False


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
def test_floods_end_with_a_word(site, flood):
    neighbour = Http2Client(site.port("http"))
    assert neighbour.get(path="/page").status == 200
    before, cpu = memory_of(site), cpu_of(site)
    client = Http2Client(site.port("http"))
    stopped = send_all(client, flood(client))
    client.receive_all()
    if client.goaway is None:  # it was lost behind the reset that our unread bytes caused
        assert stopped
    else:
        assert client.goaway.error_code == ENHANCE_YOUR_CALM
    site.wait_for_log(r"client floods: too many ")
    assert neighbour.get(path="/page").status == 200
    assert cpu_of(site) - cpu < 2
    if not is_sanitized():
        assert memory_of(site) - before < MEMORY_MAX


def test_slow_flood_is_seen_as_well(site):
    """One frame at a time, each waited for: GOAWAY is always read."""
    client = Http2Client(site.port("http"))
    for number in range(200):
        client.send(PingFrame(0, struct.pack(">Q", number)))
        seen = number + 1
        client.receive_until(lambda seen=seen: len(client.pings) == seen or client.goaway or client.ended)
        if client.goaway:
            break
    assert client.goaway.error_code == ENHANCE_YOUR_CALM
    assert 50 < len(client.pings) <= 100


def test_ordinary_traffic_is_no_flood(site):
    """A download in small steps of the window, with pings in between and a few cancelled requests."""
    client = Http2Client(site.port("http"))
    client.request(path="/big")
    for stream in range(50):
        client.send(PingFrame(0, struct.pack(">Q", stream)))
        cancelled = client.request(path="/app")
        client.send(RstStreamFrame(cancelled, error_code=8))
    assert len(client.response(1).body) == 20_000_000


def test_reader_that_stands_still(frontd_files, scripted_backend):
    """Windows of one byte, or none, for a hundred large answers: little is kept, and not for long."""
    backend = scripted_backend(lambda peer: peer.socket.recv(1 << 20) and peer.socket.recv(1))
    instance = frontd_files(CONFIG, backend=backend.address, send="1s")
    instance.file("www/big", b"x" * 20_000_000)
    instance.start()
    before = memory_of(instance)
    for window in (0, 1):
        client = Http2Client(instance.port("http"), settings={4: window})
        client.opens_windows = False
        client.send(*[head(client, stream, "/big") for stream in odd(100)])
        client.receive_until(lambda client=client: all(client.stream(s).reset == 8 for s in odd(100)))
        assert sum(len(client.stream(s).body) for s in odd(100)) == 100 * window
        client.close()
    if not is_sanitized():
        assert memory_of(instance) - before < MEMORY_MAX


def test_socket_that_is_not_read(frontd_files, scripted_backend):
    """Windows wide open, and nobody reads: the connection ends after send_timeout."""
    backend = scripted_backend(lambda peer: peer.socket.recv(1 << 20) and peer.socket.recv(1))
    instance = frontd_files(CONFIG, backend=backend.address, send="1s")
    instance.file("www/big", b"x" * 20_000_000)
    instance.start()
    before = memory_of(instance)
    client = Http2Client(instance.port("http"), settings={4: 2**31 - 1})
    client.send(WindowUpdateFrame(0, window_increment=2**31 - 65536))
    client.send(*[head(client, stream, "/big") for stream in odd(100)])
    instance.wait_for_log("client stopped sending or reading")
    if not is_sanitized():
        assert memory_of(instance) - before < MEMORY_MAX
    wait_until(lambda: Http2Client(instance.port("http")).get(path="/none").status == 404, "others are served")
