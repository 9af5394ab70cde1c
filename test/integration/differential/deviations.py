"""Where frontd differs from nginx on purpose. Each deviation has a name, the reason, and a function
that is given both exchanges and takes exactly this difference away, in ours or in theirs; it returns
whether there was one."""

import dataclasses
import re
import urllib.parse
from typing import Callable

TABLE = {}


@dataclasses.dataclass(frozen=True)
class Deviation:
    name: str
    reason: str
    take_away: Callable  # (ours, theirs) → bool


def _deviation(name, reason):
    def add(function):
        assert name not in TABLE
        TABLE[name] = Deviation(name, reason, function)
        return function

    return add


def _pairs(ours, theirs):
    """Answers that stand at the same place."""
    return zip(ours.heard.answers, theirs.heard.answers)


def _any(results):
    """Of all of them: any() would stop at the first."""
    return any(list(results))


# What nearly every answer shows


@_deviation("name", "it is frontd: in Server, and at the foot of the pages it makes")
def _name(ours, theirs):
    return _any(_rename(*pair) for pair in _pairs(ours, theirs))


def _rename(our_answer, their_answer):
    if their_answer.field("server") is None or our_answer.field("server") != "frontd":
        return False
    name = their_answer.field("server")
    our_answer.set_field("server", "NAME")
    their_answer.set_field("server", "NAME")
    _rename_foot(our_answer, their_answer, name)
    return True


def _rename_foot(our_answer, their_answer, name):
    """In the page, and in its length; of an answer to HEAD there is only the length."""
    pages = [(our_answer, b"<center>frontd</center>"), (their_answer, f"<center>{name}</center>".encode())]
    lengths = [answer.field("content-length") or "" for answer, _ in pages]
    is_page = all(foot in answer.body for answer, foot in pages)
    is_head = not our_answer.body and not their_answer.body and all(map(str.isdigit, lengths))
    if is_page or (is_head and int(lengths[0]) - len("frontd") == int(lengths[1]) - len(name)):
        for answer, foot in pages:
            answer.body = answer.body.replace(foot, b"<center>NAME</center>")
            answer.set_field("content-length", "of the page")


@_deviation("connection kept", "an answer in HTTP/1.1 need not say keep-alive (RFC 9112 9.3)")
def _connection_kept(ours, theirs):
    return _any(answer.drop("connection")
                for ours_answer, answer in _pairs(ours, theirs)
                if answer.field("connection") == "keep-alive" and ours_answer.field("connection") is None)


@_deviation("backend 1.1", "backends are spoken to in HTTP/1.1, and connections to them are kept")
def _backend_11(ours, theirs):
    changed = False
    for our_request, request in zip(ours.requests(), theirs.requests()):
        if our_request.version == "HTTP/1.1":  # else proxy_http_version says so
            changed = changed or request.version == "HTTP/1.0"
            request.version = "HTTP/1.1"
        if request.field("connection") == "close" and our_request.field("connection") is None:
            changed = request.drop("connection")
    return changed


# What frontd refuses, and nginx takes; or the other way round


def _answers_instead(name, status, reason):
    """frontd's answer has this status, nginx's another one; nothing else of the two is compared."""

    def take_away(ours, theirs):
        if ours.answer is None or ours.answer.status != status:
            return False
        if theirs.answer is not None and (theirs.answer.status, theirs.answer.version) == (status, "1.1"):
            return False
        ours.heard, ours.seen = theirs.heard, theirs.seen
        return True

    _deviation(name, reason)(take_away)


for _row in (
    ("fragment", 400, "a request target has no fragment (RFC 9112 3.2); nginx takes and forwards it"),
    ("control byte", 400, "control bytes in a path, escaped or not, are refused"),
    ("host", 400, "a Host that is no host of RFC 3986 is refused, and never reaches a redirect or a backend"),
    ("asterisk", 204, "OPTIONS * is answered, with the methods"),
    ("no root", 404, "without `root` there are no files; nginx has a page of welcome"),
    ("hidden", 404, "names that begin with a dot are not served, except below /.well-known/"),
    ("beneath the root", 404, "files are opened beneath the root, wherever links lead"),
    ("RFC 9110 13.2.2", 304, "If-None-Match counts alone; nginx wants If-Modified-Since to hold as well"),
    ("backend's framing", 502, "an answer of a backend whose framing or head is in doubt is refused"),
    ("431", 431, "a head or field that is too long gets the status that says so (RFC 6585 5); nginx says 400"),
    ("CONNECT", 405, "a method that is known and not offered gets 405; nginx says 400"),
    ("408 said", 408, "a body that does not come is answered before the connection ends; nginx closes without a word"),
    ("framing", 400,
     "what leaves a doubt about where a request ends is refused, and the connection with it (RFC 9112)"),
    ("tab", 200, "tabs around a value are as good as blanks (RFC 9110 5.6.3)"),
    ("method", 200, "any token is a method, and goes to the backend (RFC 9110 9.1)"),
    ("blank before colon", 200, "a blank before the colon is taken out of a backend's answer (RFC 9112 5.1)"),
    ("page of includes", 200, "a page with includes is never 304: what it includes may be newer"),
):
    _answers_instead(*_row)


