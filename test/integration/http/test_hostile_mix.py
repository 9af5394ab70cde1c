"""Clients and backends that vanish, stall and talk nonsense while several parts of a request are pending at
once: includes, auth_request, error_page, next_upstream, gzip, limits. Afterwards nothing may be left over."""

import base64
import itertools
import os
import re
import threading
import time

import pytest
from hyperframe.frame import RstStreamFrame, SettingsFrame
from support.backends import ok
from support.http2 import CANCEL, Http2Client
from support.wait import wait_until
from support.wire import connect as dial

CONFIG = """
worker_processes 1;
http {
    types { text/html html; }
    limit_req_zone $arg_key zone=slowly:1m rate=1r/s;
    limit_conn_zone $binary_remote_addr zone=few:1m;
    proxy_read_timeout 2s;
    proxy_connect_timeout 2s;
    proxy_send_timeout 2s;
    send_timeout 2s;
    upstream pair { server @backend@; server @good@; }
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@tls@ ssl http2;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        root @home@/site;
        client_max_body_size 0;
        proxy_intercept_errors on;
        location /plain/ { proxy_pass http://@backend@/; }
        location /gzip/ { gzip on; gzip_min_length 1; gzip_types *; proxy_pass http://@backend@/; }
        location /page/ { ssi on; ssi_types *; gzip on; gzip_min_length 1; gzip_types *; limit_rate 200k;
                          proxy_pass http://@backend@/; }
        location /ssi/ { ssi on; gzip on; gzip_min_length 1; }
        location /may/ { auth_request /question; proxy_pass http://@good@/; }
        location = /question { internal; proxy_pass http://@backend@/$http_x_how; }
        location /page-of/ { error_page 413 500 502 504 /plain/again; proxy_pass http://@backend@/; }
        location /other/ { error_page 413 500 502 504 = @good; proxy_pass http://@backend@/; }
        location /asked/ { error_page 413 500 502 504 = @asked; proxy_pass http://@backend@/; }
        location /round/ { recursive_error_pages on; error_page 404 413 500 502 504 /round/$arg_how;
                           proxy_pass http://@backend@/; }
        location /next/ { proxy_next_upstream error timeout invalid_header http_500 non_idempotent;
                          proxy_pass http://pair/; }
        location /whole/ { proxy_request_buffering on; error_page 413 500 502 504 = @good;
                           proxy_pass http://@backend@/; }
        location /secret/ { proxy_pass https://@backend@/; }
        location /later/ { limit_req zone=slowly burst=100; proxy_pass http://@backend@/; }
        location /password/ { auth_basic x; auth_basic_user_file @home@/users; auth_cache 0s; error_page 401 /plain/no;
                              proxy_pass http://@backend@/; }
        location /ignoring/ { proxy_ignore_client_abort on; proxy_pass http://@backend@/; }
        location /few/ { limit_conn few 3; error_page 502 504 = @good; proxy_pass http://@backend@/; }
        location /ranges/ { limit_rate @rate@; limit_rate_after @after@; }
        location @good { proxy_pass http://@good@; }
        location @asked { auth_request /plain/slowly; proxy_pass http://@good@; }
    }
}
"""

STAGES = ["plain", "gzip", "page", "may", "page-of", "other", "asked", "round", "next", "whole", "secret", "later", "ignoring"]
HOWS = ["ok", "silent", "vanish", "garbage", "pieces", "short", "endless", "stall", "upgrade", "early", "jump",
        "includes", "many-interim", "error"]


# "right", by a hash that takes a while.
HASH = ("$6$rounds=100000$YKo1xl/tfAkI0lzr$2wjQEBPO/iUuLBcz.4X8LyAIfx2h.yInc9dQ"
        "HPq5GcrLnvqSiEs/X3pOoSrxdmzTU.FchW/1kpk1TtwPT/zUO1")


