"""Reads a request as a backend that trusts nobody would: what could be understood in two ways is an
error. What frontd sends to backends has to pass, whatever its client sent (RFC 9112; reference/http.md 4)."""

import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"expect")
NEVER = (b"proxy", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"http2-settings", b"expect",
         b"proxy-authorization")


class Ambiguous(AssertionError):
    """The bytes have more than one reading, or none."""


def check(raw, underscores=False):
    """Fails unless `raw` is one request, whole, with nothing before or behind it. `underscores`: names may
    have them."""
    head, end, body = raw.partition(b"\r\n\r\n")
    _need(end, "no end of the head", raw)
    line, *lines = head.split(b"\r\n")
    _need(re.fullmatch(TOKEN + rb" [!-\"$-~\x80-\xff]+ HTTP/1\.[01]", line), "request line", line)
    fields = [_field(each, underscores) for each in lines]
    names = [name for name, _ in fields]
    for name in ONCE:
        _need(names.count(name) <= 1, "twice", name)
    for name in NEVER:
        _need(name not in names, "not for a backend", name)
    _need(names.count(b"host") == 1, "Host", head)
    values = dict(fields)
    _need(re.fullmatch(rb"[^\s/@,?#\\]+", values[b"host"]), "value of Host", values[b"host"])
    _check_connection(values, names)
    _check_body(values, body)


def _field(line, underscores):
    match = re.fullmatch(rb"(" + TOKEN + rb"):[ \t]*((?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)[ \t]*", line)
    _need(match, "field line", line)
    _need(underscores or b"_" not in match[1], "name with an underscore", line)
    return match[1].lower(), match[2]


def _check_connection(values, names):
    options = [option.strip().lower() for option in values.get(b"connection", b"").split(b",") if option.strip()]
    for option in options:
        _need(option in (b"close", b"keep-alive", b"upgrade"), "option of Connection", option)
    _need((b"upgrade" in names) == (b"upgrade" in options), "Upgrade and Connection disagree", b"")


def _check_body(values, body):
    if b"transfer-encoding" in values:
        _need(b"content-length" not in values, "length and chunks", b"")
        _need(values[b"transfer-encoding"] == b"chunked", "coding", values[b"transfer-encoding"])
        _check_chunks(body)
    elif b"content-length" in values:
        _need(re.fullmatch(rb"0|[1-9][0-9]{0,18}", values[b"content-length"]), "length", values[b"content-length"])
        _need(len(body) == int(values[b"content-length"]), "bytes of the body", body)
    else:
        _need(not body, "bytes after a head without a body", body)


def _check_chunks(body):
    while True:
        line, end, rest = body.partition(b"\r\n")
        _need(end and re.fullmatch(rb"0|[1-9a-fA-F][0-9a-fA-F]{0,7}", line), "chunk size", line)
        size = int(line, 16)
        _need(rest[size : size + 2] == b"\r\n", "end of the chunk", rest[size : size + 2])
        body = rest[size + 2 :]
        if size == 0:
            _need(not body, "bytes after the last chunk", body)
            return


def _need(condition, what, where):
    if not condition:
        raise Ambiguous(f"{what}: {bytes(where)[:300]!r}")
