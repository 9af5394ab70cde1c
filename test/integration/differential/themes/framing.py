"""Requests whose bytes could be read in two ways (RFC 9112; reference/http.md 4.1 to 4.3). What nginx
takes as well has to reach the backend unambiguous; what frontd refuses and nginx takes says so."""

from differential.cases import raw

CONFIG = """
http {
    server {
        listen @http@;
        server_name a.test;
        client_header_timeout 5s;
        location / { proxy_pass http://@backend@; }
    }
}
"""

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

POST = "POST / HTTP/1.1\r\nHost: a.test\r\n"
GET = "GET / HTTP/1.1\r\nHost: a.test\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n"
NEXT = "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n"

# Both answer the same.
_SAME = {
    "user information": "GET http://u@a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "blank in the target": "GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "blank before the method": " GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "name with a blank": GET + "A b: c\r\n\r\n",
    "empty name": GET + ": b\r\n\r\n",
    "first line folded": "GET / HTTP/1.1\r\n Host: a.test\r\n\r\n",
    "folded field": GET + "A: b\r\n c\r\n\r\n",
    "folded coding": POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "blank before the colon of Content-Length": POST + "Content-Length : 5\r\n\r\nhello",
    "blank before the colon of Transfer-Encoding": POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + NEXT,
    "two fields chunked": CHUNKED + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length and chunked": POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": CHUNKED + "Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "two equal lengths": POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + "Content-Length: 5, 5\r\n\r\nhello",
    "length +5": POST + "Content-Length: +5\r\n\r\nhello",
    "length -5": POST + "Content-Length: -5\r\n\r\nhello",
    "length 0x5": POST + "Content-Length: 0x5\r\n\r\nhello",
    "length 5a": POST + "Content-Length: 5a\r\n\r\nhello",
    "length 5.0": POST + "Content-Length: 5.0\r\n\r\nhello",
    "length with a blank inside": POST + "Content-Length: 5 5\r\n\r\nhello",
    "empty length": POST + "Content-Length:\r\n\r\n",
    "length of 2^63": POST + "Content-Length: 9223372036854775808\r\n\r\n",
    "length of 2^64 + 5": POST + "Content-Length: 18446744073709551621\r\n\r\nhello",
    "gzip": POST + "Transfer-Encoding: gzip\r\n\r\n",
    "identity": POST + "Transfer-Encoding: identity\r\n\r\n",
    "xchunked": POST + "Transfer-Encoding: xchunked\r\n\r\n",
    "chunked in 1.0": "POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size minus": CHUNKED + "\r\n-5\r\nhello\r\n0\r\n\r\n",
    "chunk size plus": CHUNKED + "\r\n+5\r\nhello\r\n0\r\n\r\n",
    "chunk size 0x5": CHUNKED + "\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size missing": CHUNKED + "\r\n\r\nhello\r\n0\r\n\r\n",
    "chunk size of 17 digits": CHUNKED + "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk size a word": CHUNKED + "\r\nfive\r\nhello\r\n0\r\n\r\n",
    "too many bytes in a chunk": CHUNKED + "\r\n5\r\nhello!\r\n0\r\n\r\n",
    "CR in a chunk extension": CHUNKED + "\r\n5;a\rb\r\nhello\r\n0\r\n\r\n",
    "NUL": GET + "A: b\0c\r\n\r\n",
    "NUL in a name": GET + "A\0: b\r\n\r\n",
    "bare CR": GET + "A: b\rc\r\n\r\n",
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "method with a colon": "G:T / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "no target": "GET  HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "lower-case version": "GET / http/1.1\r\nHost: a.test\r\n\r\n",
    "another protocol": "GET / HTTPS/1.1\r\nHost: a.test\r\n\r\n",
    "relative target": "GET x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "target with a tab": "GET /a\tb HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "target with a control": "GET /a\x01b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "target with DEL": "GET /a\x7fb HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "user information in Host": "GET / HTTP/1.1\r\nHost: u:p@a.test/\r\n\r\n",
    "a TLS hello": "\x16\x03\x01\x02\0\1\r\n\r\n",
    "nothing like HTTP": "hello\r\n\r\n",
    "above the root": "GET /%2e%2e/x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "%00": "GET /%00 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "HTTP/2.0": "GET / HTTP/2.0\r\nHost: a.test\r\n\r\n",
}

