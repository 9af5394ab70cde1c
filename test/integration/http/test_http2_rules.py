"""reference/http.md 4.8, each rule as bytes on the wire, and what a recording backend saw of it."""

import pytest
from hyperframe.frame import DataFrame, HeadersFrame
from support.backends import HttpBackend, ok
from support.http2 import NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, Http2Client
from support.wire import Peer

CONFIG = """
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@ http2;
        root @home@/www;
        client_max_body_size 1k;
        location /app { proxy_pass http://@backend@; client_max_body_size 0; proxy_set_header Host $http_host; }
        location /small { proxy_pass http://@backend@; }
    }
}
"""

METHOD, SCHEME, AUTHORITY, PATH = (":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/app")
GET = (METHOD, SCHEME, AUTHORITY, PATH)

# name: (fields, status). All are sent whole, with END_STREAM.
REFUSED = {
    "no method": ((SCHEME, AUTHORITY, PATH), 400),
    "no scheme": ((METHOD, AUTHORITY, PATH), 400),
    "no path": ((METHOD, SCHEME, AUTHORITY), 400),
    "nothing": ((), 400),
    "two methods": ((METHOD, *GET), 400),
    "two paths": ((*GET, PATH), 400),
    "two schemes": ((*GET, SCHEME), 400),
    "two authorities": ((*GET, AUTHORITY), 400),
    "pseudo behind regular": ((METHOD, SCHEME, PATH, ("a", "b"), AUTHORITY), 400),
    "unknown pseudo": ((*GET, (":x", "y")), 400),
    "status": ((*GET, (":status", "200")), 400),
    "protocol without CONNECT": ((*GET, (":protocol", "websocket")), 400),
    "unknown protocol": (((":method", "CONNECT"), SCHEME, AUTHORITY, PATH, (":protocol", "x")), 501),
    "CONNECT": (((":method", "CONNECT"), (":authority", "a:443")), 405),
    "method with blank": (((":method", "GET /x HTTP/1.1\r\nX:"), SCHEME, AUTHORITY, PATH), 400),
    "empty method": (((":method", ""), SCHEME, AUTHORITY, PATH), 400),
    "scheme ftp": ((METHOD, (":scheme", "ftp"), AUTHORITY, PATH), 400),
    "path with blank": ((METHOD, SCHEME, AUTHORITY, (":path", "/app x")), 400),
    "smuggled line": ((METHOD, SCHEME, AUTHORITY, (":path", "/app HTTP/1.1\r\nX: y")), 400),
    "path with fragment": ((METHOD, SCHEME, AUTHORITY, (":path", "/app#x")), 400),
    "absolute path": ((METHOD, SCHEME, AUTHORITY, (":path", "http://a/app")), 400),
    "empty path": ((METHOD, SCHEME, AUTHORITY, (":path", "")), 400),
    "asterisk": ((METHOD, SCHEME, AUTHORITY, (":path", "*")), 400),
    "above the root": ((METHOD, SCHEME, AUTHORITY, (":path", "/../app")), 400),
    "no authority": ((METHOD, SCHEME, PATH), 400),
    "empty authority": ((METHOD, SCHEME, (":authority", ""), PATH), 400),
    "user information": ((METHOD, SCHEME, (":authority", "u@a"), PATH), 400),
    "authority with a path": ((METHOD, SCHEME, (":authority", "a/b"), PATH), 400),
    "other Host": ((*GET, ("host", "b")), 400),
    "two Hosts": ((*GET, ("host", "a"), ("host", "a")), 400),
    "upper case": ((*GET, ("Accept", "x")), 400),
    "blank in name": ((*GET, ("a b", "x")), 400),
    "colon in name": ((*GET, ("a:b", "x")), 400),
    "LF in name": ((*GET, ("a\nb", "x")), 400),
    "empty name": ((*GET, ("", "x")), 400),
    "LF in value": ((*GET, ("a", "b\nc: d")), 400),
    "CRLF in value": ((*GET, ("a", "b\r\nc: d")), 400),
    "NUL in value": ((*GET, ("a", "b\0c")), 400),
    "leading blank": ((*GET, ("a", " b")), 400),
    "trailing tab": ((*GET, ("a", "b\t")), 400),
    "connection": ((*GET, ("connection", "close")), 400),
    "keep-alive": ((*GET, ("keep-alive", "x")), 400),
    "proxy-connection": ((*GET, ("proxy-connection", "x")), 400),
    "upgrade": ((*GET, ("upgrade", "h2c")), 400),
    "transfer-encoding": ((*GET, ("transfer-encoding", "chunked")), 400),
    "te: gzip": ((*GET, ("te", "gzip")), 400),
    "two lengths": ((*GET, ("content-length", "0"), ("content-length", "0")), 400),
    "negative length": ((*GET, ("content-length", "-1")), 400),
    "length and no body": ((*GET, ("content-length", "5")), 400),
    "long field": ((*GET, ("a", "b" * 8200)), 431),
    "long path": ((METHOD, SCHEME, AUTHORITY, (":path", "/app" + "b" * 8200)), 414),
    "many fields": ((*GET, *[("a", "b")] * 101), 431),
}


