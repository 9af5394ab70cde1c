"""Frames in any order, right and wrong, cut anywhere: the worker lives, leaks nothing (a sanitizer looks on), and
serves the next client. Each connection's seed is its number."""

import random
import threading

from hyperframe.frame import (DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame, RstStreamFrame,
                              SettingsFrame, WindowUpdateFrame)
from support.backends import ok
from support.http2 import Http2Client

CONFIG = """
worker_processes 1;
http {
    access_log logs/access.log;
    gzip on;
    gzip_types text/plain;
    server {
        listen 127.0.0.1:@http@ http2;
        listen 127.0.0.1:@tls@ ssl http2;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        root @home@/www;
        client_max_body_size 100k;
        send_timeout 1s;
        client_body_timeout 1s;
        location /app { proxy_pass http://@backend@; }
        location /closed { return 444; }
    }
}
"""

CONNECTIONS, STEPS = 240, 40

PATHS = ["/page", "/big", "/none", "/app", "/app/slow", "/app/cut", "/app/tunnel", "/closed", "*", "/..", "x"]
FIELDS = [[], [("accept-encoding", "gzip")], [("range", "bytes=0-9,20-29,1000-2000")], [("expect", "100-continue")],
          [("content-length", "10")], [("connection", "close")], [("cookie", "a"), ("cookie", "b")],
          [("priority", "u=0, i")], [("x", "y" * 3000)]]


class Mess:
    """One client's steps."""

    def __init__(self, seed, instance):
        self.random = random.Random(seed)
        self.client = Http2Client(instance.port("tls" if seed % 3 == 0 else "http"), tls=seed % 3 == 0, timeout=20,
                                  settings={4: self.random.choice([0, 1, 1000, 65535, 2**31 - 1])})
        self.last = -1

    def stream(self):
        """One that was opened; rarely one that was not, which is the end of the connection."""
        if self.random.randrange(50) == 0:
            return self.random.choice([2, self.last + 2])
        return self.random.randrange(max(1, self.last - 8), self.last + 1, 2)

    def request(self):
        self.last += 2
        pick = self.random.choice
        method, more = pick([("GET", []), ("GET", []), ("POST", []), ("HEAD", []),
                             ("CONNECT", [(":protocol", "websocket")])])
        fields = [(":method", method), *more, (":scheme", "http"), (":authority", "a"), (":path", pick(PATHS))]
        return self.client.headers(self.last, fields + pick(FIELDS), end=pick([True, False, method != "CONNECT"]))

    def step(self):
        """The bytes of one frame, or of what is nearly one."""
        pick, number = self.random.choice, self.random.randrange
        fatal = [
            lambda: HeadersFrame(self.stream(), bytes(number(256) for _ in range(20)), flags=["END_HEADERS"]),
            lambda: GoAwayFrame(0, 0, 0),
            lambda: DataFrame(self.stream(), bytes(16384), flags=[]),
        ]
        usual = [
            self.request, self.request, self.request,
            lambda: DataFrame(self.stream(), bytes(number(6000)), flags=pick([[], ["END_STREAM"]])),
            lambda: DataFrame(self.stream(), bytes(10), flags=pick([[], ["END_STREAM"]])),
            lambda: self.client.headers(self.stream(), pick([[("x", "y")], [(":path", "/")]]), end=pick([True, False])),
            lambda: RstStreamFrame(self.stream(), error_code=8),
            lambda: WindowUpdateFrame(pick([0, self.stream()]), window_increment=pick([1, 70000, 2**24])),
            lambda: PingFrame(0, bytes(8)),
            lambda: SettingsFrame(0, settings={4: pick([0, 10, 100000])}),
            lambda: SettingsFrame(0, settings={1: pick([0, 100, 4096])}),
            lambda: PriorityFrame(self.stream(), depends_on=0, stream_weight=1),
        ]
        frame = (self.request if self.last < 1 else pick(fatal if number(50) == 0 else usual))()
        data = frame.serialize()
        if number(100) == 0:
            return data[: number(len(data))]
        return data

    def run(self):
        try:
            for _ in range(STEPS):
                self.client.peer.send(b"".join(self.step() for _ in range(self.random.randrange(1, 6))))
                if self.random.randrange(4) == 0:
                    self.client.peer.socket.settimeout(0.005)
                    self.client.peer._receive()  # pylint: disable=protected-access
        except (OSError, AssertionError):
            pass  # it was shown the door, or nothing came
        if self.random.randrange(2):
            self.client.peer.reset()
        else:
            self.client.close()


def serve(peer):
    """A backend of moods, by the request's path."""
    try:
        while head := peer.read_until(b"\r\n\r\n"):
            if b" /app/tunnel " in head and b"Upgrade" in head:
                peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi")
                while data := peer.socket.recv(65536):
                    peer.send(data)
                return
            if b" /app/cut " in head:
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
                return
            if b"POST" in head or b" /app/slow " in head:
                peer.socket.settimeout(0.2)
                peer.socket.recv(1000)
                peer.send(ok(b"x" * 200_000, "Content-Type: text/plain", "Connection: close"))
                return
            peer.send(ok(b"" if b"HEAD" in head else b"hello"))
    except (OSError, AssertionError):
        pass


def test_any_mess_leaves_a_worker_that_serves(frontd_files, scripted_backend):
    instance = frontd_files(CONFIG, backend=scripted_backend(serve).address)
    instance.file("www/page", b"x" * 1024)
    instance.file("www/big", b"x" * 3_000_000)
    instance.start()
    workers = instance.workers()
    numbers = iter(range(CONNECTIONS))
    lock = threading.Lock()

    def run():
        while True:
            with lock:
                seed = next(numbers, None)
            if seed is None:
                return
            Mess(seed, instance).run()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert instance.workers() == workers
    assert Http2Client(instance.port("http")).get(path="/page").body == b"x" * 1024
    assert len(instance.log_lines("access.log")) > CONNECTIONS  # requests were made
