"""Request vectors of reference/http.md 4.1 to 4.7 and 4.9 as raw bytes: what is refused reaches no
backend; what is taken reaches it once, in a form that cannot be misread (support/strict.py), and the
request behind it on the same connection is the next one there. (4.8: test_http2_rules.py.)"""

import pytest
from support.backends import ok

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass http://@backend@; }
        location /mapped/ { proxy_pass http://@backend@/up/; }
        location /secret/ { return 403; }
    }
}
"""

GET = "GET / HTTP/1.1\r\nHost: a\r\n"
POST = "POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n"
HELLO = "5\r\nhello\r\n0\r\n\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def line(text):
    """A request with that first line."""
    return text + "\r\nHost: a\r\n\r\n"


def field(text):
    """A GET with that field."""
    return GET + text + "\r\n\r\n"


# name: (bytes, status)
REFUSED = {
    "4.1-1 three empty lines": ("\r\n\r\n\r\n" + GET + "\r\n", 400),
    "4.1-1 a blank first": (" " + GET + "\r\n", 400),
    "4.1-2 two blanks": (line("GET  / HTTP/1.1"), 400),
    "4.1-2 tab for a blank": (line("GET\t/ HTTP/1.1"), 400),
    "4.1-2 blank behind": (line("GET / HTTP/1.1 "), 400),
    "4.1-2 a fourth word": (line("GET / x HTTP/1.1"), 400),
    "4.1-2 no version": (line("GET /"), 400),
    "4.1-2 lower case": (line("GET / http/1.1"), 400),
    "4.1-2 HTTP/1.10": (line("GET / HTTP/1.10"), 400),
    "4.1-2 HTTP/1": (line("GET / HTTP/1"), 400),
    "4.1-2 HTTP/01.1": (line("GET / HTTP/01.1"), 400),
    "4.1-2 HTTP/0.9": (line("GET / HTTP/0.9"), 400),
    "4.1-2 HTTP/2.0": (line("GET / HTTP/2.0"), 505),
    "4.1-2 HTTP/3.1": (line("GET / HTTP/3.1"), 505),
    "4.1-3 method of 33": (line("M" * 33 + " / HTTP/1.1"), 400),
    "4.1-3 method with a slash": (line("GE/T / HTTP/1.1"), 400),
    "4.1-3 8-bit method": (line("G\xc9T / HTTP/1.1"), 400),
    "4.1-3 CONNECT": ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    "4.1-4 LF alone": ("GET / HTTP/1.1\nHost: a\n\n", 400),
    "4.1-4 LF in the middle": (GET + "A: b\nB: c\r\n\r\n", 400),
    "4.1-4 LF at the end": (GET + "A: b\r\n\n", 400),
    "4.1-4 CR alone": (field("A: b\rB: c"), 400),
    "4.1-4 CR CR LF": (GET + "A: b\r\r\n\r\n", 400),
    "4.1-4 NUL": (field("A: b\0"), 400),
    "4.1-5 blank before the colon": (field("A : b"), 400),
    "4.1-5 tab before the colon": (field("A\t: b"), 400),
    "4.1-5 no colon": (field("A"), 400),
    "4.1-5 no name": (field(": b"), 400),
    "4.1-5 name with a blank": (field("A B: c"), 400),
    "4.1-5 name with a colon's cousin": (field("A\xef\xbc\x9ab: c"), 400),
    "4.1-5 first line folded": ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "4.1-5 folded with a blank": (field("A: b\r\n c"), 400),
    "4.1-5 folded with a tab": (field("A: b\r\n\tc"), 400),
    "4.1-5 folded to nothing": (field("A: b\r\n "), 400),
    "4.1-5 control byte": (field("A: b\x01"), 400),
    "4.1-5 DEL": (field("A: b\x7f"), 400),
    "4.1-5 vertical tab": (field("A:\x0bb"), 400),
    "4.1-6 long line": (line("GET /" + "a" * 8192 + " HTTP/1.1"), 414),
    "4.1-6 long field": (field("A: " + "b" * 8193), 431),
    "4.1-6 long name": (field("A" * 8193 + ": b"), 431),
    "4.1-6 many fields": (GET + "A: b\r\n" * 100 + "\r\n", 431),
    "4.1-6 long head": (GET + ("A: " + "b" * 8000 + "\r\n") * 5 + "\r\n", 431),
    "4.2 no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "4.2 two Hosts": (field("Host: a"), 400),
    "4.2 Hosts in two cases": (field("HOST: b"), 400),
    **{f"4.2 Host {host!r}": (f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", 400)
       for host in ("", "a b", "a/b", "a?b", "a#b", "u@a", "u:p@a", "a:65536", "a:-1", "a:8o", "a:1:2", "[::1", "::1",
                    "a,b", "a\tb", "a\\b", "..", "a..b",
                    "a%2eb", "<a>", "[::1]x", "[a]")},
    "4.2 absolute form with a user": (line("GET http://u@a/ HTTP/1.1"), 400),
    "4.2 absolute form without a host": (line("GET http:/// HTTP/1.1"), 400),
    "4.2 absolute form of another scheme": (line("GET ftp://a/ HTTP/1.1"), 400),
    "4.2 a scheme only": (line("GET http: HTTP/1.1"), 400),
    "4.2 asterisk for GET": (line("GET * HTTP/1.1"), 400),
    "4.2 asterisk and more": (line("OPTIONS *x HTTP/1.1"), 400),
    "4.2 authority for GET": (line("GET a:80 HTTP/1.1"), 400),
    "4.2 relative": (line("GET x HTTP/1.1"), 400),
    "4.2 query only": (line("GET ?x HTTP/1.1"), 400),
    "4.2 https over plain": (line("GET https://a/ HTTP/1.1"), None),
    "4.3 length and chunked": (CHUNKED + "Content-Length: 5\r\n\r\n" + HELLO, 400),
    "4.3 chunked and length": (POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO, 400),
    "4.3 length 0 and chunked": (CHUNKED + "Content-Length: 0\r\n\r\n" + HELLO, 400),
    **{f"4.3 Content-Length {value!r}": (POST + f"Content-Length: {value}\r\n\r\nhello", 400)
       for value in ("", "+5", "-5", "0x5", "5 5", "5,5", "5, 5", "5,", ",5", "5.0", "5e0", "five", "5;",
                     "9223372036854775808", "18446744073709551621",
                     "9" * 40, "\xb5", "\x0b5", "5\x0b", '"5"')},
    "4.3 two lengths": (POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    "4.3 two lengths, other case": (POST + "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello", 400),
    "4.3 blank before the length's colon": (POST + "Content-Length : 5\r\n\r\nhello", 400),
    **{f"4.3 Transfer-Encoding {value!r}": (POST + f"Transfer-Encoding: {value}\r\n\r\n{HELLO}", status)
       for value, status in (("", 400), ("gzip", 501), ("identity", 501), ("xchunked", 501), ("chunkedx", 501),
                             ("chunk", 501), ("\x0bchunked", 400), ("chunked\x0b", 400),
                             ("chunked, chunked", 400), ("gzip, chunked", 400), ("chunked, gzip", 400), ("chunked,",
                                 400), (",chunked", 400), ('"chunked"', 501), ("chunked;x", 501),
                             ("chunked identity", 501), ("\xa0chunked", 501))},
    "4.3 two codings": (CHUNKED + "Transfer-Encoding: chunked\r\n\r\n" + HELLO, 400),
    "4.3 two codings, one unknown": (CHUNKED + "Transfer-Encoding: x\r\n\r\n" + HELLO, 400),
    "4.3 coding in 1.0": ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO, 400),
    "4.3 blank before the coding's colon": (POST + "Transfer-Encoding : chunked\r\n\r\n" + HELLO, 400),
    "4.3 folded coding": (POST + "Transfer-Encoding:\r\n chunked\r\n\r\n" + HELLO, 400),
    **{f"4.3 chunks {body[:40]!r}": (CHUNKED + "\r\n" + body, 400)
       for body in ("5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n",
                    "5;a\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
                    "5;\0\r\nhello\r\n0\r\n\r\n", "5;" + "a" * 257 + "\r\nhello\r\n0\r\n\r\n",
                    "5\r\nhello!\r\n0\r\n\r\n", "6\r\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
                    "\r\nhello\r\n0\r\n\r\n",
                    " 5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
                    "0x5\r\nhello\r\n0\r\n\r\n", "5h\r\nhello\r\n0\r\n\r\n", "5_0\r\nhello\r\n0\r\n\r\n",
                    "0000000000000005\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
                    "10000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n",
                    "5\r\nhello\r\n0\r\nA : b\r\n\r\n", "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
                    "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n", "5\r\nhello\r\n0\r\nA: b\nB: c\r\n\r\n",
                    "5\r\nhello\r\n0\r\nA: " + "b" * 40_000 + "\r\n\r\n")},
    "4.9 fragment": (line("GET /a#b HTTP/1.1"), 400),
    "4.9 control byte": (line("GET /a\x01 HTTP/1.1"), 400),
    "4.9 DEL": (line("GET /a\x7f HTTP/1.1"), 400),
    **{f"4.9 path {path}": (line(f"GET {path} HTTP/1.1"), 400)
       for path in ("/%", "/%4", "/%zz", "/%00", "/a%00b", "/%0a", "/%0d%0aX:y", "/%1f", "/%7f", "/..", "/../x",
                    "/x/../../y", "/%2e%2e/x", "/%2e./x", "/.%2E/x", "/x/%2e%2e/%2e%2e/y",
                    "/x%2f..%2f..%2fy")},
    **{f"4.9 restricted {path}": (line(f"GET {path} HTTP/1.1"), 403)
       for path in ("/secret/", "/secret/x", "/%73ecret/", "/secret%2f", "/secret%2Fx", "//secret/", "///secret//x",
                    "/./secret/", "/x/../secret/", "/x/%2e%2e/secret/", "/x%2f..%2fsecret/",
                    "/secret/../secret/", "/secret/.", "/secret/?x", "http://a/secret/", "http://b//secret/")},
}

# name: (bytes, what the backend sees: first words, and body)
TAKEN = {
    "4.1-1 one empty line": ("\r\n" + GET + "\r\n", "GET /", b""),
    "4.1-1 two empty lines": ("\r\n\r\n" + GET + "\r\n", "GET /", b""),
    "4.1-2 HTTP/1.2": (line("GET / HTTP/1.2"), "GET /", b""),
    "4.1-2 HTTP/1.9": (line("GET / HTTP/1.9"), "GET /", b""),
    "4.1-3 method of 32": (line("M" * 32 + " / HTTP/1.1"), "M" * 32 + " /", b""),
    "4.1-3 odd method": (line("!#$%&'*+-.^_`|~ / HTTP/1.1"), "!#$%&'*+-.^_`|~ /", b""),
    "4.1-3 MKCALENDAR": (line("MKCALENDAR /x HTTP/1.1"), "MKCALENDAR /x", b""),
    "4.1-5 blanks and tabs around": (field("A: \t b \t "), "GET /", b""),
    "4.1-5 8-bit value": (field("A: \x80\xff"), "GET /", b""),
    "4.1-5 empty value": (field("A:"), "GET /", b""),
    "4.1-6 99 more fields": (GET + "A: b\r\n" * 99 + "\r\n", "GET /", b""),
    "4.1-7 underscores": (field("Content_Length: 5\r\nTransfer_Encoding: chunked\r\nX_A: b"), "GET /", b""),
    "4.2 absolute form": (line("GET http://b:81/x?y HTTP/1.1"), "GET /x?y", b""),
    "4.2 absolute form in capitals": (line("GET HTTP://B HTTP/1.1"), "GET /", b""),
    "4.2 absolute form with a query": (line("GET http://b?x HTTP/1.1"), "GET /?x", b""),
    "4.2 IPv6": ("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /", b""),
    "4.3 length": (POST + "Content-Length: 5\r\n\r\nhello", "POST /", b"hello"),
    "4.3 length with zeros": (POST + "Content-Length: 0005 \r\n\r\nhello", "POST /", b"hello"),
    "4.3 chunks": (CHUNKED + "\r\n" + HELLO, "POST /", b"hello"),
    "4.3 chunked in capitals": (POST + "TRANSFER-ENCODING: CHUNKED\r\n\r\n" + HELLO, "POST /", b"hello"),
    "4.3 extension": (CHUNKED + "\r\n5;a=b;c\r\nhello\r\n0;d\r\n\r\n", "POST /", b"hello"),
    "4.3 trailers": (CHUNKED + "\r\n5\r\nhello\r\n0\r\nHost: b\r\nContent-Length: 9\r\nAuthorization: x\r\n\r\n",
                     "POST /", b"hello"),
    "4.3 zeros": (CHUNKED + "\r\n0005\r\nhello\r\n000\r\n\r\n", "POST /", b"hello"),
    "4.3 GET with a body": (GET + "Content-Length: 5\r\n\r\nhello", "GET /", b"hello"),
    "4.3 HEAD with a body": ("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "HEAD /", b"hello"),
    "4.3 DELETE with chunks": ("DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + HELLO, "DELETE /",
                               b"hello"),
    "4.3 neither": (POST + "\r\n", "POST /", b""),
    "4.3 a request as a body": (POST + "Content-Length: 39\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\nA: b\r\n",
                                "POST /", b"GET /smuggled HTTP/1.1\r\nHost: a\r\nA: b\r\n"),
    "4.3 a request in a chunk": (CHUNKED + "\r\n27\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n0\r\n\r\n",
                                 "POST /", b"GET /smuggled HTTP/1.1\r\nHost: a\r\nA: b\r\n"),
    "4.4 framing in Connection": (POST + "Connection: content-length, host, transfer-encoding\r\nContent-Length: 5\r\n\r\nhello", "POST /", b"hello"),
    "4.4 a list in Connection": (field("Connection: x-a , ,x-b\r\nConnection: X-C\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3"),
                                 "GET /", b""),
    "4.4 hop by hop": (field("Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers, gzip\r\nTrailer: a\r\nProxy: x\r\nProxy-Authorization: x\r\nHTTP2-Settings: AA"), "GET /", b""),
    "4.6 Expect with its body": (POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", "POST /", b"hello"),
    "4.6 Expect without one": (field("Expect: 100-continue"), "GET /", b""),
    "4.6 Expect in 1.0": ("POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", "POST /", b"hello"),
    "4.7 h2c": (field("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), "GET /", b""),
    "4.7 websocket with POST": (POST + UPGRADE + "Content-Length: 5\r\n\r\nhello", "POST /", b"hello"),
    "4.7 websocket with a body": (GET + UPGRADE + "Content-Length: 5\r\n\r\nhello", "GET /", b"hello"),
    "4.7 websocket in 1.0": ("GET / HTTP/1.0\r\nHost: a\r\n" + UPGRADE.replace("Upgrade\r\n", "keep-alive, Upgrade\r\n",
                                                                               1) + "\r\n", "GET /", b""),
    "4.7 websocket without a key": (GET + UPGRADE.split("Sec-WebSocket-Key")[0] + "\r\n", "GET /", b""),
    "4.7 websocket without Connection": (GET + UPGRADE.split("\r\n", 1)[1] + "\r\n", "GET /", b""),
    "4.7 two upgrades": (GET + UPGRADE + "Upgrade: h2c\r\n\r\n", "GET /", b""),
    "4.7 a list of upgrades": (GET + UPGRADE.replace("websocket", "websocket, h2c") + "\r\n", "GET /", b""),
    "4.9 raw path": (line("GET /p/a%20b/%2e%2e/c%2Fd//e;x?x=%41 HTTP/1.1"), "GET /p/a%20b/%2e%2e/c%2Fd//e;x?x=%41",
                     b""),
    "4.9 mapped path": (line("GET /mapped/a%20b%2Fc//d/../%25%3f%23?x HTTP/1.1"), "GET /up/a%20b/c/%25%3F%23?x", b""),
    "4.9 mapped 8-bit": (line("GET /mapped/\xff%ff\\ HTTP/1.1"), "GET /up/%FF%FF%5C", b""),
    "4.9 decoded once": (line("GET /mapped/%2541%252e%252e HTTP/1.1"), "GET /up/%2541%252e%252e", b""),
    "4.9 backslash": (line("GET /x\\..\\secret/ HTTP/1.1"), "GET /x\\..\\secret/", b""),
}

MARKER = "GET /marker HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(name="server")
def _server(frontd, http_backend):
    backend = http_backend()
    return frontd(CONFIG, backend=backend.address), backend


def test_what_is_refused_reaches_no_backend(server, connect):
    instance, backend = server
    problems = []
    for name, (request, status) in REFUSED.items():
        client = connect(instance.port("http"))
        client.send(request.encode("latin-1"))
        response = client.read_response()
        expected = (status,) if status else (400, 200)
        closes = response.status in (200, 403) or response.field("connection") == "close"
        if response.status not in expected or not closes or (backend.requests and response.status != 200):
            problems.append(f"{name}: {response} {backend.requests}")
        backend.requests.clear()
        client.close()
    assert not problems, "\n".join(problems)


def test_what_is_taken_reaches_the_backend_once(server, connect):
    instance, backend = server
    problems = []
    for name, (request, seen, body) in TAKEN.items():
        client = connect(instance.port("http"))
        client.send((request + MARKER).encode("latin-1"))
        answers = [client.read_response(request.lstrip().split(" ")[0]).status]
        if not client.input.startswith(b"HTTP/1.1 4") and answers != [400]:
            answers.append(client.read_response().status)
        wanted = [(seen, body), ("GET /marker", b"")]
        came = [(f"{each.method} {each.target}", each.body) for each in backend.requests]
        if answers != [200, 200] or came != wanted:
            problems.append(f"{name}: {answers} {came}")
        backend.requests.clear()
        client.close()
    assert not problems, "\n".join(problems)


def test_fields_that_are_for_one_connection_go_no_further(server, connect):
    """4.4, both ways; those that a peer may not have removed stay."""
    instance, backend = server
    backend.answer = ok(b"x", "Connection: X-Gone, Content-Type, Set-Cookie", "X-Gone: 1", "Keep-Alive: 5",
                        "Proxy-Connection: x", "TE: x", "Trailer: x", "Upgrade: h2c",
                        "Proxy-Authenticate: Basic", "Content-Type: text/x", "Set-Cookie: a=b", "X-Kept: 1")
    client = connect(instance.port("http"))
    kept = ["Authorization: x", "Content-Type: text/x", "Cookie: a=b", "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Proto: x", "X-Real-IP: 1.2.3.4", "X-Kept: 1"]
    response = client.request(fields=["Connection: X-Gone, " + ", ".join(each.split(":")[0] for each in kept[:-1]),
                                      "X-Gone: 1", *kept])
    assert [f"{name}: {value}" for name, value in backend.requests[0].fields if name != "Host"] == kept
    names = {name.lower() for name, _ in response.fields}
    assert not names & {"x-gone", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "proxy-authenticate",
                        "connection"}
    assert {"content-type", "x-kept"} <= names
