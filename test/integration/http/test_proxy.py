"""proxy_pass: what the backend sees and what the client gets."""

import socket
import threading

from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        client_max_body_size 0;
        proxy_read_timeout 2s;
        location / { proxy_pass http://@backend@; }
        location /l/ { proxy_pass http://@backend@/up/; }
        location /m/ { proxy_pass http://@backend@/up; }
        location /n { proxy_pass http://@backend@/; }
        location /set {
            proxy_pass http://@backend@;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header Accept "";
        }
        location /small { client_max_body_size 10; proxy_pass http://@backend@; }
        location /dead { proxy_pass http://127.0.0.1:@dead@; }
    }
}
"""


def test_targets(frontd, http_backend, connect):
    backend = http_backend()
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    for target, seen in {
        "/p/a%20b/%2e%2e/c%2Fd//e?x=%41": "/p/a%20b/%2e%2e/c%2Fd//e?x=%41",
        "/l/a%20b%2Fc//d?x=1": "/up/a%20b/c/d?x=1",
        "/m/a": "/upa",
        "/n/a": "//a",
        "/nabc": "/abc",
        "/l/%25%3f%23%c3%a4\xff": "/up/%25%3F%23%C3%A4%FF",
        "http://other.example/abs?q": "/abs?q",
    }.items():
        client.request(target=target)
        assert backend.requests[-1].target == seen
    assert backend.connections == 1


def test_fields_of_the_request(frontd, http_backend, connect):
    backend = http_backend()
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    fields = [
        "Connection: keep-alive, X-Strip, Cookie, Authorization",
        "X-Strip: 1",
        "Cookie: a=b",
        "Authorization: Basic x",
        "Keep-Alive: 5",
        "Proxy-Connection: keep-alive",
        "Proxy: http://evil/",
        "TE: trailers",
        "Trailer: x",
        "Upgrade: h2c",
        "HTTP2-Settings: AAA",
        "X_Real_IP: 1.2.3.4",
        "X-Kept: yes",
        "Accept: text/html",
    ]
    client.request(target="/", host="Example.org:81", fields=fields)
    names = [name.lower() for name, _ in backend.requests[0].fields]
    assert names == ["host", "cookie", "authorization", "x-kept", "accept"]
    assert backend.requests[0].field("host") == backend.address
    assert backend.requests[0].version == "HTTP/1.1"
    client.request(target="/set", host="Example.org:81", fields=fields)
    request = backend.requests[1]
    assert request.field("host") == "example.org"
    assert request.field("x-real-ip") == "127.0.0.1"
    assert request.field("accept") is None


def test_fields_of_the_answer(frontd, http_backend, connect):
    backend = http_backend(
        ok(b"x", "Server: secret", "Date: never", "Connection: X-Gone", "X-Gone: 1", "X-Accel-Expires: 5",
           "Set-Cookie: a", "Set-Cookie: b", "Keep-Alive: 5", "Upgrade: x", status="200 All Right")
    )
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    response = client.request()
    assert response.reason == "All Right"
    assert response.field("server") == "frontd"
    assert response.field("date") != "never"
    assert [v for n, v in response.fields if n == "Set-Cookie"] == ["a", "b"]
    assert {n.lower() for n, _ in response.fields} == {"server", "date", "set-cookie", "content-length"}


def test_location_is_mapped(frontd, http_backend, connect):
    backend = http_backend()
    instance = frontd(CONFIG, backend=backend.address)
    client = connect(instance.port("http"))
    own = f"http://localhost:{instance.port('http')}"
    for target, given, seen in (
        ("/l/x", f"http://{backend.address}/up/y?z", f"{own}/l/y?z"),
        ("/l/x", f"http://{backend.address}/other", f"http://{backend.address}/other"),
        ("/l/x", "/up/y", "/up/y"),
        ("/p", f"http://{backend.address}/y", f"{own}/y"),
        ("/p", "https://elsewhere/", "https://elsewhere/"),
    ):
        backend.answer = ok(b"", f"Location: {given}", status="302 Found")
        assert client.request(target=target).field("location") == seen
        backend.answer = ok(b"", f"Refresh: 5; URL={given}")
        assert client.request(target=target).field("refresh") == f"5; URL={seen.removeprefix(own)}"
    backend.answer = ok(b"", "Refresh: 5")
    assert client.request().field("refresh") == "5"


def test_answers_without_body(frontd, http_backend, connect):
    backend = http_backend()
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    backend.answer = b"HTTP/1.1 204 No Content\r\nContent-Length: 91\r\n\r\n"
    response = client.request()
    assert response.status == 204 and response.field("content-length") is None
    backend.answer = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 91\r\n\r\n"
    assert client.request().status == 304
    backend.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 91\r\n\r\n"
    assert client.request(method="HEAD").field("content-length") == "91"
    backend.answer = ok(b"body")
    assert client.request().body == b"body"


def test_close_delimited_becomes_chunks(frontd, scripted_backend, connect):
    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send("HTTP/1.1 200 OK\r\n\r\nuntil the end")

    backend = scripted_backend(script)
    instance = frontd(CONFIG, backend=backend.address)
    client = connect(instance.port("http"))
    for _ in range(2):
        response = client.request()
        assert response.field("transfer-encoding") == "chunked"
        assert response.body == b"until the end"
    old = connect(instance.port("http"))
    old.send("GET / HTTP/1.0\r\n\r\n")
    response = old.read_response()
    assert response.field("transfer-encoding") is None and response.body == b"until the end"


def test_short_bodies_are_cut_visibly(frontd, scripted_backend, connect):
    heads = [b"Content-Length: 100", b"Transfer-Encoding: chunked"]
    bodies = [b"short", b"5\r\nshort\r\n"]
    turn = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        which = len(turn) % 2
        turn.append(1)
        peer.send(b"HTTP/1.1 200 OK\r\n" + heads[which] + b"\r\n\r\n" + bodies[which])

    backend = scripted_backend(script)
    instance = frontd(CONFIG, backend=backend.address)
    for _ in range(2):
        client = connect(instance.port("http"))
        client.send_request()
        head = client.read_until(b"\r\n\r\n")
        rest = client.read_to_end()
        assert b"short" in rest and b"0\r\n\r\n" not in rest, head
    old = connect(instance.port("http"))
    turn.append(1)
    old.send("GET / HTTP/1.0\r\n\r\n")
    old.read_until(b"\r\n\r\n")
    try:
        old.read_to_end()
        assert False, "looked complete"
    except ConnectionResetError:
        pass


def test_invalid_answers_are_502(frontd, scripted_backend, connect):
    answers = [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 9,
        b"",
    ]
    left = list(answers)

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(left.pop(0))

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    for answer in answers:
        response = client.request(method="POST")
        assert response.status == 502, answer
    assert left == []


def test_interim_answers(frontd, http_backend, connect):
    backend = http_backend(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(b"x")
    )
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    client.send_request()
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert client.read_response().body == b"x"


def test_length_and_chunks_in_an_answer(frontd, http_backend, connect):
    backend = http_backend(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nT: x\r\n\r\n"
    )
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    for _ in range(2):
        response = client.request()
        assert response.body == b"hello" and response.field("content-length") is None
        assert b"T: x" not in client.input
    assert backend.connections == 2  # never reused after that


def test_timeouts_and_dead_backends(frontd, scripted_backend, connect):
    backend = scripted_backend(lambda peer: peer.expect_end())
    silent = scripted_backend(lambda peer: (peer.read_until(b"\r\n\r\n"), peer.read_to_end()))
    del backend
    client = connect(frontd(CONFIG, backend=silent.address).port("http"))
    assert client.request().status == 504
    assert client.request(target="/dead").status == 502


def test_too_large_bodies(frontd, http_backend, connect):
    backend = http_backend()
    instance = frontd(CONFIG, backend=backend.address)
    client = connect(instance.port("http"))
    assert client.request("/small", method="POST", body=b"0123456789").status == 200
    client.send("POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
    response = client.read_response()
    assert response.status == 413 and response.field("connection") == "close"
    client = connect(instance.port("http"))
    client.send("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n")
    assert client.read_response().status == 413
    assert len(backend.requests) == 1


def test_continue(frontd, http_backend, connect):
    backend = http_backend()
    client = connect(frontd(CONFIG, backend=backend.address).port("http"))
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    client.expect("HTTP/1.1 100 Continue\r\n\r\n")
    client.send("hello")
    assert client.read_response().body == b"hello"
    assert backend.requests[0].field("expect") is None
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
    assert client.read_response().status == 200  # no 100: the body was there
    client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_response().status == 200


def test_early_answer(frontd, scripted_backend, connect):
    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(ok(b"no", status="413 No"))
        peer.read_to_end()

    client = connect(frontd(CONFIG, backend=scripted_backend(script).address).port("http"))
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nbegin")
    response = client.read_response()
    assert response.status == 413 and response.body == b"no"
    assert response.field("connection") == "close"
    client.expect_end()


def test_kept_connections_and_retries(frontd, scripted_backend, connect):
    """The second request finds a connection that the backend closes without an answer."""
    seen = []

    def first(peer):
        seen.append(peer.read_until(b"\r\n\r\n")[:4])
        peer.send(ok(b"first"))
        seen.append(peer.read_until(b"\r\n\r\n")[:4])

    def second(peer):
        seen.append(peer.read_until(b"\r\n\r\n")[:4])
        peer.send(ok(b"second"))

    instance = frontd(CONFIG, backend=scripted_backend([first, second, first, second]).address)
    client = connect(instance.port("http"))
    assert client.request().body == b"first"
    assert client.request().body == b"second"
    assert seen == [b"GET ", b"GET ", b"GET "]


def test_post_is_not_sent_twice(frontd, scripted_backend, connect):
    seen = []

    def script(peer):
        seen.append(peer.read_until(b"\r\n\r\n")[:4])
        peer.send(ok(b"first"))
        seen.append(peer.read_until(b"\r\n\r\n")[:4])

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    assert client.request().body == b"first"
    assert client.request(method="POST", body=b"x").status == 502
    assert seen == [b"GET ", b"POST"]


def test_the_backend_hears_that_the_client_went(frontd, scripted_backend, connect):
    gone = threading.Event()

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.expect_end()
        gone.set()

    instance = frontd(CONFIG.replace("2s", "60s"), backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send_request()
    client.expect_silence()
    client.close()
    assert gone.wait(5)
    instance.wait_for_log(r'"GET / HTTP/1.1" 499 ', name="access.log")


WEBSOCKET = (
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_websocket(frontd, scripted_backend, connect):
    heads = []

    def script(peer):
        heads.append(peer.read_until(b"\r\n\r\n"))
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: x\r\n\r\nhi")
        while data := peer.socket.recv(65536):
            peer.send(data)

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send(WEBSOCKET)
    head = client.read_until(b"\r\n\r\n").lower()
    assert head.startswith(b"http/1.1 101 ")
    assert b"\r\nupgrade: websocket\r\n" in head and b"\r\nconnection: upgrade\r\n" in head
    client.expect("hi")
    client.send("ping")
    client.expect("ping")
    assert b"\r\nUpgrade: websocket\r\n" in heads[0]
    # a reload does not end it
    instance.reload()
    client.send(b"x" * 300000)
    assert client.read(300000) == b"x" * 300000
    client.finish_sending()
    client.expect_end()


def test_upgrade_refused(frontd, http_backend, connect):
    backend = http_backend(ok(b"no", status="403 Forbidden"))
    instance = frontd(CONFIG, backend=backend.address)
    client = connect(instance.port("http"))
    client.send(WEBSOCKET)
    response = client.read_response()
    assert response.status == 403 and response.field("connection") is None
    client.send(WEBSOCKET.encode() + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    response = client.read_response()
    assert response.status == 403 and response.field("connection") == "close"
    client.expect_end()
    assert [r.target for r in backend.requests] == ["/ws", "/ws"]


def test_large_upload_with_a_slow_backend(frontd, scripted_backend, connect):
    """Back-pressure: what the backend does not read is not read from the client either."""
    size = 200_000_000
    go = threading.Event()
    got = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        go.wait(20)
        count = len(peer.input)
        while count < size:
            count += len(peer.socket.recv(1 << 20))
        got.append(count)
        peer.send(ok(b"done"))

    instance = frontd(CONFIG.replace("2s", "60s"), backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    sent = []

    def send():
        client.send(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n")
        piece = b"x" * 1_000_000
        for _ in range(size // len(piece)):
            client.socket.sendall(piece)
            sent.append(len(piece))

    thread = threading.Thread(target=send)
    thread.start()
    before = -1
    while before != len(sent) or before == 0:
        before = len(sent)
        threading.Event().wait(0.5)
    assert sum(sent) < 40_000_000
    go.set()
    thread.join()
    assert client.read_response().body == b"done"
    assert got == [size]


def test_large_download_to_a_slow_client(frontd, scripted_backend, connect):
    size = 100_000_000
    sent = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        for _ in range(size // 1_000_000):
            peer.socket.sendall(b"y" * 1_000_000)
            sent.append(1_000_000)

    instance = frontd(CONFIG.replace("2s", "60s"), backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.send_request()
    before = -1
    while before != len(sent) or before == 0:
        before = len(sent)
        threading.Event().wait(0.5)
    assert sum(sent) < 40_000_000
    response = client.read_response()
    assert len(response.body) == size
    wait_until(lambda: len(sent) == size // 1_000_000, lambda: str(len(sent)))
