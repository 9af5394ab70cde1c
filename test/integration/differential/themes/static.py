"""Files below a root: index, types, conditions, ranges, methods."""

from differential.cases import ask, get, head, post

CONFIG = """
http {
    types { text/html html; image/png png PNG; application/octet-stream bin; text/x-long tar.gz; }
    default_type application/x-default;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        index first.html index.html;
        location /typed/ { types { text/x-typed html; } }
        location /untyped/ { types { } default_type text/x-nothing; }
        location = /exactly { root @site@/other; }
        location /other/ { root @site@/other; }
        location ^~ /plain/ { default_type text/plain; }
    }
    server { listen @http@; server_name empty.test; root @site@/nowhere; }
    server { listen @http@; server_name rootless.test; location /x { return 200 x; } }
}
"""

FILES = {
    "index.html": "<p>home</p>\n",
    "page.html": "x" * 1024,
    "large.bin": bytes(range(256)) * 1200,
    "empty.html": "",
    "a b.html": "blank\n",
    "\u00e4.html": "umlaut\n",
    "percent%.html": "percent\n",
    "UPPER.PNG": "png",
    "two.tar.gz": "gz",
    "noextension": "none",
    "dot.": "dot",
    "folder/index.html": "folder\n",
    "first/first.html": "first\n",
    "first/index.html": "second\n",
    "bare/file.bin": "a file",
    "typed/x.html": "typed",
    "untyped/x.html": "untyped",
    "untyped/x": "untyped",
    "plain/x": "plain",
    "other/exactly": "other root\n",
    "other/other/x.html": "other root\n",
    "in": ("to", "folder/index.html"),
    "infolder": ("to", "folder"),
    "unreadable.html": ("mode", 0, "secret"),
    ".env": "SECRET",
    ".well-known/x": "known",
    "passwd": ("to", "/etc/passwd"),
}

DIFFERS = ("name", "connection kept", "allow")

ETAG = '"2ebc98a1-400"'
THEN, LATER, EARLIER = (f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (37, 38, 36))

_PATHS = ["/", "/page.html", "/page.html?x=1", "/large.bin", "/empty.html", "/folder", "/folder?x=1", "/folder/",
          "/bare", "/bare/", "/none", "/none/", "/page.html/", "/index.html/x", "/in", "/infolder", "/infolder/",
          "/a%20b.html", "/%C3%A4.html", "/percent%25.html", "/%70age.html", "/folder/../page.html", "//page.html",
          "/" + "x" * 300, "/UPPER.PNG", "/upper.png", "/two.tar.gz", "/noextension", "/dot.", "/typed/x.html",
          "/untyped/x.html", "/untyped/x", "/plain/x", "/exactly", "/other/x.html", "/first/",
          "/unreadable.html", "/.well-known/x", "/first", "/typed", "/folder/.", "/folder/./index.html", "/PAGE.html"]

_RANGES = ["0-0", "0-", "-5", "-5000", "5-2", "2000-", "0-9,20-29", "0-9,20-29,-10", "0-600,300-1023", "0-,0-", "",
           "a-b", "1-2x", " 10 - 19 , 30 - 39 ", "1-2,", ",1-2", "-0", "99999999999999999999-", "5000-,1-2", "-",
           "0-49,50-1023", "1-2;3-4", "1023-", "1024-", "0-1023", "0-1024"]

_CONDITIONS = [
    ["If-None-Match: " + ETAG], ["If-None-Match: W/" + ETAG], ["If-None-Match: *"], ['If-None-Match: "x"'],
    ['If-None-Match: "x", ' + ETAG], ["If-None-Match:"], ["If-Modified-Since: " + THEN],
    ["If-Modified-Since: " + LATER],
    ["If-Modified-Since: yesterday"], ["If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"],
    ["If-Modified-Since: Sun Nov  6 08:49:37 1994"], ["If-Match: " + ETAG], ['If-Match: "x"'], ["If-Match: W/" + ETAG],
    ["If-Match: *"], ["If-Unmodified-Since: " + THEN], ["If-Unmodified-Since: " + EARLIER],
    ["If-Unmodified-Since: " + LATER], ['If-None-Match: "x"', "If-Modified-Since: " + THEN],
    ["If-Match: " + ETAG, "If-None-Match: " + ETAG], ["If-Range: " + ETAG, "Range: bytes=0-9"],
    ["If-Range: " + THEN, "Range: bytes=0-9"], ["If-Range: W/" + ETAG, "Range: bytes=0-9"],
    ["If-Range: " + LATER, "Range: bytes=0-9"], ["If-None-Match: " + ETAG, "Range: bytes=0-9"],
    ["If-Modified-Since: " + THEN, "Range: bytes=2000-"],
]

CASES = [
    *(get(path) for path in _PATHS),
    *(head(path) for path in ("/", "/page.html", "/none", "/folder", "/large.bin", "/bare/")),
    *(get("/page.html", f"Range: bytes={each}") for each in _RANGES),
    get("/page.html", "Range: lines=1-2"),
    get("/page.html", "Range: BYTES=1-2"),
    *(get("/large.bin", f"Range: bytes={each}") for each in ("0-99999,200000-", "10-19,100-299,299990-", "300000-")),
    head("/page.html", "Range: bytes=1-2"),
    head("/page.html", "Range: bytes=1-2,4-5"),
    head("/page.html", "Range: bytes=5000-"),
    get("/page.html", "Range: bytes=1-2", version="1.0"),
    get("/empty.html", "Range: bytes=0-5"),
    get("/folder/", "Range: bytes=0-2"),
    *(get("/page.html", *fields) for fields in _CONDITIONS),
    *(get("/page.html", field, differs="no date")
      for field in ("If-Unmodified-Since: yesterday", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 UTC")),
    get("/page.html", "If-Unmodified-Since: yesterday", "Range: bytes=2000-", differs="no date"),
    *(get("/page.html", f"{name}: {value}", "Accept: */*", f"{name}: {value}")
      for name, value in (("If-None-Match", "*"), ("If-Match", "*"), ("If-Modified-Since", THEN), ("If-Unmodified-Since", THEN),
                          ("If-Range", ETAG), ("Authorization", "Basic x"), ("Expect", "100-continue"), ("Accept-Language", "x"))),
    head("/page.html", "If-None-Match: " + ETAG),
    get("/none", "If-None-Match: *"),
    get("/folder", "If-None-Match: *"),
    get("/page.html", "If-None-Match: " + ETAG, "If-Modified-Since: " + EARLIER, differs="RFC 9110 13.2.2"),
    post("/page.html", "x"),
    *(ask(method, "/page.html", body="x")
      for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "OPTIONS")),
    *(ask("DELETE", path) for path in ("/none", "/folder/", "/folder")),
    ask("TRACE", "/page.html", differs="connection kept after TRACE"),
    get("/page.html", version="1.0"),
    get("/page.html", "Connection: keep-alive", version="1.0"),
    *(get(path, host="empty.test") for path in ("/", "/x")),
    get("/", host="rootless.test", differs="no root"),
    get("/.env", differs="hidden"),
    get("/folder/../.env", differs="hidden"),
    get("/passwd", differs="beneath the root"),
]
