"""Backends and clients that go, stop or say too much at the wrong moment."""

import socket
import threading
import time

import pytest
from support.backends import ok
from support.wait import wait_until

CONFIG = """
worker_processes 1;
http {
    access_log logs/access.log;
    server {
        listen 127.0.0.1:@http@;
        client_max_body_size 0;
        root @home@/site;
        location / { proxy_pass http://@backend@; }
        location /file { }
    }
}
"""

WEBSOCKET = (
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def _send_all(peer, data, times):
    """As much of it as the other end takes; how many bytes."""
    try:
        for i in range(times):
            peer.socket.sendall(data)
    except OSError:
        return i * len(data)
    return times * len(data)


def test_an_early_answer_survives_the_reset_behind_it(frontd, scripted_backend, connect):
    """The backend closes with most of the upload unread: our write fails before its answer is read."""

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(ok(b"no", "Connection: close", status="413 No"))

    port = frontd(CONFIG, backend=scripted_backend(script).address).port("http")
    for _ in range(20):
        client = connect(port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
        upload = threading.Thread(target=_send_all, args=(client, b"x" * 65536, 305))
        upload.start()
        response = client.read_response()
        assert response.status == 413 and response.body == b"no"
        client.close()
        upload.join(10)


def test_a_head_without_end_is_502_at_once(frontd, scripted_backend, connect):
    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send("HTTP/1.1 200 OK\r\n" + ("A: " + "b" * 4000 + "\r\n") * 30)
        peer.read_to_end()

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read_response().status == 502
    instance.wait_for_log("backend sent an invalid answer: head too long")


def test_a_tunnel_carries_on_after_the_backends_last_word(frontd, scripted_backend, connect):
    received = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(SWITCHED)
        peer.socket.settimeout(0.5)
        peer.socket.recv(1)  # the upload runs, and soon stands
        threading.Event().wait(1)
        peer.socket.shutdown(socket.SHUT_WR)
        threading.Event().wait(0.5)
        count = 1
        while data := peer.socket.recv(1 << 20):
            count += len(data)
        received.append(count)

    client = connect(frontd(CONFIG, backend=scripted_backend(script).address).port("http"))
    client.send(WEBSOCKET)
    client.read_until(b"\r\n\r\n")
    client.send(b"q" * 20000000)
    client.finish_sending()
    client.expect_end()
    wait_until(lambda: received, lambda: "the end of the tunnel")
    assert received == [20000000]


def test_a_tunnels_last_bytes_reach_a_slow_backend_that_has_said_its_last_word(frontd, scripted_backend, connect):
    received = []

    def script(peer):
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        peer.read_until(b"\r\n\r\n")
        peer.send(SWITCHED)
        peer.socket.shutdown(socket.SHUT_WR)
        count = 0
        while data := peer.socket.recv(65536):
            count += len(data)
            threading.Event().wait(0.005)  # slower than the client: some is always queued
        received.append(count)

    client = connect(frontd(CONFIG, backend=scripted_backend(script).address).port("http"))
    client.send(WEBSOCKET)
    client.read_until(b"\r\n\r\n")
    client.send(b"q" * 20000000)
    client.finish_sending()
    client.expect_end()
    wait_until(lambda: received, lambda: "the end of the tunnel")
    assert received == [20000000]


def test_a_backend_that_only_says_its_last_word_holds_the_client_back(frontd, scripted_backend, connect):
    done = threading.Event()

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(SWITCHED)
        peer.socket.shutdown(socket.SHUT_WR)
        done.wait(20)

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send(WEBSOCKET)
    client.read_until(b"\r\n\r\n")
    client.expect_end()
    workers = instance.workers()
    client.socket.settimeout(1)
    assert _send_all(client, b"k" * 65536, 1600) < 60 << 20
    done.set()
    assert instance.workers() == workers  # without bound, its buffer ends at 64 MiB, and it with it


def test_the_log_tells_what_was_sent_of_a_file(frontd_files, connect, scripted_backend):
    instance = frontd_files(CONFIG, backend=scripted_backend(lambda peer: None).address)
    instance.file("site/file", b"f" * 40000000)
    instance.start()
    client = connect(instance.port("http"))
    client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
    client.read_until(b"\r\n\r\n")
    client.reset()
    match = instance.wait_for_log(r'"GET /file HTTP/1.1" 200 (\d+) ', name="access.log")
    assert 0 < int(match[1]) < 40000000


def test_a_field_that_is_there_but_empty_is_logged_empty(frontd, scripted_backend, connect):
    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(ok(b"x"))

    instance = frontd(CONFIG, backend=scripted_backend(script).address)
    client = connect(instance.port("http"))
    client.send("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent:\r\n\r\n")
    client.read_response()
    instance.wait_for_log(r'"GET / HTTP/1.1" 200 1 "-" ""$', name="access.log")


def test_a_backend_that_takes_the_request_slowly_is_waited_for(frontd, scripted_backend, connect):
    """The timeout is one between two writes, not one for the whole of what is queued."""

    def script(peer):
        head = peer.read_until(b"\r\n\r\n")
        left = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]) - len(peer.input)
        while left > 0:
            left -= len(peer.socket.recv(3000))
            threading.Event().wait(0.06)
        peer.send(ok(b"slow"))

    backend = scripted_backend(script)
    listener = backend._listener  # pylint: disable=protected-access
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # so that the kernel buffers little
    config = CONFIG.replace("root", "proxy_send_timeout 2s; proxy_read_timeout 6s; root")
    client = connect(frontd(config, backend=backend.address).port("http"), timeout=30.0)
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 350000\r\n\r\n" + b"x" * 350000)
    assert client.read_response().body == b"slow"


