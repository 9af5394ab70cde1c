"""forwarded_headers, websocket, proxy_method, proxy_http_version and what else shapes a request."""

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        client_max_body_size 0;
        location / { proxy_pass http://@backend@; }
        location /auto/ {
            proxy_pass http://@backend@;
            forwarded_headers auto;
            proxy_set_header X-Forwarded-Proto gopher;
        }
        location /method/ { proxy_pass http://@backend@; proxy_method $arg_m; }
        location /old/ { proxy_pass http://@backend@; proxy_http_version 1.0; }
        location /bare/ {
            proxy_pass http://@backend@;
            proxy_pass_request_headers off;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Uri $request_uri;
        }
        location /off/ { proxy_pass http://@backend@; websocket off; }
        location /snippet/ {
            proxy_pass http://@backend@;
            websocket off;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }
        error_page 404 /page;
        location = /missing { return 404; }
        location = /page { proxy_pass http://@backend@; }
    }
}
"""

OPENING = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
           "Sec-WebSocket-Version: 13"]


def start(frontd, http_backend, connect):
    backend = http_backend()
    return backend, connect(frontd(CONFIG, backend=backend.address).port("http"))


def test_the_client_is_named(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    forged = ["X-Forwarded-For: 1.1.1.1", "X-Real-IP: 2.2.2.2", "X-Forwarded-Host: evil", "X-Forwarded-Port: 1"]
    client.request("/auto/", host="site.test", fields=forged)
    seen = {name.lower(): value for name, value in backend.requests[-1].fields}
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-real-ip"] == "127.0.0.1"
    assert seen["x-forwarded-host"] == "site.test"
    assert seen["x-forwarded-proto"] == "gopher"
    assert len(seen) == len(backend.requests[-1].fields)
    client.request("/", fields=forged)  # nginx's way: nothing is added, nothing is taken away
    assert backend.requests[-1].field("x-forwarded-for") == "1.1.1.1"


def test_another_method(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    client.request("/method/?m=PURGE")
    assert backend.requests[-1].method == "PURGE"
    client.request("/method/?m=a(b")
    assert backend.requests[-1].method == "GET"


def test_http_1_0(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    client.request("/old/", method="PUT", body=b"5\r\nhello\r\n0\r\n\r\n", fields=["Transfer-Encoding: chunked"])
    request = backend.requests[-1]
    assert (request.version, request.field("content-length"), request.body) == ("HTTP/1.0", "5", b"hello")
    assert request.field("transfer-encoding") is None
    client.send_request("/old/", method="PUT", fields=["Transfer-Encoding: chunked"])
    client.send(b"100000\r\n" + bytes(0x100000) + b"\r\n")
    assert client.read_response("PUT").status == 411


def test_neither_headers_nor_body(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    assert client.request("/bare/x", method="POST", body=b"secret", fields=["Cookie: a"]).status == 200
    request = backend.requests[-1]
    assert request.body == b""
    assert {name for name, _ in request.fields} == {"Host", "X-Uri"}


def test_who_may_open_a_websocket(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    for target, upgrade in {"/": "websocket", "/off/": None, "/snippet/": "websocket"}.items():
        client.request(target, fields=OPENING)
        assert backend.requests[-1].field("upgrade") == upgrade
    client.request("/snippet/", fields=["Connection: Upgrade", "Upgrade: h2c"])
    assert backend.requests[-1].field("upgrade") is None


def test_after_an_internal_redirect_the_new_path_goes(frontd, http_backend, connect):
    backend, client = start(frontd, http_backend, connect)
    assert client.request("/missing").status == 404
    assert backend.requests[-1].target == "/page"
