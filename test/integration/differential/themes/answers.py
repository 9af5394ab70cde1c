"""What comes back from backends, whole, odd or broken."""

from differential.cases import get, head, post
from differential.origin import chunked_answer, ok, until_end

CONFIG = """
http {
    server {
        listen @http@;
        server_name a.test;
        proxy_read_timeout 1s;
        proxy_connect_timeout 5s;
        location / { proxy_pass http://@backend@; }
        location /l/ { proxy_pass http://@backend@/up/; }
        location /nothing { proxy_pass http://@quitter@; }
        location /dead/ { proxy_pass http://@dead@; }
    }
}
"""

BIG = bytes(range(256)) * 2000


def status(words, *fields):
    """An answer with that status and a short body."""
    return ok(b"body of " + words.encode(), "Content-Type: text/x", *fields, status=words)


_STATUSES = ["200 OK", "200 All Right", "201 Created", "202 Accepted", "203 Other", "207 Multi-Status", "226 IM Used",
             "300 Choices", "301 Moved", "302 Found", "303 See", "307 Again", "308 For Ever", "400 Bad", "401 Who",
             "402 Pay",
             "403 No", "404 Nothing", "405 Not So", "409 Conflict", "410 Gone", "412 Failed", "413 Large", "416 Range",
             "418 Tea",
             "422 What", "423 Locked", "424 Dependency", "429 Slowly", "451 Law", "500 Broken", "501 Never", "502 Gate",
             "503 Busy", "504 Late", "507 Full",
             "599 Last"]

_FIELDS = ok(b"fields", "Server: secret", "Date: Sun, 06 Nov 1994 08:49:37 GMT", "Keep-Alive: 5", "X-Pad: x",
             "X-Accel-Expires: 5", "X-Accel-Limit-Rate: 0", "Set-Cookie: a=1; path=/", "Set-Cookie: b=2",
             "Content-Type: text/html",
             "Vary: Accept", "Vary: Cookie", "ETag: \"x\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
             "Cache-Control: no-store",
             "Expires: Sun, 06 Nov 1994 08:49:37 GMT", "Accept-Ranges: bytes", "X-Empty:", "X-Blank:   a  b  ",
             "WWW-Authenticate: Basic",
             "Link: <x>", "X-8bit: \xe4", "Content-Language: de", "Content-Encoding: x-none", "Via: 1.1 x", "Age: 5",
             "Allow: GET")

