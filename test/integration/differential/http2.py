"""The rows of the themes over HTTP/2: the same configuration with `http2` on its listeners in the
clear, the same requests as far as they say something there, one connection for each.

What belongs to HTTP/1 alone stays out (over_http2 returns None): raw bytes that are no request,
several requests on a connection, other versions, connection-specific fields, TLS."""

import re

from support.http2 import REFUSED_STREAM, Http2Client, without_chunks

from .client import TIMEOUT, Answer, Heard
from .deviations import HTTP1_ONLY

_TOKEN = re.compile(r"[!#$%&'*+.^`|~0-9A-Za-z_-]+")
_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "upgrade", "te", "http2-settings", "expect"}


_LISTEN = re.compile(r"(\blisten\s+@(\w+)@(?:\s+default_server)?)\s*;")


def configuration(text):
    """The same, spoken to in HTTP/2."""
    return _LISTEN.sub(r"\1 http2;", text)


def rows(theme):
    """(row, Request) of those that say something in HTTP/2."""
    ports = {match[2] for match in _LISTEN.finditer(theme.CONFIG)}
    pairs = [(case, over_http2(case)) for case in theme.CASES if case.port in ports]
    return [(case, request) for case, request in pairs if request]


class Request:
    """A request as fields and a body."""

    def __init__(self, fields, body):
        self.fields = fields
        self.body = body  # None: the head ends it


def differs(theme, case):
    """The deviations of a row. A theme says in DIFFERS_OVER_HTTP2 which rows have others here than in HTTP/1."""
    usual = tuple(name for name in case.differs if name not in HTTP1_ONLY)
    return getattr(theme, "DIFFERS_OVER_HTTP2", {}).get(case.name, usual)


def over_http2(case):
    """The Request that a row is over HTTP/2; None if it is none there."""
    if case.tls or len(case.methods) != 1 or "framing" in case.differs:
        return None
    head, end, body = b"".join(piece for piece in case.pieces if isinstance(piece, bytes)).partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"([A-Z]+) (/[!-~]*) HTTP/1\.1", line)
    if not end or not match or match[1] == "CONNECT":
        return None
    fields = [field.partition(":") for field in fields]
    if not all(_is_plain(*field) for field in fields):
        return None
    return _request(match[1], match[2], [(name.lower(), value.strip(" ")) for name, _, value in fields], body)


def _is_plain(name, colon, value):
    """What both versions write alike."""
    return (_TOKEN.fullmatch(name) and colon and name.lower() not in _ONE_CONNECTION
            and all(char in "\t" or " " <= char != "\x7f" for char in value) and value.strip(" ") == value.strip(" \t"))


def _request(method, path, fields, body):
    hosts, codings = _values(fields, "host"), _values(fields, "transfer-encoding")
    if len(hosts) != 1 or not re.fullmatch(r"[\w.:\[\]-]+", hosts[0]):
        return None
    if codings:
        body = without_chunks(body) if codings == ["chunked"] and not _values(fields, "content-length") else None
        if body is None:
            return None
    elif _values(fields, "content-length") not in ([], [str(len(body))]):
        return None
    pseudo = [(":method", method), (":scheme", "http"), (":authority", hosts[0]), (":path", path)]
    kept = [field for field in fields if field[0] not in ("host", "transfer-encoding")]
    return Request(pseudo + kept, body if body or codings else None)


def _values(fields, name):
    return [value for key, value in fields if key == name]


def converse(request, case, host, port):
    """Sends it to host:port and returns what was Heard."""
    client = Http2Client(port, host=host, source=case.source, timeout=TIMEOUT)
    try:
        return _converse(client, request, case.methods[0])
    except AssertionError as problem:
        if "nothing for" not in str(problem):
            raise
        return Heard([], "silence")
    finally:
        client.close()


def _converse(client, request, method):
    stream = client.next_stream()
    client.send(*client.head(stream, request.fields, end=request.body is None))
    if request.body is not None:
        client.send_body(stream, request.body)
    response = client.stream(stream)
    try:
        client.receive_until(response.is_over)
    except (AssertionError, OSError) as problem:
        if "nothing for" in str(problem):
            raise
    heads = [_answer(head) for head in response.heads]
    if heads:
        assert method != "HEAD" or not response.body
        heads[-1].complete = response.ended
        heads[-1].body = response.body if response.ended else b""  # how much of it came before is chance
    if response.reset == REFUSED_STREAM:
        return Heard(heads, "refused")
    return Heard(heads, "closed" if client.ended or client.goaway else "kept")


def _answer(head):
    fields = [(name, value) for name, value in head if not name.startswith(":")]
    return Answer("2", int(dict(head)[":status"]), "", fields)