class Hostile:
    """A backend's connection, by the last word of the path."""

    def __init__(self):
        self.over = threading.Event()

    def serve(self, peer):
        try:
            words = peer.read_until(b"\r\n\r\n").split()[1].split(b"?")[0].rsplit(b"/", 1)[-1].decode()
        except (AssertionError, ValueError):
            return  # nothing came, or TLS
        getattr(self, "do_" + words.removesuffix(".html").replace("-", "_"), self.do_ok)(peer)

    def do_ok(self, peer):
        peer.send(ok(b"fine" * 100, "Connection: close", "Content-Type: text/html"))

    def do_silent(self, peer):
        del peer
        self.over.wait(10)

    def do_slowly(self, peer):
        self.over.wait(0.5)
        self.do_ok(peer)

    def do_vanish(self, peer):
        peer.reset()

    def do_garbage(self, peer):
        peer.send(b"\0\1\2 what is this\r\n\r\n" * 20)

    def do_pieces(self, peer):
        peer.send_slowly(ok(b"in pieces", "Connection: close"), 3, 0.002)

    def do_short(self, peer):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nonly this")

    def do_endless(self, peer):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
        while not self.over.wait(0.01):
            peer.send(os.urandom(20_000))

    def do_stall(self, peer):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        self.over.wait(10)

    def do_upgrade(self, peer):
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes")

    def do_early(self, peer):
        peer.send(ok(b"too much", "Connection: close", status="413 Too Large"))

    def do_error(self, peer):
        peer.send(ok(b"no", "Connection: close", status="500 No"))

    def do_jump(self, peer):
        peer.send(ok(b"", "Connection: close", "X-Accel-Redirect: /ssi/silent.html"))

    def do_includes(self, peer):
        peer.send(ok(b'<!--#include virtual="/plain/endless" -->' * 3 + b'<!--#include virtual="/page/includes" -->',
                     "Connection: close", "Content-Type: text/html"))

    def do_many_interim(self, peer):
        peer.send(b"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" * 20)