_REFUSED = {
    "framing": {
        "HTTP/1.10": "GET / HTTP/1.10\r\nHost: a.test\r\n\r\n",
        "no version": "GET / \r\nHost: a.test\r\n\r\n",
        "too few bytes in a chunk": CHUNKED + "\r\n6\r\nhello\r\n0\r\n\r\n",
        "VT chunked": POST + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        "chunked twice": POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "gzip, chunked": POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "empty coding": POST + "Transfer-Encoding:\r\n\r\n0\r\n\r\n",
        "bare LF": "GET / HTTP/1.1\nHost: a.test\n\n",
        "bare LF in the head": GET + "A: b\nC: d\r\n\r\n",
        "bare LF at its end": GET + "\n",
        "LF after a chunk's size": CHUNKED + "\r\n5\nhello\r\n0\r\n\r\n",
        "LF in a chunk's extension": CHUNKED + "\r\n5;a\nhello\r\n0\r\n\r\n",
        "LF after a chunk": CHUNKED + "\r\n5\r\nhello\n0\r\n\r\n",
        "a long extension": CHUNKED + "\r\n5;" + "a" * 300 + "\r\nhello\r\n0\r\n\r\n",
        "a chunk's size of 16 digits": CHUNKED + "\r\n0000000000000005\r\nhello\r\n0\r\n\r\n",
        "bad trailer": CHUNKED + "\r\n5\r\nhello\r\n0\r\nA : b\r\n\r\n",
        "no colon": GET + "hello\r\n\r\n",
        "name with 8-bit": GET + "A\xe4: c\r\n\r\n",
        "name with a bracket": GET + "A(b): c\r\n\r\n",
        "control in a value": GET + "A: b\x01c\r\n\r\n",
        "two blanks in the line": "GET  / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "blank behind the version": "GET / HTTP/1.1 \r\nHost: a.test\r\n\r\n",
        "HTTP/0.9": "GET /\r\n\r\n",
        "three empty lines": "\r\n\r\n\r\n" + GET + "\r\n",
        "another scheme": "GET ftp://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "a fragment": "GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    },
}

# What both take; the backend has to see it in its plainest form.
_TAKEN = {
    "length with zeros": POST + "Content-Length: 00005\r\n\r\nhello",
    "length with blanks around": POST + "Content-Length:   5  \r\n\r\nhello",
    "length without a blank": POST + "Content-Length:5\r\n\r\nhello",
    "name in capitals": POST + "CONTENT-LENGTH: 5\r\n\r\nhello",
    "length of nothing": POST + "Content-Length: 0\r\n\r\n",
    "GET with a body": GET + "Content-Length: 5\r\n\r\nhello",
    "8-bit value": GET + "A: \xe4\xff\x80\r\n\r\n",
    "tab in a value": GET + "A: a\tb\r\n\r\n",
    "colons in a value": GET + "A: b: c : d\r\n\r\n",
    "empty value": GET + "A:\r\nB: \r\n\r\n",
    "name with an underscore": GET + "Content_Length: 5\r\nX_Y: z\r\n\r\n",
    "empty line before": "\r\n" + GET + "\r\n",
    "8-bit target": "GET /\xe4 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "long method": "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\nHost: a.test\r\n\r\n",
}

_TAKEN_CHUNKS = {
    "size with zeros": "0005\r\nhello\r\n0\r\n\r\n",
    "size in capitals": "A\r\nhellohello\r\n0\r\n\r\n",
    "extension": "5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n",
    "last chunk of zeros": "5\r\nhello\r\n000\r\n\r\n",
    "trailers": "5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 3\r\n\r\n",
    "chunks of one": "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
    "what looks like a request": "19\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n0\r\n\r\n",
}

CASES = [
    *(raw(name, data, methods=[data.split()[0]]) for name, data in _TAKEN.items()),
    *(raw("chunks: " + name, CHUNKED + "\r\n" + data, differs="uploads stream") for name,
      data in _TAKEN_CHUNKS.items()),
    raw("odd token", GET + "!#$%&'*+-.^`|~9: x\r\n\r\n", differs="token"),
    raw("length with tabs around", POST + "Content-Length: \t5\t\r\n\r\nhello", differs="tab"),
    raw("lower-case method", "get / HTTP/1.1\r\nHost: a.test\r\n\r\n", differs="method"),
    *(raw(name, data) for name, data in _SAME.items()),
    *(raw(name, data, differs=deviation) for deviation, rows in _REFUSED.items() for name, data in rows.items()),
]
