"""gzip and gzip_static: when, and with which fields. Bodies are compared unpacked."""

import gzip as packer

from differential.cases import get, head, post
from differential.origin import chunked_answer, ok, until_end

TEXT = ("a line of text that packs well\n" * 40).encode()

CONFIG = """
http {
    types { text/html html; text/css css; text/xml xml; image/png png; application/javascript js; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location / { }
        location /on/ { gzip on; }
        location /level/ { gzip on; gzip_comp_level 9; gzip_types text/css application/javascript; }
        location /types-all/ { gzip on; gzip_types *; }
        location /min/ { gzip on; gzip_min_length 500; }
        location /vary/ { gzip on; gzip_vary on; gzip_types text/css; }
        location /version/ { gzip on; gzip_http_version 1.0; }
        location /disable/ { gzip on; gzip_disable "Old.*Browser" msie6; }
        location /via/ { gzip on; gzip_proxied any; }
        location /via-expired/ { gzip on; gzip_proxied expired no-cache no-store private no_last_modified no_etag auth; }
        location /text { gzip on; gzip_types text/plain; gzip_min_length 1; return 200 "some text that is packed"; }
        location /error { gzip on; gzip_min_length 1; return 404; }
        location /redirect { gzip on; gzip_min_length 1; return 301 /; }
        location /proxied/ { gzip on; gzip_types text/plain; proxy_pass http://@backend@; }
        location /proxied-any/ { gzip on; gzip_types text/plain; gzip_proxied no-store expired auth; proxy_pass http://@backend@; }
        location /static/ { gzip_static on; }
        location /static-vary/ { gzip_static on; gzip_vary on; }
        location /static-always/ { gzip_static always; }
        location /static-both/ { gzip_static on; gzip on; }
        location /buffers/ { gzip on; gzip_buffers 4 8k; }
    }
}
"""

_PACKED = packer.compress(b"packed before\n", mtime=0)

FILES = {
    **{f"{name}/page.html": TEXT for name in ("on", "level", "types-all", "min", "vary", "version", "disable", "via",
                                              "via-expired", "buffers", "static-both")},
    **{f"{name}/x.{kind}": TEXT for name in ("on", "level", "types-all", "vary") for kind in ("css", "js", "png",
        "xml")},
    "on/small.html": "x" * 19, "on/twenty.html": "y" * 20, "on/empty.html": "", "min/small.html": "x" * 499,
    "min/more.html": "x" * 500, "on/big.html": TEXT * 500,
    "page.html": TEXT,
    **{f"{name}/page.html": "not packed\n" for name in ("static", "static-vary", "static-always")},
    **{f"{name}/page.html.gz": _PACKED for name in ("static", "static-vary", "static-always")},
    **{f"{name}/only.html.gz": _PACKED for name in ("static", "static-always")},
    "static/plain.html": "plain\n", "static-both/other.html": "x", "static-both/x.html.gz": _PACKED,
    "static-both/x.html": "not packed\n",
    "static/dir/index.html": "index\n", "static/dir/index.html.gz": _PACKED, "static/folder.html.gz/x": "a directory",
    "static/folder.html": "file\n",
}

BACKENDS = {"backend": {
    "/length": ok(TEXT, "Content-Type: text/html", 'ETag: "x"', "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
                  "Accept-Ranges: bytes"),
    "/weak": ok(TEXT, "Content-Type: text/html", 'ETag: W/"x"'),
    "/chunked": chunked_answer(TEXT, TEXT, fields=["Content-Type: text/html"]),
    "/end": until_end(TEXT, "Content-Type: text/html"),
    "/encoded": ok(packer.compress(TEXT, mtime=0), "Content-Type: text/html", "Content-Encoding: gzip"),
    "/br": ok(TEXT, "Content-Type: text/html", "Content-Encoding: br"),
    "/vary": ok(TEXT, "Content-Type: text/html", "Vary: Cookie"),
    "/charset": ok(TEXT, "Content-Type: text/html; charset=utf-8"),
    "/png": ok(TEXT, "Content-Type: image/png"),
    "/no-type": ok(TEXT),
    "/206": ok(TEXT, "Content-Type: text/html", "Content-Range: bytes 0-1239/5000", status="206 Partial Content"),
    "/404": ok(TEXT, "Content-Type: text/html", status="404 Nothing"),
    "/403": ok(TEXT, "Content-Type: text/html", status="403 No"),
    "/500": ok(TEXT, "Content-Type: text/html", status="500 Broken"),
    "/201": ok(TEXT, "Content-Type: text/html", status="201 Made"),
    "/204": b"HTTP/1.1 204 No\r\n\r\n",
    "/no-store": ok(TEXT, "Content-Type: text/html", "Cache-Control: no-store"),
    "/expired": ok(TEXT, "Content-Type: text/html", "Expires: Sun, 06 Nov 1994 08:49:37 GMT"),
    "/small": ok(b"x" * 19, "Content-Type: text/html"),
    "/no-transform": ok(TEXT, "Content-Type: text/html", "Cache-Control: no-transform"),
}}

