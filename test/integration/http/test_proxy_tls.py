"""https backends: frontd as a client of TLS, of Debian's nginx and of Python's own TLS."""

import socket
import ssl
import threading

import pytest
from support.backends import ok
from support.certs import Certificates
from support.ports import free_port

CONFIG = """
http {
    log_format tls '$status $upstream_addr $upstream_status';
    access_log logs/tls.log tls;
    upstream pair { server 127.0.0.1:@dead@; server 127.0.0.1:@tls@; }
    server {
        listen 127.0.0.1:@http@;
        client_max_body_size 0;
        proxy_connect_timeout 2s;
        location / { proxy_pass https://127.0.0.1:@tls@; }
        location /verified/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on;
                              proxy_ssl_trusted_certificate @authority@; proxy_ssl_name localhost;
                              proxy_ssl_server_name on; }
        location /wrong-name/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on;
                                proxy_ssl_trusted_certificate @authority@; proxy_ssl_name other.test; }
        location /address/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on;
                             proxy_ssl_server_name on; proxy_ssl_trusted_certificate @authority@; }
        location /stranger/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on;
                              proxy_ssl_trusted_certificate @stranger@; proxy_ssl_name localhost; }
        location /old/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.2;
                         proxy_ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; }
        location /pair/ { proxy_pass https://pair; }
        location /variable/ { proxy_pass $arg_scheme://127.0.0.1:@tls@; }
        location /plain/ { proxy_pass https://127.0.0.1:@plain@; }
        location /silent/ { proxy_pass https://127.0.0.1:@silent@; }
    }
}
"""


class TlsBackend:
    """Every connection is one thread; `seen` tells name, version, cipher and whether it was resumed."""

    def __init__(self, certificates):
        self.seen, self.names = [], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificates.make("backend"))
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answer = ok(b"secret")
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.settimeout(60)
        try:
            with self.context.wrap_socket(sock, server_side=True) as tls:
                self.seen.append((tls.version(), tls.cipher()[0], tls.session_reused))
                self._answer(tls)
        except (OSError, ValueError):
            sock.close()

    def _answer(self, tls):
        rest = b""
        while True:
            while b"\r\n\r\n" not in rest:
                data = tls.recv(65536)
                if not data:
                    return
                rest += data
            head, rest = rest.split(b"\r\n\r\n", 1)
            length = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            while length and len(rest) < length[0]:
                rest += tls.recv(65536)
            rest = rest[length[0]:] if length else rest
            answer = self.answer(head) if callable(self.answer) else self.answer
            tls.sendall(answer)
            if b"connection: close" in answer.lower():
                return


@pytest.fixture
def site(frontd, connect, tmp_path, scripted_backend):
    certificates = Certificates(tmp_path)
    (tmp_path / "other").mkdir()
    backend = TlsBackend(certificates)
    gate = threading.Event()
    plain = scripted_backend(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    silent = scripted_backend(lambda peer: gate.wait(60))
    running = frontd(CONFIG, tls=backend.port, dead=free_port(), authority=str(certificates.authority),
                     stranger=str(Certificates(tmp_path / "other").authority), plain=plain.port,
                     silent=silent.port)
    running.backend = backend
    running.client = connect(running.port("http"))
    yield running
    gate.set()
    backend.listener.close()


def test_a_request_and_its_answer(site):
    for _ in range(3):
        reply = site.client.request("/")
        assert (reply.status, reply.body) == (200, b"secret")
    assert len(site.backend.seen) == 1  # the connection was kept
    assert site.backend.seen[0][0] == "TLSv1.3"
    assert site.backend.names in ([], [None])  # as in nginx, unless proxy_ssl_server_name says on


def test_who_is_trusted(site):
    assert site.client.request("/verified/").status == 200
    assert site.backend.names[-1] == "localhost"
    assert site.client.request("/address/").status == 200
    assert site.backend.names[-1] in (None, "localhost")  # an address is no name to tell
    for target, words in {"/wrong-name/": "hostname mismatch", "/stranger/": "certificate"}.items():
        assert site.client.request(target).status == 502
        assert "TLS with the backend failed: " in site.log()
        assert words in site.log()


def test_protocols_and_ciphers(site):
    assert site.client.request("/old/").status == 200
    assert site.backend.seen[-1][:2] == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")


def test_sessions_are_resumed(site):
    site.backend.answer = ok(b"secret", "Connection: close")
    for _ in range(3):
        assert site.client.request("/old/").status == 200
    assert [resumed for _, _, resumed in site.backend.seen] == [False, True, True]


def test_one_of_several(site):
    assert site.client.request("/pair/").body == b"secret"


def test_the_scheme_may_be_a_variable(site):
    assert site.client.request("/variable/?scheme=https").body == b"secret"
    assert site.client.request("/variable/?scheme=http").status == 502


def test_what_does_not_speak_tls(site):
    assert site.client.request("/plain/").status == 502
    assert site.client.request("/silent/").status == 504


def test_bodies(site):
    site.backend.answer = ok(bytes(range(256)) * 8192)
    reply = site.client.request("/", method="PUT", body=bytes(3_000_000))
    assert reply.body == bytes(range(256)) * 8192


def test_an_answer_without_an_end_is_not_complete(site):
    """A body that only the connection ends, cut without close_notify: the client must see it."""
    site.backend.answer = b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhalf"
    with pytest.raises(AssertionError):
        reply = site.client.request("/")
        assert reply.body != b"half"
