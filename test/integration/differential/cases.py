"""The rows of the themes: a request as bytes, how many answers it gets, how it may differ."""

import base64
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    pieces: tuple  # bytes are sent, numbers are pauses in seconds
    methods: tuple  # of the requests in it; as many answers are waited for
    differs: tuple  # names of deviations
    source: str  # the address to come from
    tls: bool | str  # True, or the name to ask for
    port: str  # the name that the `listen` has in the configuration


def raw(name, *pieces, methods=None, differs=(), source="127.0.0.1", tls=False, port="http"):
    """Exactly these bytes. Without `methods` it is one request with the method it begins with."""
    pieces = tuple(p.encode("latin-1") if isinstance(p, str) else p for p in pieces)
    if methods is None:
        methods = (pieces[0].split(b" ")[0].decode("latin-1"),)
    return Case(name, pieces, tuple(methods), _names(differs), source, tls, port)


def ask(method, target, *fields, host="a.test", body=None, version="1.1", **how):
    """One request. Its name is its first line and its fields."""
    lines = [f"{method} {target} HTTP/{version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += fields
    if isinstance(body, str):
        body = body.encode("latin-1")
    if body is not None and not any(f.lower().startswith("transfer-encoding:") for f in fields):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    name = how.pop("name", None) or _name(method, target, fields, host, version, how)
    return raw(name, head.encode("latin-1") + (body or b""), methods=(method,), **how)


def get(target, *fields, **how):
    return ask("GET", target, *fields, **how)


def head(target, *fields, **how):
    return ask("HEAD", target, *fields, **how)


def post(target, body, *fields, **how):
    return ask("POST", target, *fields, body=body, **how)


def basic(user, password="secret"):
    """The field of a login."""
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def chunked(*pieces):
    """A body in these chunks."""
    pieces = [p.encode("latin-1") if isinstance(p, str) else p for p in pieces]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def _name(method, target, fields, host, version, how):
    words = [method, target if len(target) < 80 else target[:80] + "…", *(f"[{f[:60]}]" for f in fields)]
    words += [f"@{host}"] if host != "a.test" else []
    words += [version] if version != "1.1" else []
    words += [f"{key}={how[key]}" for key in ("source", "port", "tls") if key in how]
    return " ".join(words)


def _names(differs):
    return (differs,) if isinstance(differs, str) else tuple(differs)