BACKENDS = {"backend": {
    **{f"/status/{number}$": status(words) for number, words in enumerate(_STATUSES)},
    "/wordless": ok(b"", status="200 "),
    "/204": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "/205": ok(b"", status="205 Reset"),
    "/304": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "/fields": _FIELDS,
    "/typeless": ok(b"no type"),
    "/empty": ok(b""),
    "/big": ok(BIG),
    "/chunked": chunked_answer(b"one", b"two", b"x" * 5000, fields=["Content-Type: text/plain"]),
    "/chunks-empty": chunked_answer(),
    "/chunks-big": chunked_answer(BIG, BIG),
    "/end": until_end(b"until the end", "Content-Type: text/plain"),
    "/end-empty": until_end(b""),
    "/end-big": until_end(BIG),
    "/old": b"HTTP/1.0 200 Old\r\nContent-Type: text/plain\r\n\r\nfrom 1.0",
    "/old-length": b"HTTP/1.0 200 Old\r\nContent-Length: 8\r\n\r\nfrom 1.0",
    "/old-kept": b"HTTP/1.0 200 Old\r\nContent-Length: 8\r\nConnection: keep-alive\r\n\r\nfrom 1.0",
    "/slowly": [b"HTTP/1.1 200 OK\r\nConte", 0.05, b"nt-Length: 10\r\n", 0.05, b"\r\nhello", 0.05, b"world"],
    "/closing": ok(b"closing", "Connection: close"),
    "/location/same": lambda seen: ok(b"", f"Location: http://{seen.field('host')}/x?y=z#f", status="302 Found"),
    "/location/up": lambda seen: ok(b"", f"Location: http://{seen.field('host')}/up/y", status="302 Found"),
    "/location/other-path": lambda seen: ok(b"", f"Location: http://{seen.field('host')}/other", status="302 Found"),
    "/location/https": lambda seen: ok(b"", f"Location: https://{seen.field('host')}/up/", status="301 Moved"),
    "/location/slash": ok(b"", "Location: /up/z", status="302 Found"),
    "/location/relative": ok(b"", "Location: z", status="302 Found"),
    "/location/elsewhere": ok(b"", "Location: http://elsewhere.test/", status="302 Found"),
    "/location/empty": ok(b"", "Location:", status="302 Found"),
    "/location/created": lambda seen: ok(b"", f"Location: http://{seen.field('host')}/up/new", status="201 Created"),
    "/refresh/elsewhere": ok(b"", "Refresh: 5; url=http://elsewhere.test/"),
    "/refresh/none": ok(b"", "Refresh: 5"),
    "/garbage": b"garbage\r\n\r\n",
    "/half": [b"HTTP/1.1 200 OK\r\nContent-Len"],
    "/short": [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "close"],
    "/lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nlf",
    "/length-bad": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "/length-twice": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nfour",
    "/both": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "/204-length": b"HTTP/1.1 204 No Content\r\nContent-Length: 91\r\n\r\n",
    "/1xx": b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"x"),
    "/103": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(b"x"),
    "/101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "/0.9": b"only a body",
    "/late": [1.6, ok(b"late")],
    "/stalls": [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", 1.6, b"world"],
    "/colon": b"HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 2\r\n\r\nab",
    "/folded": b"HTTP/1.1 200 OK\r\nX-A: 1\r\n  2\r\nContent-Length: 2\r\n\r\nab",
    "/control": b"HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 2\r\n\r\nab",
    "/many": ok(b"x", *(f"X-{n}: {n}" for n in range(80))),
}, "quitter": {"": None}}

DIFFERS = ("name", "connection kept", "backend 1.1")

_PLAIN = ["/204", "/205", "/304", "/fields", "/typeless", "/empty", "/big", "/chunked", "/chunks-empty", "/chunks-big",
          "/end",
          "/end-empty", "/end-big", "/old", "/old-length", "/old-kept", "/slowly", "/closing", "/refresh/elsewhere",
          "/refresh/none",
          "/nothing", "/half", "/many", "/late", "/dead/", "/short", "/stalls",
          *(f"/location/{each}" for each in ("same", "up", "other-path", "https", "slash", "relative", "elsewhere",
                                             "empty", "created"))]

CASES = [
    *(get(f"/status/{number}", name=f"GET {words}") for number, words in enumerate(_STATUSES)),
    *(head(f"/status/{number}") for number in (0, 8, 17, 30)),
    *(get(path) for path in _PLAIN),
    get("/l/x/location/same"),
    get("/l/x/location/up"),
    get("/l/x/location/other-path"),
    get("/l/x/location/created"),
    *(head(path) for path in ("/fields", "/big", "/chunked", "/end", "/empty", "/dead/", "/location/same")),
    *(get(path, version="1.0") for path in ("/fields", "/chunked", "/end", "/big", "/empty", "/old", "/dead/", "/204",
                                            "/chunks-big")),
    *(get(path, "Connection: keep-alive", version="1.0") for path in ("/fields", "/chunked", "/end", "/204")),
    *(get(path, "Connection: close") for path in ("/fields", "/chunked", "/end", "/204", "/dead/")),
    get("/fields", "Range: bytes=0-1"),
    get("/fields", 'If-None-Match: "x"'),
    get("/fields", 'If-None-Match: *'),
    post("/status/0", "x"),
    post("/nothing", "x"),
    post("/dead/", "x"),
    *(get(path, differs="backend's framing")
      for path in ("/lf", "/length-bad", "/length-twice", "/101", "/control")),
    *(get(path, "Connection: close", differs="backend's framing") for path in ("/garbage", "/0.9")),
    get("/both"),
    get("/204-length"),
    get("/1xx", differs="backend's 1xx"),
    get("/103", differs="backend's 1xx"),
    get("/colon", differs="blank before colon"),
    get("/folded"),
    get("/wordless", differs="reason"),
]
