"""reference vectors on framing, against the real frontd: what is refused never reaches the backend."""

import pytest
from support.wait import wait_until

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        client_header_timeout 2s;
        location / { proxy_pass http://@backend@; }
    }
}
"""

POST = "POST / HTTP/1.1\r\nHost: a\r\n"
GET = "GET / HTTP/1.1\r\nHost: a\r\n"

REFUSED = {
    "length and chunked": (POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400),
    "two equal lengths": (POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    "list of lengths": (POST + "Content-Length: 5, 5\r\n\r\nhello", 400),
    "+5": (POST + "Content-Length: +5\r\n\r\nhello", 400),
    "0x5": (POST + "Content-Length: 0x5\r\n\r\nhello", 400),
    "empty length": (POST + "Content-Length:\r\n\r\n", 400),
    "huge length": (POST + "Content-Length: 9223372036854775808\r\n\r\n", 400),
    "gzip": (POST + "Transfer-Encoding: gzip\r\n\r\n", 501),
    "xchunked": (POST + "Transfer-Encoding: xchunked\r\n\r\n", 501),
    "VT chunked": (POST + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "chunked twice": (POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in 1.0": ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "blank before colon": (POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "folded": (POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    "bare LF": ("GET / HTTP/1.1\nHost: a\n\n", 400),
    "NUL": (GET + "A: b\0c\r\n\r\n", 400),
    "bare CR": (GET + "A: b\rc\r\n\r\n", 400),
    "no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (GET + "Host: b\r\n\r\n", 400),
    "user information": ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "fragment": ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "above root": ("GET /%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "%00": ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT": ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    "HTTP/2.0": ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.10": ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "long line": ("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "long field": (GET + "A: " + "b" * 9000 + "\r\n\r\n", 431),
    "many fields": (GET + "A: b\r\n" * 101 + "\r\n", 431),
    "TLS hello": ("\x16\x03\x01\x02\0\1", 400),
}


@pytest.fixture(name="server")
def _server(frontd, http_backend):
    backend = http_backend()
    return frontd(CONFIG, backend=backend.address), backend


def test_refused_heads_never_reach_the_backend(server, connect):
    instance, backend = server
    for name, (request, status) in REFUSED.items():
        client = connect(instance.port("http"))
        client.send(request.encode("latin-1"))
        response = client.read_response()
        assert response.status == status, name
        assert response.field("connection") == "close", name
        client.expect_end()
    assert backend.requests == []


CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
BROKEN_CHUNKS = {
    "LF after the size": "5\nhello\r\n0\r\n\r\n",
    "LF in the extension": "5;a\nhello\r\n0\r\n\r\n",
    "long extension": "5;" + "a" * 300 + "\r\nhello\r\n0\r\n\r\n",
    "sixteen digits": "0000000000000005\r\nhello\r\n0\r\n\r\n",
    "minus": "-5\r\nhello\r\n0\r\n\r\n",
    "too many data": "5\r\nhello!\r\n0\r\n\r\n",
    "bad trailer": "5\r\nhello\r\n0\r\nA : b\r\n\r\n",
}


def test_broken_chunks_never_complete_a_request(server, connect):
    instance, backend = server
    for name, body in BROKEN_CHUNKS.items():
        client = connect(instance.port("http"))
        client.send(CHUNKED + body)
        response = client.read_response()
        assert response.status == 400, name
        client.expect_end()
    assert backend.requests == []


def test_chunks_are_made_anew(server, connect):
    instance, backend = server
    client = connect(instance.port("http"))
    client.send(CHUNKED + "3;secret=x\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n")
    assert client.read_response().body == b"hello"
    assert backend.requests[0].body == b"hello"
    assert b"secret" not in backend.requests[0].raw_body
    assert b"Trailer" not in backend.requests[0].raw_body
    assert backend.requests[0].field("content-length") is None


def test_length_is_written_anew(server, connect):
    instance, backend = server
    client = connect(instance.port("http"))
    client.send(POST + "Content-Length: 005 \r\n\r\nhello" + GET + "\r\n")
    client.read_response()
    client.read_response()
    assert backend.requests[0].field("content-length") == "5"
    assert backend.requests[0].body == b"hello"
    assert backend.requests[1].method == "GET"


def test_requests_byte_by_byte_and_pipelined(server, connect):
    instance, backend = server
    client = connect(instance.port("http"))
    client.send_slowly(POST + "Content-Length: 5\r\n\r\nhello" + CHUNKED + "5\r\nworld\r\n0\r\n\r\n")
    assert client.read_response().body == b"hello"
    assert client.read_response().body == b"hello"
    client.send((GET + "\r\n").encode() * 20)
    for _ in range(20):
        assert client.read_response().status == 200
    assert [r.body for r in backend.requests[:2]] == [b"hello", b"world"]
    assert len(backend.requests) == 22


def test_half_a_head_gets_408_and_nothing_gets_silence(server, connect):
    instance, _ = server
    silent = connect(instance.port("http"))
    client = connect(instance.port("http"))
    client.send("GET / HT")
    response = client.read_response()
    assert response.status == 408
    client.expect_end()
    silent.expect_end()


@pytest.mark.parametrize("line", ["GET /", "GET /a b", "HELO example.org", "GET / http/1.1", "QUIT"])
def test_a_line_without_a_version_is_refused_at_once(frontd, http_backend, connect, line):
    """HTTP/0.9, and other protocols: nothing would follow it."""
    instance = frontd(CONFIG.replace("client_header_timeout 2s", "client_header_timeout 60s"),
                      backend=http_backend().address)
    client = connect(instance.port("http"))
    client.send(line + "\r\n")
    assert client.read_response().status == 400
    client.expect_end()
    instance.wait_for_log(f'malformed request line in request "{line}"')


def test_a_body_that_ends_early_never_looks_complete(frontd, scripted_backend, connect):
    bodies = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        bodies.append(peer.read_to_end())

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send(CHUNKED + "5\r\nhello\r\n5\r\nwor")
    client.expect_silence()
    client.close()
    wait_until(lambda: bodies, lambda: "the backend connection goes on")
    assert b"hello" in bodies[0] and b"0\r\n" not in bodies[0]


def test_trace_and_options(server, connect):
    instance, backend = server
    client = connect(instance.port("http"))
    assert client.request(method="TRACE").status == 405
    assert client.request(target="*", method="OPTIONS").status in (200, 204)
    assert backend.requests == []
    assert client.request(target="/x", method="PROPFIND").status == 200
    assert backend.requests[0].method == "PROPFIND"