DIFFERS = ("name", "connection kept", "backend 1.1", "allow")

GZIP = "Accept-Encoding: gzip"
_PATHS = ["/page.html", "/on/page.html", "/on/small.html", "/on/twenty.html", "/on/empty.html", "/on/big.html",
          "/on/none",
          *(f"/{name}/x.{kind}" for name in ("on", "level", "types-all", "vary") for kind in ("css", "js", "png",
              "xml")),
          "/level/page.html", "/types-all/page.html", "/min/small.html", "/min/more.html", "/vary/page.html",
          "/buffers/page.html",
          "/text", "/error", "/redirect",
          *(f"/proxied/{name}" for name in ("length", "weak", "chunked", "end", "encoded", "br", "vary", "charset",
                                            "png", "no-type", "206",
                                                                            "404", "403", "500", "201", "204",
                                                                            "no-store", "small"))]

CASES = [
    *(get(path, GZIP) for path in _PATHS),
    *(get(path) for path in ("/on/page.html", "/vary/page.html", "/vary/x.css", "/vary/x.png", "/proxied/length")),
    *(get("/on/page.html", f"Accept-Encoding: {value}") for value in
      ("gzip, deflate, br", "deflate", "gzip;q=0", "gzip;q=0.5", "gzip;q=0.000", "gzip; q=1", "*", "x-gzip", "GZIP",
       "Gzip;Q=0", "identity", "br;q=1, gzip;q=0.1",
       "xgzip", "gzipx", "gzip;q=", "gzip;q=2", "deflate, gzip ;q=0", "", "xgzip, gzip")),
    get("/on/page.html", "Accept-Encoding: deflate", GZIP, name="two fields, gzip in the second",
        differs="all of Accept-Encoding"),
    head("/on/page.html", GZIP),
    head("/proxied/length", GZIP),
    get("/on/page.html", GZIP, "Range: bytes=0-9", differs="ranges unpacked"),
    get("/on/page.html", GZIP, 'If-None-Match: "2ebc98a1-4d8"'),
    get("/on/page.html", GZIP, 'If-None-Match: W/"2ebc98a1-4d8"'),
    get("/on/page.html", GZIP, 'If-Match: W/"2ebc98a1-4d8"'),
    get("/on/page.html", GZIP, version="1.0"),
    get("/version/page.html", GZIP, version="1.0"),
    get("/version/page.html", GZIP, "Connection: keep-alive", version="1.0"),
    *(get("/disable/page.html", GZIP, f"User-Agent: {agent}") for agent in ("Old Nasty Browser", "New Browser",
                                                                            "Mozilla/4.0 (compatible; MSIE 6.0; Windows)")),
    *(get(f"/{name}/page.html", GZIP, "Via: 1.1 x") for name in ("on", "via", "via-expired")),
    get("/via-expired/page.html", GZIP, "Via: 1.1 x", "Authorization: Basic x"),
    *(get(f"/proxied-any/{name}", GZIP, "Via: 1.1 x") for name in ("length", "no-store", "expired")),
    get("/proxied-any/length", GZIP, "Via: 1.1 x", "Authorization: Basic x"),
    post("/proxied/length", "x", GZIP),
    *(get(path, GZIP, differs="Vary") for path in ("/static/page.html", "/static/only.html", "/static/dir/",
                                                   "/static-both/x.html", "/static/plain.html",
                                                  "/static/none.html", "/static-both/page.html", "/static/folder.html",
                                                  "/static/page.html.gz", "/static/dir")),
    *(get(path, GZIP) for path in ("/static-vary/page.html",)),
    get("/static-vary/page.html"),
    get("/static/only.html", differs="Vary"),
    get("/static/page.html", differs="Vary"),
    get("/static-always/page.html"),
    get("/static-always/only.html"),
    head("/static/page.html", GZIP, differs="Vary"),
    get("/static/page.html", GZIP, "Range: bytes=0-4", differs="Vary"),
    get("/static/page.html", GZIP, "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", differs="Vary"),
    post("/static/page.html", "x", GZIP),
]