LOOP = """
http {
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass http://127.0.0.1:@http@; }
        location /once/ { proxy_pass http://127.0.0.1:@http@/twice/; }
        location /twice/ { proxy_pass http://127.0.0.1:@http@/there/; }
        location /there/ { proxy_pass http://@backend@; }
        location /elsewhere/ { proxy_pass http://@backend@; }
    }
}
"""


def test_a_request_that_goes_round_ends(frontd, http_backend, connect):
    backend = http_backend()
    running = frontd(LOOP, backend=backend.address)
    reply = connect(running.port("http")).request("/round")
    assert (reply.status, reply.reason) == (508, "Loop Detected")
    assert "goes round in circles" in running.log()
    assert connect(running.port("http")).request("/once/").body == b"hello"
    connect(running.port("http")).request("/elsewhere/")
    assert backend.requests[-1].field("X-Frontd-Steps") is None


ABORT = """
http {
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass http://@backend@; }
        location /brief/ { proxy_pass http://@backend@; proxy_ignore_client_abort on; proxy_read_timeout 500ms; }
        location /finish/ { proxy_pass http://@backend@; proxy_ignore_client_abort on; }
    }
}
"""


def test_a_backend_may_finish_when_the_client_has_left(frontd, scripted_backend, connect):
    left, ends = threading.Event(), []

    def script(peer):
        head = peer.read_until(b"\r\n\r\n")
        left.wait(60)
        try:
            for _ in range(64):
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n" if _ == 0 else bytes(1 << 20))
            ends.append((head.split()[1], "finished"))
        except OSError:
            ends.append((head.split()[1], "cut off"))

    backend = scripted_backend(script)
    running = frontd(ABORT, backend=backend.address)
    clients = [connect(running.port("http")) for _ in range(2)]
    for client, target in zip(clients, ("/", "/finish/")):
        client.send_request(target)
    wait_until(lambda: backend.connections == 2, "both requests")
    for client in clients:
        client.close()
    left.set()
    wait_until(lambda: len(ends) == 2, lambda: ends, timeout=60)
    assert sorted(ends) == [(b"/", "cut off"), (b"/finish/", "finished")]


def endless(pause, size, ends):
    """A backend that never stops; how long it lasted, and what it sent, goes to `ends`."""
    def script(peer):
        peer.read_until(b"\r\n\r\n")
        began, sent = time.monotonic(), 0
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while time.monotonic() - began < 100:
                peer.send(bytes(size))
                sent += size
                time.sleep(pause)
        except OSError:
            pass
        ends.append((time.monotonic() - began, sent))

    return script


@pytest.mark.parametrize("target, pause, size", [("/brief/", 0.1, 10), ("/finish/", 0, 1 << 20)])
def test_a_backend_that_never_finishes_is_cut_off(frontd, scripted_backend, connect, target, pause, size):
    """By time, and by bytes."""
    ends = []
    running = frontd(ABORT, backend=scripted_backend(endless(pause, size, ends)).address)
    client = connect(running.port("http"))
    client.send_request(target)
    client.read_until(b"\r\n\r\n")
    client.close()
    wait_until(lambda: ends, "the end of the backend", timeout=90)
    seconds, sent = ends[0]
    if target == "/brief/":
        assert 4.5 < seconds < 90
    else:
        assert sent > 250 << 20 and seconds < 90


def test_not_too_many_backends_finish_for_nobody(frontd, scripted_backend, connect):
    ended = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.timeout = 60
        peer.socket.settimeout(60)
        peer.read_to_end()
        ended.append(1)

    backend = scripted_backend(script)
    running = frontd("worker_processes 1;" + ABORT, backend=backend.address)
    clients = [connect(running.port("http")) for _ in range(140)]
    for client in clients:
        client.send_request("/finish/")
    wait_until(lambda: backend.connections == 140, "all requests", timeout=60)
    for client in clients:
        client.close()
    wait_until(lambda: len(ended) == 12, lambda: len(ended), timeout=60)
    running.wait_for_log("too many answers are read for clients that have left")
    assert len(ended) == 12