class Backend(HttpBackend):
    """To which requests that are cut are nothing wrong."""

    def serve(self, peer):
        try:
            super().serve(peer)
        except AssertionError as error:
            if not str(error).startswith(("closed before", "closed after")):
                raise


@pytest.fixture(name="server")
def _server(frontd):
    backend = Backend()
    yield frontd(CONFIG, backend=backend.address), backend
    backend.stop()
    assert not backend.errors


def open_client(instance, **options):
    return Http2Client(instance.port("http"), **options)


def test_refused_heads_never_reach_the_backend(server):
    """A page, and the connection goes on: only the stream is malformed."""
    instance, backend = server
    client = open_client(instance)
    for name, (fields, status) in REFUSED.items():
        stream = client.next_stream()
        client.send(client.headers(stream, fields))
        response = client.response(stream)
        assert response.reset is None, name
        assert response.status == status, name
    assert backend.requests == []
    assert client.get(path="/app", scheme="http", authority="a").status == 200
    assert instance.log().count("in request") == len(REFUSED)


def test_refused_head_of_head_has_no_body(server):
    instance, _ = server
    client = open_client(instance)
    for fields in (((":method", "HEAD"), SCHEME, AUTHORITY, (":path", "/..")),
                   ((":method", "HEAD"), SCHEME, AUTHORITY, PATH, ("a", "b" * 8200))):
        stream = client.next_stream()
        client.send(client.headers(stream, fields))
        response = client.response(stream)
        assert response.status in (400, 431) and response.ended and not response.body
        assert int(response.field("content-length")) > 0


def test_list_that_is_too_large(server):
    instance, backend = server
    client = open_client(instance)
    stream = client.next_stream()
    block = client.encode((*GET, *[("a", "b" * 4000)] * 10))
    client.send(HeadersFrame(stream, block[:16000], flags=["END_STREAM"]))
    client.send(*[continuation(stream, block[start : start + 16000], start + 16000 >= len(block))
                  for start in range(16000, len(block), 16000)])
    assert client.response(stream).status == 431
    assert client.get(path="/app").status == 200
    assert len(backend.requests) == 1


def continuation(stream, block, ends):
    frame = b"" + len(block).to_bytes(3, "big") + b"\x09" + (b"\x04" if ends else b"\0")
    return frame + stream.to_bytes(4, "big") + block


ACCEPTED = {
    "te: trailers": ((*GET, ("te", "trailers")), []),
    "Host alone": ((METHOD, SCHEME, PATH, ("host", "a")), []),
    "equal Host": ((*GET, ("host", "A")), []),
    "equal port": ((*GET, ("host", "a:80")), []),
    "cookies": ((*GET, ("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")), [("cookie", "a=1; b=2"), ("x", "y")]),
    "underscore": ((*GET, ("x_y", "z"), ("x-y", "z")), [("x-y", "z")]),
    "empty value": ((*GET, ("a", "")), [("a", "")]),
    "obs-text": ((*GET, ("a", "b\xe4c")), [("a", "b\xe4c")]),
    "length zero": ((*GET, ("content-length", "0")), []),
}


def test_accepted_heads_reach_the_backend_unambiguously(server):
    instance, backend = server
    client = open_client(instance)
    for name, (fields, expected) in ACCEPTED.items():
        stream = client.next_stream()
        client.send(client.headers(stream, fields))
        assert client.response(stream).status == 200, name
        request = backend.requests[-1]
        assert (request.method, request.target, request.version) == ("GET", "/app", "HTTP/1.1"), name
        names = [key.lower() for key, _ in request.fields]
        assert names.count("host") == 1 and "transfer-encoding" not in names, name
        assert request.field("host").lower().removesuffix(":80") == "a", name
        assert [f for f in request.fields if f[0].lower() not in ("host", "content-length")] == expected, name
    assert len(backend.requests) == len(ACCEPTED)


def post(client, *fields, path="/app", **options):
    return client.request(*fields, path=path, method="POST", scheme="http", authority="a", end=False, **options)


def test_bodies_are_framed_anew(server):
    instance, backend = server
    client = open_client(instance)
    stream = post(client, ("content-length", "5"))
    client.send(client.data(stream, b"he"), client.data(stream, b"llo", True))
    assert client.response(stream).status == 200
    assert backend.requests[-1].field("content-length") == "5" and backend.requests[-1].body == b"hello"
    stream = post(client)
    client.send(client.data(stream, b"hello"), client.data(stream, b"", True))
    assert client.response(stream).status == 200
    assert backend.requests[-1].field("transfer-encoding") == "chunked"
    assert backend.requests[-1].field("content-length") is None and backend.requests[-1].body == b"hello"
    stream = post(client)
    padded = DataFrame(stream, b"0\r\n\r\n", flags=["PADDED", "END_STREAM"])
    padded.pad_length = 50
    client.send(padded)
    assert client.response(stream).status == 200
    assert backend.requests[-1].body == b"0\r\n\r\n"