@_deviation("414 said", "over HTTP/2 a path that is too long costs its stream, with a page; nginx ends the connection")
def _414_said(ours, theirs):
    if theirs.heard.answers or ours.answer is None or ours.answer.status != 414:
        return False
    ours.heard = theirs.heard
    return True


@_deviation("416",
            "416 is for no part of the file: without its ETag, Vary, expires, add_header (but once, if `always`)")
def _416(ours, theirs):
    if (ours.answer.status, theirs.answer.status) != (416, 416):
        return False
    before = theirs.answer.fields
    names = ("x-own", "x-always", "x-sometimes", "x-http", "expires", "cache-control", "vary", "etag")
    theirs.answer.fields = [field for i, field in enumerate(before)
                            if field[0] not in names or (field in ours.answer.fields and field not in before[:i])]
    return theirs.answer.fields != before


@_deviation("no date", "what is no HTTP-date is no condition (RFC 9110 13.1.3, 13.1.4); nginx takes it for one")
def _no_date(ours, theirs):
    if ours.answer.status not in (200, 206, 416) or theirs.answer.status not in (304, 412):
        return False
    ours.heard = theirs.heard
    return True


@_deviation("Vary", "what gzip_static chooses by Accept-Encoding says so")
def _vary(ours, theirs):
    return theirs.answer.field("vary") is None and ours.answer.drop("vary")


@_deviation("allow", "an answer 405 says which methods there are (RFC 9110 15.5.6)")
def _allow(ours, theirs):
    return _any(answer.drop("allow") for answer, their_answer in _pairs(ours, theirs)
                if answer.status == their_answer.status == 405)


@_deviation("304 bare", "an answer 304 has neither Content-Type nor Content-Length, wherever it comes from")
def _304_bare(ours, theirs):
    del ours
    return theirs.answer.status == 304 and _any(map(theirs.answer.drop, ("content-type", "content-length")))


@_deviation("connection kept after TRACE", "TRACE is refused as any other method")
def _connection_kept_after_trace(ours, theirs):
    if (ours.heard.end, theirs.heard.end) != ("kept", "closed") or not theirs.answer.drop("connection"):
        return False
    theirs.heard.end = "kept"
    return True


@_deviation("no address in redirects", "without Host a redirect leads to the server's name, not to its address")
def _no_address_in_redirects(ours, theirs):
    location = theirs.answer.field("location")
    theirs.answer.set_field("location", location.replace("//127.0.0.1:", "//a.test:"))
    return location != theirs.answer.field("location") == ours.answer.field("location")


@_deviation("Location escaped", "blanks, controls, quotes and 8-bit bytes leave escaped in Location")
def _location_escaped(ours, theirs):
    location = theirs.answer.field("location")
    theirs.answer.set_field("location", urllib.parse.quote(location.encode("latin-1"), safe="%/:?#[]@!$&'()*+,;=~"))
    return location != theirs.answer.field("location") == ours.answer.field("location")


# What backends see


@_deviation("uploads stream", "a body of unknown length goes on as it comes, in chunks; nginx collects it first")
def _uploads_stream(ours, theirs):
    changed = False
    for our_request, request in zip(ours.requests(), theirs.requests()):
        if our_request.field("transfer-encoding") == "chunked" and request.drop("content-length"):
            changed = our_request.drop("transfer-encoding")
    return changed


@_deviation("for one connection",
            "fields for one connection, and those that Connection names, go no further (RFC 9110 7.6.1)")
def _for_one_connection(ours, theirs):
    names = ("proxy", "proxy-connection", "proxy-authorization", "trailer", "http2-settings", "x-strip")
    return _any(request.drop(name) for _, request in zip(ours.requests(), theirs.requests()) for name in names)


@_deviation("token",
            "a field goes on if its name is a token (RFC 9110 5.6.2); nginx drops what has more than letters, digits, hyphens")
def _token(ours, theirs):
    del theirs
    return _any(request.drop("!#$%&'*+-.^`|~9") for request in ours.requests())


