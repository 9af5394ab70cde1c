"""Scripted peers: what goes over the wire, byte by byte, on either side.

A Peer is one connection. Everything it expects it waits for at most `timeout` seconds, and says what
came instead."""

import re
import socket
import ssl
import time


def client_tls(authority=None, **options):
    """A TLS context for a client. With `authority` (a path) the certificate is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(str(authority))
    for name, value in options.items():
        setattr(context, name, value)
    return context


def connect(port, host="127.0.0.1", source=None, tls=None, name="localhost", timeout=10.0):
    """Connects and returns a Peer. `source`: the address to come from (127.0.0.2, ::1).
    `tls`: True or a context from client_tls; `name` is the SNI then."""
    address = (source, 0) if source else None
    peer = Peer(socket.create_connection((host, port), timeout, address), timeout)
    if tls:
        peer.start_tls(client_tls() if tls is True else tls, name)
    return peer


class Peer:
    """One end of a connection that says and hears exactly what a test tells it to."""

    def __init__(self, sock, timeout=10.0):
        self.socket = sock
        self.timeout = timeout
        self.input = b""  # received, not yet expected
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def start_tls(self, context, name="localhost"):
        """The handshake, as a client."""
        if self.input:
            raise AssertionError(f"bytes before the handshake: {self.input!r}")
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def accept_tls(self, context):
        """The handshake, as a server."""
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def certificate(self):
        """The peer's certificate, DER."""
        return self.socket.getpeercert(True)

    @property
    def address(self):
        """Our own address and port as the other end should see them."""
        return self.socket.getsockname()[:2]

    def send(self, data):
        self.socket.sendall(_bytes(data))

    def send_slowly(self, data, size=1, pause=0.0):
        """Sends in pieces of `size` bytes, each its own write."""
        data = _bytes(data)
        for start in range(0, len(data), size):
            self.socket.sendall(data[start : start + size])
            if pause:
                time.sleep(pause)

    def finish_sending(self):
        """Half-closes: the other end sees the end of our bytes. Not within TLS."""
        self.socket.shutdown(socket.SHUT_WR)

    def expect(self, data):
        """Exactly these bytes come next."""
        data = _bytes(data)
        while len(self.input) < len(data) and data.startswith(self.input):
            if not self._receive():
                break
        if not self.input.startswith(data):
            raise AssertionError(f"expected {data!r}, received {self.input!r}")
        self.input = self.input[len(data) :]

    def expect_line(self, pattern=None, end=b"\n"):
        """The next line, its end included; it must match the regular expression, if one is given."""
        line = self.read_until(end)
        if pattern is not None and not re.search(_bytes(pattern), line):
            raise AssertionError(f"expected a line like {pattern!r}, received {line!r}")
        return line

    def read_until(self, end):
        """Everything up to and with `end`."""
        end = _bytes(end)
        while end not in self.input:
            if not self._receive():
                raise AssertionError(f"closed before {end!r}; received {self.input!r}")
        head, _, self.input = self.input.partition(end)
        return head + end

    def read(self, count):
        """Exactly `count` bytes."""
        parts, have = [self.input], len(self.input)
        while have < count:
            part = self._take()
            if not part:
                raise AssertionError(f"closed after {have} of {count} bytes")
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self.input = data[count:]
        return data[:count]

    def read_to_end(self):
        """Everything until the other end closes."""
        parts = [self.input]
        self.input = b""
        while part := self._take():
            parts.append(part)
        return b"".join(parts)

    def expect_end(self, reset_is_end=True):
        """The other end closes without saying any more."""
        try:
            while self._receive():
                pass
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            if not reset_is_end:
                raise
        if self.input:
            raise AssertionError(f"expected the end, received {self.input!r}")

    def expect_silence(self, seconds=0.3):
        """Nothing comes for a while, not even the end."""
        self.socket.settimeout(seconds)
        try:
            part = self.socket.recv(4096)
        except TimeoutError:
            part = None
        finally:
            self.socket.settimeout(self.timeout)
        if part is not None or self.input:
            raise AssertionError(f"expected silence, received {self.input + (part or b'')!r}")

    def play(self, script):
        """Runs a script: lines "> text" are sent and "< text" expected, each with CRLF; "< /regex/"
        must match the next line; "<EOF" is the end."""
        for line in script.strip().splitlines():
            line = line.strip()
            if line == "<EOF":
                self.expect_end()
            elif line.startswith("< /") and line.endswith("/"):
                self.expect_line(line[3:-1])
            elif line.startswith("<"):
                self.expect(line[2:] + "\r\n")
            elif line.startswith(">"):
                self.send(line[2:] + "\r\n")
            elif line:
                raise ValueError(f"not a line of a script: {line!r}")

    def _take(self):
        """The next bytes; b"" at the end."""
        try:
            return self.socket.recv(262144)
        except TimeoutError:
            raise AssertionError(
                f"nothing for {self.timeout:g} s; received so far {self.input!r}"
            ) from None

    def _receive(self):
        part = self._take()
        self.input += part
        return len(part) > 0

    # SMTP

    def read_reply(self):
        """One SMTP reply, all its lines."""
        lines = []
        while True:
            line = self.expect_line(r"^[2-5][0-9][0-9][ -].*\r\n$").decode("utf-8", "replace")
            lines.append(line[4:].rstrip("\r\n"))
            if line[3] == " ":
                return Reply(int(line[:3]), lines)

    def expect_reply(self, code, pattern=None):
        """One SMTP reply with that code (220, or "5" for its first digit)."""
        reply = self.read_reply()
        if not str(reply.code).startswith(str(code)):
            raise AssertionError(f"expected {code}, received {reply}")
        if pattern is not None and not re.search(pattern, reply.text):
            raise AssertionError(f"expected {code} with {pattern!r}, received {reply}")
        return reply

    def command(self, line, code=None, pattern=None):
        """Sends one SMTP command and reads its reply, which has to have that code if one is given."""
        self.send(_bytes(line) + b"\r\n")
        return self.read_reply() if code is None else self.expect_reply(code, pattern)

    def smtp_starttls(self, context=None, name="localhost"):
        self.command("STARTTLS", 220)
        self.start_tls(context or client_tls(), name)

    # HTTP

    def request(self, target="/", host="localhost", method="GET", fields=(), body=b""):
        """Sends one HTTP/1.1 request and reads the answer."""
        self.send_request(target, host, method, fields, body)
        return self.read_response(method)

    def send_request(self, target="/", host="localhost", method="GET", fields=(), body=b""):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
        if body and not any(f.lower().startswith(("content-length", "transfer-encoding")) for f in fields):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + _bytes(body))

    def read_response(self, method="GET"):
        """One final HTTP response with its body, decoded from chunks."""
        head = self.read_until(b"\r\n\r\n")
        response = Response(head)
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            pass
        elif "chunked" in response.field("transfer-encoding", ""):
            response.body = self.read_chunked()
        elif response.field("content-length") is not None:
            response.body = self.read(int(response.field("content-length")))
        else:
            response.body = self.read_to_end()
        return response

    def read_chunked(self):
        parts = []
        while size := int(self.expect_line(r"^[0-9a-fA-F]+(;.*)?\r\n$").split(b";")[0], 16):
            parts.append(self.read(size))
            self.expect(b"\r\n")
        while self.expect_line() != b"\r\n":
            pass
        return b"".join(parts)


class Reply:
    """An SMTP reply: code, and the text of each line."""

    def __init__(self, code, lines):
        self.code = code
        self.lines = lines

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def keywords(self):
        """Of an EHLO reply: keyword → parameters."""
        return {line.split()[0].upper(): line.split()[1:] for line in self.lines[1:] if line.strip()}

    def __repr__(self):
        return f"<{self.code} {' | '.join(self.lines)}>"


class Response:
    """An HTTP response: status, reason, fields as (name, value) in their order, body, and `head` as it came."""

    def __init__(self, head):
        self.head = head
        status_line, *lines = head[:-4].decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] ([1-9][0-9][0-9])(?: (.*))?", status_line)
        if not match:
            raise AssertionError(f"not a status line: {status_line!r}")
        self.status = int(match[1])
        self.reason = match[2] or ""
        self.fields = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise AssertionError(f"not a field line: {line!r}")
            self.fields.append((name, value.strip()))
        self.body = b""

    def field(self, name, default=None):
        """The value of the field; several are joined as RFC 9110 5.3 says."""
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else default

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.fields} {self.body[:80]!r}>"


def _bytes(data):
    return data.encode("utf-8") if isinstance(data, str) else bytes(data)