class Good:
    """Answers with the method and the body's length, and keeps what came whole."""

    def __init__(self):
        self.requests = []

    def serve(self, peer):
        try:
            first = peer.read_until(b"\r\n\r\n").decode()
            length = re.search(r"(?i)content-length: (\d+)", first)
            chunked = "chunked" in first
            body = peer.read_chunked() if chunked else peer.read(int(length[1]) if length else 0)
        except AssertionError:
            return  # the client left
        method = first.split()[0]
        self.requests.append((method, body))
        peer.send(ok(f"{method} {len(body)}".encode(), "Connection: close", "Content-Type: text/plain"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Site:
    def __init__(self, frontd_files, scripted_backend, **values):
        self.hostile = Hostile()
        self.backend = scripted_backend(self.hostile.serve)
        self.good = Good()
        good = scripted_backend(self.good.serve)
        self.frontd = frontd_files(CONFIG, backend=self.backend.address, good=good.address,
                                   **{"rate": "0", "after": "0", **values})
        for how in HOWS:
            self.frontd.file(f"site/ssi/{how}.html", f'a<!--#include virtual="/plain/{how}" -->b' * 2)
        self.frontd.file("site/ssi/self.html", 'a<!--#include virtual="/ssi/self.html" -->b')
        self.frontd.file("site/ssi/large.html", os.urandom(3_000_000))
        self.frontd.file("users", f"user:{HASH}\n")
        self.frontd.start()
        assert self.ask("/plain/ok").status == 200
        self.worker, = self.frontd.workers()
        self.before = descriptors(self.worker)

    def ask(self, path, method="GET", body=b"", **fields):
        with dial(self.frontd.port("http"), timeout=20) as peer:
            peer.send(head(path, method, *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
                           *([f"Content-Length: {len(body)}"] if body else [])) + body)
            return peer.read_response(method)

    def is_as_before(self, worker=None):
        """All that was opened is closed, and the same worker still serves."""
        worker = worker or self.worker
        self.hostile.over.set()
        wait_until(lambda: descriptors(worker) <= self.before + 1,  # a file that is remembered
                   lambda: f"{self.before} before, now:\n" + "\n".join(
                       os.readlink(f"/proc/{worker}/fd/{fd}") for fd in os.listdir(f"/proc/{worker}/fd")), timeout=30)
        assert self.frontd.workers() == [worker]
        assert self.ask("/plain/ok").status == 200


@pytest.fixture(name="site")
def _site(frontd_files, scripted_backend):
    return Site(frontd_files, scripted_backend)


def head(path, method="GET", *fields, version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: x", "Accept-Encoding: gzip",
             f"X-How: {path.partition('how=')[2] or 'ok'}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def paths():
    made = [f"/{stage}/{how}?how={how}" for stage, how in itertools.product(STAGES, HOWS)]
    return made + [f"/ssi/{how}.html" for how in [*HOWS, "self", "large"]]


def bodies():
    """Without one, with one by length, chunked, and larger than every buffer."""
    yield "GET", (), b""
    yield "POST", ("Content-Length: 40",), b"b" * 30
    yield "POST", ("Transfer-Encoding: chunked",), b"5\r\nhello\r\n"
    yield "PUT", ("Content-Length: 3000000",), b"p" * 300_000


def leave(peer, how):
    try:
        if how == "half":
            peer.finish_sending()
        elif how == "reset":
            peer.reset()
        elif how == "close":
            peer.close()
    except OSError:
        pass


@pytest.mark.parametrize("how", ["reset", "half", "unread"])
@pytest.mark.parametrize("tls, after", [(False, 0.05), (False, 0.6), (True, 0.3)])
def test_clients_that_leave(site, how, after, tls):
    if tls and how == "half":
        how = "close"
    peers = []
    for path, (method, fields, body) in itertools.product(paths(), bodies()):
        peer = dial(site.frontd.port("tls" if tls else "http"), tls=tls, timeout=5)
        peers.append(peer)
        peer.socket.settimeout(0.01)
        try:
            peer.send(head(path, method, *fields) + body)
        except OSError:
            pass  # nobody takes all of it
        if len(peers) < 150:
            continue
        time.sleep(after)
        for each in peers:
            leave(each, how)
        if how in ("half", "unread"):
            time.sleep(0.3)
        for each in peers:
            each.close()
        peers = []
    for each in peers:
        leave(each, "reset")
    site.is_as_before()


@pytest.mark.parametrize("after", [0.0, 0.4])
def test_streams_that_are_reset(site, after):
    """Several on each connection: every other one is reset, then the connection goes."""
    for start in range(0, len(paths()), 20):
        client = Http2Client(site.frontd.port("tls"), tls=True)
        streams = []
        for number, path in enumerate(paths()[start : start + 20]):
            posts = number % 3 == 1
            fields = ("accept-encoding", "gzip"), ("x-how", path.partition("how=")[2] or "ok")
            streams.append(client.request(*fields, path=path, method="POST" if posts else "GET", end=not posts))
            if posts:
                client.send(client.data(streams[-1], b"some" * 500))
        time.sleep(after)
        client.send(*(RstStreamFrame(stream, error_code=CANCEL) for stream in streams[::2]))
        time.sleep(0.1)
        leave(client.peer, "reset")
    site.is_as_before()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("fields", [(), ("Range: bytes=1-3",), ("If-None-Match: *",)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_ends(site, version, fields, method):
    """Whatever the backend does short of being endless, the client gets an end within its deadlines."""
    endless = ("endless", "includes", "jump", "large")
    peers = []
    for path in paths():
        if not any(word in path for word in endless) and not path.startswith("/later/"):
            peers.append((path, dial(site.frontd.port("http"), timeout=30)))
            peers[-1][1].send(head(path, method, *fields, "Connection: close", version=version))
    for path, peer in peers:
        try:
            received = peer.read_to_end()
        except ConnectionResetError:
            continue  # a body without a length that was cut
        assert received.startswith(b"HTTP/1.1 "), path
        assert method != "HEAD" or received.endswith(b"\r\n\r\n"), path
        peer.close()
    site.is_as_before()


def test_auth_request_needs_no_body_of_the_answer(site):
    """Only the head decides (as in nginx): a backend that never comes to an end keeps nobody waiting."""
    for how in ("endless", "stall", "short"):
        assert site.ask(f"/may/x?how={how}").body == b"GET 0"
    site.is_as_before()


BODY = b"0123456789" * 20_000


@pytest.mark.parametrize("stage, how", [("other", "early"), ("other", "error"), ("asked", "error"), ("whole", "error"),
                                        ("next", "error"), ("may", "ok"), ("other", "garbage")])
def test_a_body_arrives_once_or_is_refused(site, stage, how):
    """By whatever way the request comes to the good backend: with all of its body, or not at all."""
    for pause in (0.0, 0.2):
        with dial(site.frontd.port("http"), timeout=20) as peer:
            peer.send(head(f"/{stage}/{how}?how={how}", "POST", f"Content-Length: {len(BODY)}"))
            time.sleep(pause)
            try:
                peer.send(BODY)
                status = peer.read_response("POST").status
            except (AssertionError, OSError):
                status = None  # refused, and cut while the body was still being sent
        assert status is None or status >= 400 or site.good.requests
    assert all(request == ("POST", BODY) for request in site.good.requests)
    if stage in ("may", "next"):
        assert len(site.good.requests) >= 1
    site.is_as_before()


def test_a_body_waits_for_whom_error_page_chose(site):
    """The first backend refuses before any byte of the body is here; it comes while the second one is asked for."""
    with dial(site.frontd.port("http"), timeout=20) as peer:
        peer.send(head("/asked/vanish", "POST", f"Content-Length: {len(BODY)}"))
        time.sleep(0.2)
        peer.send(BODY)
        assert peer.read_response("POST").body == f"POST {len(BODY)}".encode()
    assert site.good.requests == [("POST", BODY)]


@pytest.mark.parametrize("path", ["/asked/vanish", "/other/error", "/other/early", "/whole/error"])
@pytest.mark.parametrize("body", [BODY[:40_000], b""])
def test_bodies_of_streams(site, path, body):
    """The same over HTTP/2, and bodies that turn out to be empty."""
    client = Http2Client(site.frontd.port("tls"), tls=True, timeout=20)
    stream = client.request(path=path, method="POST", end=False)
    time.sleep(0.2)
    client.send(client.data(stream, body[:10_000]), client.data(stream, body[10_000:20_000]))
    client.send(client.data(stream, body[20_000:30_000]), client.data(stream, body[30_000:], end=True))
    response = client.response(stream)
    assert response.reset is not None or response.status >= 400 or site.good.requests
    assert all(request == ("POST", body) for request in site.good.requests)
    site.is_as_before()


@pytest.mark.parametrize("path", ["/asked/vanish", "/other/error", "/page-of/error", "/whole/error", "/may/x?how=ok"])
@pytest.mark.parametrize("pause", [0.0, 0.2])
def test_a_body_of_no_chunks(site, path, pause):
    with dial(site.frontd.port("http"), timeout=10) as peer:
        peer.send(head(path, "POST", "Transfer-Encoding: chunked"))
        time.sleep(pause)
        peer.send(b"0\r\n\r\n")
        peer.read_response("POST")
    site.is_as_before()


def test_clients_that_leave_while_a_password_is_hashed(site):
    for how in ("reset", "half", "close"):
        peers = [dial(site.frontd.port("http")) for _ in range(12)]
        for number, peer in enumerate(peers):
            word = base64.b64encode(f"user:{'right' if number % 2 else 'wrong'}".encode()).decode()
            peer.send(head("/password/silent", "GET", f"Authorization: Basic {word}"))
        time.sleep(0.02)
        for peer in peers:
            leave(peer, how)
        for peer in peers:
            peer.close()
    site.is_as_before()


def test_places_of_limit_conn_become_free(site):
    for how in ("silent", "stall", "endless", "vanish", "garbage", "short", "slowly"):
        peers = [dial(site.frontd.port("http")) for _ in range(6)]
        for peer in peers:
            peer.send(head(f"/few/{how}"))
        time.sleep(0.1)
        for number, peer in enumerate(peers):
            leave(peer, "reset" if number % 2 else "close")
    wait_until(lambda: site.ask("/few/ok").status == 200, "a place", timeout=20)
    peers = [dial(site.frontd.port("http")) for _ in range(4)]
    for peer in peers:
        peer.send(head("/few/slowly"))
    assert sorted(peer.read_response().status for peer in peers) == [200, 200, 200, 503]
    for peer in peers:
        peer.close()
    site.is_as_before()


@pytest.mark.parametrize("window", [0, 1000])
def test_streams_that_nobody_reads(site, window):
    """The windows stay shut: send_timeout ends what waits for them."""
    clients = []
    asked = [path for path in paths() if not path.startswith("/ignoring/")]  # reads endless answers to no end
    for start in range(0, len(asked), 20):
        client = Http2Client(site.frontd.port("tls"), tls=True, settings={SettingsFrame.INITIAL_WINDOW_SIZE: window})
        for path in asked[start : start + 20]:
            client.request(("accept-encoding", "gzip"), ("x-how", path.partition("how=")[2] or "ok"), path=path)
        clients.append(client)
    wait_until(lambda: descriptors(site.worker) <= site.before + 1 + len(clients), "backends to be let go", timeout=30)
    for client in clients:
        client.peer.close()
    site.is_as_before()


def test_a_slow_reader_of_parts_gets_each_once(frontd_files, scripted_backend):
    """The socket's buffer and limit_rate both have to be waited for at the end of the answer."""
    site = Site(frontd_files, scripted_backend, rate="300k", after="4500k")
    content = os.urandom(5_000_000)
    site.frontd.file("site/ranges/file", content)
    with dial(site.frontd.port("http"), timeout=30) as peer:
        peer.send(head("/ranges/file", "GET", "Range: bytes=0-9,10-4999999", "Connection: close"))
        time.sleep(1)
        received = peer.read_to_end()
    first, _, body = received.partition(b"\r\n\r\n")
    length = int(first.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert len(body) == length and body.count(content[10:1000]) == 1
    site.is_as_before()


@pytest.mark.parametrize("how", ["reload", "quit"])
def test_the_end_of_a_generation(site, how):
    """Everything is pending, then the worker is told to finish."""
    peers = [dial(site.frontd.port("http"), timeout=30) for _ in paths()]
    for peer, path in zip(peers, paths()):
        peer.send(head(path))
    time.sleep(0.3)
    if how == "reload":
        site.frontd.reload()
        wait_until(lambda: site.worker not in site.frontd.workers() or len(site.frontd.workers()) > 1, "a new worker")
    else:
        site.frontd.command("-s", "quit")
    time.sleep(0.3)
    for peer in peers[::2]:
        leave(peer, "reset")
    site.hostile.over.set()
    for peer in peers[1::2]:
        leave(peer, "close")
    wait_until(lambda: site.worker not in site.frontd.processes(), site.frontd.describe, timeout=30)
    if how == "quit":
        site.frontd.wait()
    else:
        site.worker, = site.frontd.workers()
        assert site.ask("/plain/ok").status == 200