def test_body_must_be_as_long_as_said(server):
    instance, backend = server
    client = open_client(instance)
    for parts in (([b"hello!"], True), ([b"hell"], True), ([b"hel", b"lo!"], False), ([b"hello", b"!"], True)):
        stream = post(client, ("content-length", "5"))
        client.send(*[client.data(stream, part, parts[1] and part is parts[0][-1]) for part in parts[0]])
        response = client.response(stream)
        assert response.reset == PROTOCOL_ERROR or response.status == 400, parts
    stream = post(client, ("content-length", "0"))
    client.send(client.data(stream, b"x", True))
    client.response(stream)
    assert client.stream(stream).reset == PROTOCOL_ERROR or client.stream(stream).status in (200, 400)
    assert client.get(path="/app").status == 200
    assert all(request.body in (b"", b"hello") for request in backend.requests)


def test_trailers_are_discarded(server):
    """Not the end of the connection, as in nginx 1.22."""
    instance, backend = server
    client = open_client(instance)
    stream = post(client)
    client.send(client.data(stream, b"hello"), client.headers(stream, [("x-sum", "1")]))
    assert client.response(stream).status == 200
    assert backend.requests[-1].body == b"hello"
    assert backend.requests[-1].raw_body.endswith(b"\r\n0\r\n\r\n")
    assert backend.requests[-1].field("x-sum") is None


@pytest.mark.parametrize("trailer", [[(":path", "/x")], [("X", "y")], [("x", "a\r\nb")], [("connection", "x")]])
def test_bad_trailers(server, trailer):
    instance, backend = server
    client = open_client(instance)
    stream = post(client, path="/app/%d" % len(trailer))
    client.send(client.data(stream, b"hello"), client.headers(stream, trailer))
    response = client.response(stream)
    assert response.reset == PROTOCOL_ERROR or response.status == 400
    assert not backend.requests


def test_trailers_without_end(server):
    instance, backend = server
    client = open_client(instance)
    stream = post(client)
    client.send(client.headers(stream, [("x-sum", "1")], end=False))
    response = client.response(stream)
    assert response.reset is not None or response.status == 400
    assert not backend.requests


def test_body_limits(server):
    instance, backend = server
    client = open_client(instance)
    stream = post(client, ("content-length", "2000"), path="/small")
    assert client.response(stream).status == 413
    client.receive_until(lambda: client.stream(stream).reset is not None)
    assert client.stream(stream).reset == NO_ERROR
    stream = post(client, path="/small")
    client.send(client.data(stream, b"x" * 600), client.data(stream, b"x" * 600))
    assert client.response(stream).status == 413
    assert not backend.requests


def test_streams_beyond_the_limit(frontd, scripted_backend):
    """REFUSED_STREAM for who cannot know the limit yet; the end for who does."""
    backend = scripted_backend(Peer.read_to_end)
    instance = frontd(CONFIG.replace("root", "http2_max_concurrent_streams 3; root"), backend=backend.address)
    client = open_client(instance)
    pseudo = [METHOD, SCHEME, AUTHORITY, PATH]
    client.send(*[client.headers(stream, pseudo) for stream in (1, 3, 5, 7)])
    assert client.response(7).reset == REFUSED_STREAM
    assert client.server_settings[3] == 3
    client.send(client.headers(9, pseudo))
    client.receive_until(lambda: client.goaway or client.stream(9).reset)


def test_responses_follow_the_rules_too(frontd, http_backend):
    """Lower-case names, nothing of HTTP/1 connections, no chunks; no length where there is no body."""
    backend = http_backend(lambda request: {
        "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Upper: A\r\nConnection: X-Secret\r\n"
                    b"X-Secret: s\r\nKeep-Alive: timeout=5\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: t\r\n\r\n",
        "/204": b"HTTP/1.1 204 No Content\r\nContent-Length: 91\r\n\r\n",
        "/304": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
        "/close": b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhello",
    }.get(request.target, ok(b"hello")))
    instance = frontd(CONFIG.replace("location /app", "location /"), backend=backend.address)
    client = open_client(instance)
    for path, status, body in (("/chunked", 200, b"hello"), ("/204", 204, b""), ("/304", 304, b""),
                               ("/close", 200, b"hello"), ("/", 200, b"hello")):
        response = client.get(path=path)
        names = [name for name, _ in response.fields]
        assert (response.status, response.body, len(response.heads)) == (status, body, 1), path
        assert all(name == name.lower() for name in names), path
        assert not {"connection", "keep-alive", "transfer-encoding", "x-secret", "x-trailer"} & set(names), path
        assert ("content-length" in names) == (path == "/"), path
        assert response.field("server") == "frontd" and names.count("date") == 1, path
    response = client.get(path="/", method="HEAD")
    assert (response.status, response.body, response.field("content-length")) == (200, b"", "5")
