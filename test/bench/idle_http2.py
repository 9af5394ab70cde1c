"""Connections of HTTP/2 over TLS that have made one request and then say nothing."""

import socket
import ssl

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _ACK = b"\0\0\0\x04\0\0\0\0\0", b"\0\0\0\x04\x01\0\0\0\0"
_END_STREAM, _DATA, _GOAWAY = 1, 0, 7


def hold(port, path, count):
    """Opens so many; each has its answer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return [_connect(context, port, path) for _ in range(count)]


def _connect(context, port, path):
    connection = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 20))
    connection.settimeout(20)
    connection.sendall(_PREFACE + _SETTINGS + _request(path))
    _read_answer(connection)
    connection.sendall(_ACK)
    return connection


def _request(path):
    """GET, by the static table of HPACK and literals as browsers send them: to be remembered."""
    fields = [(0x41, b"bench"), (0x44, path.encode()), (0x40 + 58, b"Mozilla/5.0 (X11; Linux x86_64; rv:115.0)"),
              (0x40 + 19, b"text/html,application/xhtml+xml,*/*;q=0.8"), (0x40 + 17, b"en-US,en;q=0.5")]
    block = b"\x82\x87" + b"".join(bytes([index, len(value)]) + value for index, value in fields)
    return len(block).to_bytes(3, "big") + b"\x01\x05\0\0\0\x01" + block


def _read_answer(connection):
    received = b""
    while True:
        while len(received) < 9 or len(received) < 9 + int.from_bytes(received[:3], "big"):
            part = connection.recv(65536)
            assert part, "the connection ended"
            received += part
        kind, flags = received[3], received[4]
        assert kind != _GOAWAY
        if kind == _DATA and flags & _END_STREAM:
            return
        received = received[9 + int.from_bytes(received[:3], "big") :]
