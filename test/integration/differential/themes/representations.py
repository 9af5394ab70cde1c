"""etag, if_modified_since, max_ranges; charset."""

from differential.cases import get
from differential.origin import chunked_answer, ok

CONFIG = """
http {
    types { text/html html; text/css css; text/xml xml; image/png png; application/javascript js; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location /noetag/ { etag off; }
        location /ims-off/ { if_modified_since off; }
        location /ims-before/ { if_modified_since before; }
        location /ranges0/ { max_ranges 0; }
        location /ranges2/ { max_ranges 2; }
        location /charset/ { charset utf-8; }
        location /charset-types/ { charset utf-8; charset_types text/css; }
        location /charset-all/ { charset iso-8859-15; charset_types *; }
        location /charset-off/ { charset off; }
        location /charset-variable/ { charset $arg_c; }
        location /charset-text { charset utf-8; return 200 "text"; }
        location /charset-error { charset utf-8; return 404; }
        location /charset-redirect { charset utf-8; return 301 /; }
        location /charset-proxied/ { charset utf-8; proxy_pass http://@backend@; }
        location /charset-override/ { charset utf-8; override_charset off; proxy_pass http://@backend@; }
        location /charset-overrides/ { charset utf-8; override_charset on; proxy_pass http://@backend@/; }
    }
}
"""

FILES = {
    **{f"{name}/page.html": "page\n" for name in
       ("noetag", "ims-off", "ims-before", "charset", "charset-types", "charset-all", "charset-off",
        "charset-variable")},
    **{f"{name}/x.{kind}": kind for name in ("charset", "charset-types", "charset-all") for kind in ("css", "xml",
        "png", "js", "none")},
    "ranges0/x": "x" * 100, "ranges2/x": "x" * 100,
}

BACKENDS = {"backend": {
    "/typed": ok(b"typed", "Content-Type: text/html; charset=iso-8859-1"),
    "/html": ok(b"html", "Content-Type: text/html"),
    "/png": ok(b"png", "Content-Type: image/png"),
    "/chunked": chunked_answer(b"x", fields=["Content-Type: text/html"]),
}}

DIFFERS = ("name", "connection kept", "backend 1.1")

THEN, LATER, EARLIER = (f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (37, 38, 36))

CASES = [
    *(get(path) for path in (
        "/noetag/page.html",
        *(f"/{name}/{file}" for name in ("charset", "charset-types", "charset-all") for file in ("page.html", "x.css",
            "x.xml", "x.png", "x.js", "x.none")),
        "/charset-off/page.html", "/charset-variable/page.html?c=utf-8", "/charset-text",
        "/charset-error", "/charset-redirect", "/charset-text.html",
        *(f"/charset-{name}/{what}" for name in ("proxied", "override", "overrides") for what in ("typed", "html", "png", "chunked",
                                                                                     "x")))),
    *(get(f"/{name}/page.html", f"If-Modified-Since: {date}") for name in ("ims-off", "ims-before") for date in (THEN,
        LATER, EARLIER)),
    get("/noetag/page.html", 'If-None-Match: "2ebc98a1-5"'),
    get("/noetag/page.html", 'If-Match: "2ebc98a1-5"'),
    *(get(f"/{name}/x", f"Range: bytes={ranges}") for name in ("ranges0", "ranges2") for ranges in ("0-1", "0-1,5-6",
        "0-1,5-6,9-10")),
    get("/noetag/page.html", 'If-Range: "2ebc98a1-5"', "Range: bytes=0-1"),
    get("/charset/page.html", "Range: bytes=0-1"),
]