@_deviation("backends get a Host",
            "a request in HTTP/1.1 has one (RFC 9112 3.2): $proxy_host, if the configuration's is empty")
def _backends_get_a_host(ours, theirs):
    del theirs
    return _any(request.drop("host") for request in ours.requests())


@_deviation("authority replaces Host", "of http://authority/ and Host the first counts, everywhere (RFC 9112 3.2.2)")
def _authority_replaces_host(ours, theirs):
    changed = False
    for our_request, request in zip(ours.requests(), theirs.requests()):
        changed = our_request.field("host") != request.field("host")
        request.set_field("host", our_request.field("host"))
    return changed


@_deviation("escaped for backends", "what no URI may hold (RFC 3986) is escaped where the path is written anew")
def _escaped_for_backends(ours, theirs):
    changed = False
    for our_request, request in zip(ours.requests(), theirs.requests()):
        escaped = urllib.parse.quote(request.target.encode("latin-1"), safe="%/:?#[]@!$&'()*+,;=~")
        changed = escaped != request.target
        request.target = escaped
    return changed


@_deviation("method never empty", "a proxy_method that turns out empty leaves the client's: a request has one")
def _method_never_empty(ours, theirs):
    our_method, theirs_was = ours.requests()[0].method, theirs.requests()[0].method
    theirs.requests()[0].method = our_method
    return theirs_was == "" and our_method != ""


# On the connection


@_deviation("100 if waited for", "100 Continue is sent to who waits for it: not after the body, nor without one")
def _100_if_waited_for(ours, theirs):
    if ours.heard.answers[0].status == 100 or theirs.heard.answers[0].status != 100:
        return False
    del theirs.heard.answers[0]
    return True


@_deviation("backend's 1xx",
            "interim answers of backends are consumed or passed on as such; nginx takes them for the answer")
def _backends_1xx(ours, theirs):
    if theirs.heard.answers[0].status >= 200 or theirs.heard.answers[0].field("date") is None:
        return False
    theirs.heard = ours.heard
    return ours.answer.status == 200


@_deviation("reason", "an answer without a reason phrase gets the usual one")
def _reason(ours, theirs):
    if theirs.answer.reason or not ours.answer.reason:
        return False
    ours.answer.reason = ""
    return True


@_deviation("closed instead of 100",
            "who was answered instead of 100 Continue may send the body or not: the connection ends")
def _closed_instead_of_100(ours, theirs):
    if (ours.heard.end, theirs.heard.end) != ("closed", "kept") or ours.answer.field("connection") != "close":
        return False
    ours.answer.drop("connection")
    ours.heard.end = "kept"
    theirs.heard.answers = theirs.heard.answers[-1:]  # for a text it says 100, too
    return True


# Output


@_deviation("ranges unpacked",
            "a part of a file is a part of the file as it is (RFC 9110 14.2); nginx packs, and sends the whole")
def _ranges_unpacked(ours, theirs):
    if (ours.answer.status, theirs.answer.field("content-encoding")) != (206, "gzip"):
        return False
    ours.heard = theirs.heard
    return True


@_deviation("all of Accept-Encoding", "several fields of a name are one list (RFC 9110 5.3); nginx reads the first")
def _all_of_accept_encoding(ours, theirs):
    if ours.answer.field("content-encoding") != "gzip" or theirs.answer.field("content-encoding") is not None:
        return False
    ours.heard = theirs.heard
    return True


# The language


@_deviation("captures", "$1 belongs to whom matched: an expression in a map, or one without a match, leaves it alone")
def _captures(ours, theirs):
    if ours.answer.status != theirs.answer.status or ours.answer.body == theirs.answer.body:
        return False
    ours.heard = theirs.heard
    return True


@_deviation("421 kept", "a connection is good for the name that it was opened for, whatever else was asked on it")
def _421_kept(ours, theirs):
    return ours.answer.status == 421 and _500_of_a_backend(ours, theirs)


@_deviation("500 of a backend", "a backend's 500 is no fault of ours: the connection of the client is kept")
def _500_of_a_backend(ours, theirs):
    if (ours.heard.end, theirs.heard.end) != ("kept", "closed") or not theirs.answer.drop("connection"):
        return False
    theirs.heard.end = "kept"
    return True


@_deviation("fields of subrequests",
            "a subrequest is for all of the answer, unpacked, whatever part the client wants")
def _fields_of_subrequests(ours, theirs):
    names = ("range", "if-none-match", "if-modified-since", "accept-encoding")
    return _any(request.drop(name) for request in theirs.requests() for name in names) and not _any(
        request.drop(name) for request in ours.requests() for name in names)


