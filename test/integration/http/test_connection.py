"""One client connection: keep-alive, deadlines, draining, what happens to bodies nobody wants."""

import os
import socket
import threading

import pytest
from support.backends import ok
from support.frontd import is_sanitized

CONFIG = """
worker_processes 1;
worker_shutdown_timeout 20s;
http {
    keepalive_timeout 2s;
    keepalive_requests 100000;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        root www;
        client_max_body_size 0;
        location /three { keepalive_requests 3; }
        location /never { keepalive_timeout 0; }
        location /answer { return 200 answer; }
        location /slow/ { client_body_timeout 1s; send_timeout 1s; proxy_pass http://@backend@; }
        location /p { proxy_pass http://@backend@; }
    }
}
"""

GET = "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(name="server")
def _server(frontd_files, http_backend):
    instance = frontd_files(CONFIG, backend=http_backend().address)
    instance.file("www/index.html", "page")
    instance.file("www/three", "three")
    instance.file("www/never", "never")
    instance.file("www/big", b"z" * 30_000_000)
    return instance.start()


def test_keep_alive(server, connect):
    client = connect(server.port("http"))
    for _ in range(2):
        assert client.request("/three").field("connection") is None
    assert client.request("/three").field("connection") == "close"
    client.expect_end()
    client = connect(server.port("http"))
    assert client.request("/never").field("connection") == "close"
    client.expect_end()
    client = connect(server.port("http"))
    assert client.request("/answer", fields=["Connection: close"]).field("connection") == "close"
    client.expect_end()
    client = connect(server.port("http"))
    client.request("/answer")
    client.expect_silence(1)
    client.expect_end()  # keepalive_timeout: without a word


def test_http_1_0(server, connect):
    client = connect(server.port("http"))
    client.send("GET /answer HTTP/1.0\r\n\r\n")
    assert client.read_response().field("connection") == "close"
    client.expect_end()
    client = connect(server.port("http"))
    for _ in range(2):
        client.send("GET /answer HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert client.read_response().field("connection") == "keep-alive"


def test_half_closing_clients_get_their_answer(server, connect):
    client = connect(server.port("http"))
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
    client.finish_sending()
    assert len(client.read_response().body) == 30_000_000
    assert client.read_response().body == b"answer"
    client.expect_end()


def test_unwanted_bodies(server, connect):
    client = connect(server.port("http"))
    client.send("POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
    assert client.read_response().field("connection") is None
    client.send("hello" + GET)  # what comes late is dropped, the next request is found
    assert client.read_response().body == b"answer"
    client.send("POST /answer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert client.read_response().field("connection") == "close"
    client.expect_end()
    client = connect(server.port("http"))
    client.send("POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + "x" * 500_000)
    response = client.read_response()
    assert response.field("connection") == "close" and response.body == b"answer"


def test_idle_connections_get_one_more_answer_after_a_reload(server, connect):
    plain = connect(server.port("http"))
    secure = connect(server.port("https"), tls=True)
    for client in (plain, secure):
        assert client.request("/answer").field("connection") is None
    server.reload()
    for client in (plain, secure):
        response = client.request("/answer")
        assert response.body == b"answer" and response.field("connection") == "close"
        client.expect_end()
    client = connect(server.port("http"))
    assert client.request("/answer").field("connection") is None


def test_slow_bodies_time_out(frontd, scripted_backend, connect):
    server = frontd(CONFIG, backend=scripted_backend(lambda peer: peer.read_to_end()).address)
    client = connect(server.port("http"))
    client.send("POST /slow/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
    assert client.read_response().status == 408
    client.expect_end()


def test_clients_that_do_not_read_time_out(frontd, http_backend, connect):
    backend = http_backend(ok(b"x" * 20_000_000))
    server = frontd(CONFIG, backend=backend.address)
    client = connect(server.port("http"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.send_request("/slow/")
    server.wait_for_log(r"client stopped sending or reading")
    with pytest.raises(ConnectionResetError):
        client.read_to_end()


def test_pipelining_without_reading_is_bounded(server, connect):
    client = connect(server.port("http"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    total = 20000
    thread = threading.Thread(target=lambda: client.send(GET * total))
    thread.start()
    threading.Event().wait(1)
    answers = sum(client.read_response().body == b"answer" for _ in range(total))
    thread.join()
    assert answers == total


def test_plain_http_on_the_tls_port(server, connect):
    client = connect(server.port("https"))
    client.send(GET)
    response = client.read_response()
    assert response.status == 400
    assert b"The plain HTTP request was sent to HTTPS port" in response.body
    client.expect_end()


def test_alpn(server, connect):
    client = connect(server.port("https"), tls=True)
    assert client.request("/").body == b"page"
    assert client.request("/big").body == b"z" * 30_000_000
    assert client.request("/p").body == b"hello"


def test_upload_of_1600_mb_in_a_small_worker(frontd, scripted_backend, connect):
    if is_sanitized():
        pytest.skip("a sanitizer takes memory of its own")
    size = 1_600_000_000

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        left = size - len(peer.input)
        memory = bytearray(1 << 20)
        while left > 0:
            left -= peer.socket.recv_into(memory)
        peer.send(ok(b"done"))

    server = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(server.port("http"), timeout=60)
    client.send(f"PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n")
    with open("/dev/zero", "rb") as zero:
        piece = zero.read(1_000_000)
    for _ in range(size // len(piece)):
        client.socket.sendall(piece)
    assert client.read_response().body == b"done"
    for pid in server.workers():
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        assert peak < 64 * 1024, os.readlink(f"/proc/{pid}/exe")
