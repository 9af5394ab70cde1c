"""Backends that write down every byte they are sent and answer what a test tells them."""

import re
import socket
import threading
import traceback

from . import strict
from .ports import free_port
from .wire import Peer


class Server:
    """Listens on `host`:`port` and serves each connection in a thread with serve(peer). What serve
    raises is kept in `errors`; the fixture fails the test with it."""

    def __init__(self, host="127.0.0.1", port=None):
        self.host = host
        self.port = port or free_port()
        self.errors = []
        self.connections = 0
        self._peers = []
        self._threads = []
        self._listener = None
        self.start()

    @property
    def address(self):
        """As it stands in a configuration: 127.0.0.1:12345 or [::1]:12345."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def start(self):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family, backlog=1024)
        thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self):
        """Refuses new connections and closes the open ones, like a backend that went away."""
        if self._listener is None:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for peer in list(self._peers):
            try:
                peer.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()

    def serve(self, peer):
        raise NotImplementedError

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            peer = Peer(sock, timeout=60.0)
            self._peers.append(peer)
            thread = threading.Thread(target=self._run, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, peer):
        try:
            self.serve(peer)
        except OSError:
            pass  # the other end went away, or stop() was called
        except Exception:  # pylint: disable=broad-except
            if self._listener is not None:
                self.errors.append(traceback.format_exc())
        finally:
            self._peers.remove(peer)
            peer.close()


class ScriptedBackend(Server):
    """Each connection is one call of `script(peer)`, or one entry of a list of such functions (the
    last one again and again)."""

    def __init__(self, script, **options):
        self._scripts = script if isinstance(script, list) else [script]
        super().__init__(**options)

    def serve(self, peer):
        self._scripts[min(self.connections, len(self._scripts)) - 1](peer)


class Request:
    """An HTTP request as it came: `head` and `body` are the exact bytes (chunks included)."""

    def __init__(self, connection, head):
        self.connection = connection  # 1, 2, …: which connection it came on
        self.head = head
        line, *fields = head[:-4].decode("latin-1").split("\r\n")
        self.method, self.target, self.version = line.split(" ")
        self.fields = [(name, value.strip()) for name, _, value in (f.partition(":") for f in fields)]
        self.body = b""
        self.raw_body = b""

    def field(self, name, default=None):
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else default

    def __repr__(self):
        return f"<{self.method} {self.target} {self.fields} {self.body[:80]!r}>"


class HttpBackend(Server):
    """Answers every request with `answer`: bytes of a whole response, or a function of the Request
    that returns them (None closes the connection without an answer). `requests` is what came. Whatever
    could be understood in two ways fails the test (support/strict.py)."""

    def __init__(self, answer=None, **options):
        self.answer = answer if answer is not None else ok(b"hello")
        self.requests = []
        super().__init__(**options)

    def serve(self, peer):
        connection = self.connections
        while request := self._read(peer, connection):
            self.requests.append(request)
            answer = self.answer(request) if callable(self.answer) else self.answer
            if answer is None:
                return
            peer.send(answer)
            if "close" in request.field("connection", "") or b"connection: close" in answer.lower():
                return

    def _read(self, peer, connection):
        if not peer.input and not peer._receive():  # pylint: disable=protected-access
            return None
        request = Request(connection, peer.read_until(b"\r\n\r\n"))
        if request.field("expect", "").lower() == "100-continue":
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in request.field("transfer-encoding", ""):
            recorder = _Recorder(peer)
            request.body = recorder.read_chunked()
            request.raw_body = recorder.raw
        else:
            request.body = request.raw_body = peer.read(int(request.field("content-length", "0")))
        strict.check(request.head + request.raw_body)
        return request


class _Recorder(Peer):
    """Reads from another Peer and keeps the exact bytes."""

    def __init__(self, peer):  # pylint: disable=super-init-not-called
        self._peer = peer
        self.raw = b""

    def read_until(self, end):
        return self._keep(self._peer.read_until(end))

    def read(self, count):
        return self._keep(self._peer.read(count))

    def expect(self, data):
        self._peer.expect(data)
        self.raw += data

    def _keep(self, data):
        self.raw += data
        return data


def ok(body=b"", *fields, status="200 OK"):
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


XCLIENT = "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"


class Message:
    """A message the SMTP backend took: envelope, and the bytes of the content (dots not unstuffed)."""

    def __init__(self, sender, recipients, content):
        self.sender = sender
        self.recipients = recipients
        self.content = content


class SmtpSession:
    """One connection to the SMTP backend: every line it was sent, in order."""

    def __init__(self):
        self.lines = []
        self.messages = []
        self.xclient = {}  # the attributes, still in xtext

    @property
    def verbs(self):
        return [line.split(b" ")[0].split(b":")[0].upper().decode("latin-1") for line in self.lines]


class SmtpBackend(Server):
    """A well-behaved SMTP server that announces `capabilities` and records. `replies` maps a verb
    (or "GREETING", "CONTENT") to what to answer instead: text without CRLF, or a function of the
    line that returns such text; None closes the connection."""

    def __init__(self, capabilities=("PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "CHUNKING",
                                     "ENHANCEDSTATUSCODES", XCLIENT), replies=None, **options):
        self.capabilities = capabilities
        self.replies = dict(replies or {})
        self.sessions = []
        super().__init__(**options)

    @property
    def messages(self):
        return [message for session in self.sessions for message in session.messages]

    def serve(self, peer):
        session = SmtpSession()
        self.sessions.append(session)
        envelope = [b"", []]
        if not self._reply(peer, "GREETING", b"", "220 backend.example ESMTP"):
            return
        while peer.input or peer._receive():  # pylint: disable=protected-access
            line = peer.read_until(b"\r\n")[:-2]
            session.lines.append(line)
            verb = re.match(rb"[A-Za-z]*", line)[0].decode().upper()
            if not self._serve_command(peer, session, envelope, verb, line):
                return

    def _serve_command(self, peer, session, envelope, verb, line):
        if verb == "EHLO":
            default = _lines(250, ["backend.example", *self.capabilities])
        elif verb == "XCLIENT":
            session.xclient = dict(a.split("=", 1) for a in line.decode("latin-1").split(" ")[1:])
            default = "220 backend.example ESMTP again"
        elif verb == "MAIL":
            envelope[:] = [line, []]
            default = "250 2.1.0 Ok"
        elif verb == "RCPT":
            envelope[1].append(line)
            default = "250 2.1.5 Ok"
        elif verb == "DATA":
            default = "354 End data with <CR><LF>.<CR><LF>"
        elif verb == "BDAT":
            return self._serve_bdat(peer, session, envelope, line)
        else:
            default = {"QUIT": "221 2.0.0 Bye", "VRFY": "252 2.0.0 Perhaps"}.get(verb, "250 2.0.0 Ok")
        sent = self._reply(peer, verb, line, default)
        if verb == "DATA" and sent and sent.startswith("354"):
            content = peer.read_until(b"\r\n.\r\n") if not peer.input.startswith(b".\r\n") else peer.read(3)
            session.messages.append(Message(envelope[0], list(envelope[1]), content[:-3]))
            sent = self._reply(peer, "CONTENT", content, "250 2.0.0 Ok: queued as 4FTEST0001")
        return sent and not (verb == "QUIT" or sent.startswith("421"))

    def _serve_bdat(self, peer, session, envelope, line):
        words = line.split()
        content = peer.read(int(words[1]))
        if not session.messages or session.messages[-1].recipients is not envelope[1]:
            session.messages.append(Message(envelope[0], envelope[1], b""))
        session.messages[-1].content += content
        if words[-1].upper() == b"LAST":
            envelope[1] = []
            return self._reply(peer, "CONTENT", content, "250 2.0.0 Ok: queued as 4FTEST0002")
        return self._reply(peer, "BDAT", line, f"250 2.0.0 Ok: {len(content)} bytes")

    def _reply(self, peer, verb, line, default):
        reply = self.replies.get(verb, default)
        if callable(reply):
            reply = reply(line)
        if reply is not None:
            peer.send(reply + "\r\n")
        return reply


def _lines(code, lines):
    return "\r\n".join(f"{code}{' ' if i == len(lines) - 1 else '-'}{line}" for i, line in enumerate(lines))