@_deviation("failed include", "an include that fails leaves a comment; nginx puts its page of the error there")
def _failed_include(ours, theirs):
    page = re.compile(rb"<html>.*</html>\r\n|\[broken\]|\[part\]", re.S)
    comment = re.compile(rb"<!--[^>]*-->")
    found = page.search(theirs.answer.body) and comment.search(ours.answer.body)
    theirs.answer.body = page.sub(b"(failed)", theirs.answer.body)
    ours.answer.body = comment.sub(b"(failed)", ours.answer.body)
    return bool(found)


@_deviation("empty command", "an empty command of SSI is an error; nginx swallows what follows it")
def _empty_command(ours, theirs):
    error = b"[an error occurred while processing the directive]\n"
    changed = ours.answer.body.endswith(error)
    ours.answer.body = ours.answer.body.removesuffix(error)
    return changed


@_deviation("Destination",
            "of COPY and MOVE is rewritten for the backend as proxy_redirect rewrites Location for the client")
def _destination(ours, theirs):
    changed = False
    for our_request, request in zip(ours.requests(), theirs.requests()):
        destination = f"http://{our_request.field('host')}/up/"
        changed = our_request.field("destination").startswith(destination)
        request.set_field("destination", request.field("destination").replace("http://a.test/l/", destination))
    return changed


@_deviation("cipher", "of the suites of TLS 1.3 the one with the shorter key comes first: it is as safe, and cheaper")
def _cipher(ours, theirs):
    before = theirs.answer.body
    theirs.answer.body = before.replace(b"TLS_AES_256_GCM_SHA384", b"TLS_AES_128_GCM_SHA256")
    return theirs.answer.body != before


@_deviation("name asked for", "$ssl_server_name is in lower case and has no final dot, as $host")
def _name_asked_for(ours, theirs):
    name, theirs_name = (answer.body.split()[1] for answer in (ours.answer, theirs.answer))
    ours.heard = theirs.heard
    return name != theirs_name and name == theirs_name.lower().removesuffix(b".")


@_deviation("misdirected",
            "a server that verifies its clients answers who has named it in the handshake, by whichever of its names; "
            "nginx wants the very name, but answers who has named nobody's")
def _misdirected(ours, theirs):
    if sorted((ours.answer.status, theirs.answer.status)) != [200, 421]:
        return False
    ours.heard = theirs.heard
    return True


@_deviation("connection kept after 421", "the connection that named another server is good for that server")
def _connection_kept_after_421(ours, theirs):
    if (ours.heard.end, theirs.heard.end) != ("kept", "closed") or not theirs.answer.drop("connection"):
        return False
    theirs.heard.end = "kept"
    return ours.answer.status == 421


@_deviation("upgrade", "Connection is what the connection to the backend needs: WebSocket works without configuration")
def _upgrade(ours, theirs):
    del ours
    return _any(request.drop("connection") for request in theirs.requests() if request.field("connection") == "upgrade")


@_deviation("plain HTTP on a port for TLS",
            "is answered before there is a request: without Date, Server and the page's foot")
def _plain_on_tls(ours, theirs):
    words = b"<center>The plain HTTP request was sent to HTTPS port</center>"
    if not (ours.answer.status == theirs.answer.status == 400 and words in ours.answer.body and words in theirs.answer.body):
        return False
    ours.heard = theirs.heard
    return True


@_deviation("our Date",
            "an answer has Date and Server, also where proxy_pass_header would pass a backend's that sends none")
def _our_date(ours, theirs):
    missing = [name for name in ("date", "server") if theirs.answer.field(name) is None]
    return _any(ours.answer.drop(name) for name in missing)


@_deviation("unread body", "a long body that nobody wants ends the connection instead of being read to its end")
def _unread_body(ours, theirs):
    if (ours.heard.end, theirs.heard.end) != ("closed", "kept") or ours.answer.field("connection") != "close":
        return False
    ours.answer.drop("connection")
    ours.heard.end = "kept"
    return True


@_deviation("length known", "a listing is sent with its length; nginx sends it without")
def _length_known(ours, theirs):
    changed = False
    for our_answer, answer in _pairs(ours, theirs):
        if answer.field("content-length") is None and our_answer.field("content-length") is not None:
            changed = our_answer.drop("content-length")
            answer.drop("transfer-encoding")
            if (ours.heard.end, theirs.heard.end) == ("kept", "closed") and answer.drop("connection"):
                our_answer.drop("keep-alive")
                ours.heard.end = "closed"
    return changed


# Of connections and status lines that HTTP/2 does not have
HTTP1_ONLY = frozenset({"reason", "connection kept after TRACE", "500 of a backend", "unread body"})
