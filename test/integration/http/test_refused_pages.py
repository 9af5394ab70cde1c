"""error_page for requests that break a rule, where nginx cannot stand beside: HTTP/2, client certificates."""

import pytest
from support.http2 import Http2Client

CONFIG = """
worker_processes 1;
http {
    server {
        listen 127.0.0.1:@http@ http2 default_server;
        error_page 400 =422 /page;
        error_page 501 /page;
        location /page { return 200 "first $request_method $uri"; }
    }
    server {
        listen 127.0.0.1:@http@;
        server_name second;
        error_page 400 =422 /page;
        location /page { return 200 "second $request_method $uri"; }
    }
    server {
        listen 127.0.0.1:@https@ ssl;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        ssl_client_certificate @cert@;
        ssl_verify_client on;
        error_page 400 =422 /page;
        location /page { return 200 "for those with a certificate"; }
    }
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name open;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        error_page 400 =422 /page;
        location /page { return 200 "open"; }
    }
    server {
        listen 127.0.0.1:@named@;
        recursive_error_pages on;
        error_page 400 414 431 501 @backend;
        location / { proxy_pass http://@backend@; }
        location @backend { proxy_pass http://@backend@; }
    }
}
"""


@pytest.fixture(name="server")
def _server(frontd, http_backend):
    return frontd(CONFIG, backend=http_backend().address)


@pytest.mark.parametrize("authority, body", [("first", b"first GET /page"), ("second", b"second GET /page")])
def test_over_http2(server, authority, body):
    client = Http2Client(server.port("http"))
    answer = client.get(("content-length", "5a"), authority=authority)
    assert (answer.status, answer.body) == (422, body)
    answer = client.response(client.request(("content-length", "5a"), method="HEAD", authority=authority))
    assert (answer.status, answer.body) == (422, b"")
    assert client.get(path="/page", authority=authority).status == 200


def test_no_page_of_a_server_that_wants_certificates(server, connect):
    client = connect(server.port("https"), tls=True)
    client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5a\r\n\r\n")
    answer = client.read_response()
    assert answer.status == 400 and b"certificate" not in answer.body


@pytest.mark.parametrize("name, host, status", [
    ("open", "Host: open\r\n", 422), ("open", "", 422), ("open", "Host: localhost\r\n", 400),
    ("localhost", "Host: open\r\n", 400), ("localhost", "", 400),
])
def test_the_server_that_tls_was_for(server, connect, name, host, status):
    client = connect(server.port("https"), tls=True, name=name)
    client.send(f"GET / HTTP/1.1\r\n{host}Content-Length: 5a\r\n\r\n")
    answer = client.read_response()
    assert (answer.status, answer.body == b"open") == (status, status == 422)


@pytest.mark.parametrize("head, status, reaches", [
    ("GET /%zz HTTP/1.1\r\nHost: a", 400, False), ("GET /../x HTTP/1.1\r\nHost: a", 400, False),
    ("GET * HTTP/1.1\r\nHost: a", 400, False), ("G(T / HTTP/1.1\r\nHost: a", 400, False),
    ("GET /\x01 HTTP/1.1\r\nHost: a", 400, False), ("GET /" + "x" * 9000 + " HTTP/1.1\r\nHost: a", 414, False),
    ("GET / HTTP/1.1\r\nHost: a\r\nA b: c", 400, False),
    ("GET /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip", 501, True),
    ("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip", 501, False),  # which would want its body
    ("GET /x HTTP/1.1\r\nHost: a b", 400, True),
])
def test_a_named_location_needs_a_path(frontd, http_backend, connect, head, status, reaches):
    """What was not understood goes nowhere."""
    backend = http_backend()
    server = frontd(CONFIG, backend=backend.address)
    client = connect(server.port("named"))
    client.send(head + "\r\n\r\n")
    assert client.read_response().status == status
    assert [request.target for request in backend.requests] == (["/x"] if reaches else [])
    assert server.log().count("cycle") == 0
