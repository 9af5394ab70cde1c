"""Request vectors of reference/http.md 4.1 to 4.7 and 4.9 as raw bytes of HTTP/1, and what each is in HTTP/2."""

from .http2 import without_chunks

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

# What is HTTP/1's alone: the beginning of a vector's name → why HTTP/2 has no such thing.
NOT_IN_HTTP2 = {
    "4.1-1": "there are no lines",
    "4.1-2 no version": "there is no version",
    "4.1-2 lower case": "there is no version",
    "4.1-2 HTTP/": "there is no version",
    "4.1-4 LF alone": "there are no lines",
    "4.1-5 no colon": "a field is a pair",
    "4.1-5 first line folded": "a field is a pair",
    "4.1-6 many fields": "Host is none of the hundred; test_http2_rules.py has 101",
    "4.2 two Hosts": ":authority and an equal Host are one",
    "4.2 absolute form": "that is :authority; test_http2_rules.py has it as a :path",
    "4.2 https over plain": "that is :scheme, which is not trusted",
    "4.3 chunks ": "there are no chunks",
    "4.3 chunked in": "there are no chunks",
    "4.3 extension": "there are no chunks",
    "4.3 trailers": "there are no chunks; test_http2_rules.py has trailers",
    "4.3 zeros": "there are no chunks",
    "4.3 coding in 1.0": "there is no version",
    "4.6 Expect in 1.0": "there is no version",
    "4.7 websocket in 1.0": "there is no version",
}

# Taken in HTTP/1, but for one connection (RFC 9113 8.2.2): refused in HTTP/2.
REFUSED_IN_HTTP2 = ("4.4 ", "4.7 ")


def over_http2(name, request):
    """(fields, body) of a vector with its bytes where HTTP/2 has them; body None: the head ends it. None: see NOT_IN_HTTP2."""
    if name.startswith(tuple(NOT_IN_HTTP2)):
        return None
    head, _, body = request.partition("\r\n\r\n")
    line, *lines = head.lstrip("\r\n").split("\r\n")
    method, *target, _ = line.split(" ")
    fields = [_field(each) for each in _unfolded(lines)]
    if ("transfer-encoding", "chunked") in fields and name in TAKEN:
        fields.remove(("transfer-encoding", "chunked"))
        body = without_chunks(body.encode("latin-1")).decode("latin-1")
    hosts = [field for field in fields if field[0] == "host"]
    pseudo = [(":method", method), (":scheme", "http"), (":path", " ".join(target))]
    if hosts:
        fields.remove(hosts[0])
        pseudo.append((":authority", hosts[0][1]))
    return pseudo + fields, body or None


def _unfolded(lines):
    """A folded line belongs to the value before it, with its end of line."""
    whole = []
    for line in lines:
        if line.startswith((" ", "\t")):
            whole[-1] += "\r\n" + line
        else:
            whole.append(line)
    return whole


def _field(line):
    name, _, value = line.partition(":")
    return name.lower(), value.strip(" \t")
