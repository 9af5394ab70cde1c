"""add_header and expires."""

from differential.cases import ask, get, head, post
from differential.origin import ok, chunked_answer

_CODES = (200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 403, 404, 500, 503)

CONFIG = """
http {
    types { text/html html; text/css css; text/xml xml; image/png png; application/javascript js; }
    default_type text/plain;
    add_header X-Http http;
    map $uri $by_type { default off; ~\\.css$ 1h; ~\\.png$ max; /by/epoch.html epoch; }
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location / { }
        location /own/ { add_header X-Own own; }
        location /always/ { add_header X-Always "$uri $status" always; add_header X-Sometimes x; }
        location /variables/ { add_header X-Var "$host $request_method $arg_a"; add_header X-Empty ""; add_header X-None $arg_none; }
        location /twice/ { add_header X-Twice 1; add_header X-Twice 2; add_header Set-Cookie a=1; add_header Set-Cookie b=2; }
        location /codes/ {
            add_header X-Code code;
            add_header X-Always always always;
            expires 1h;
            %s
            return 200 "codes\\n";
        }
        location /proxied/ { add_header X-Added added; add_header Cache-Control private; proxy_pass http://@backend@; }
        location /proxied-expires/ { expires 1h; proxy_pass http://@backend@; }
        location /proxied-off/ { expires off; proxy_pass http://@backend@; }
        location /if/ { add_header X-Outer outer; if ($arg_a) { return 200 "in\\n"; } return 200 "out\\n"; }
        location /if-own/ { add_header X-Outer outer; if ($arg_a) { add_header X-Inner inner; return 200 "in\\n"; } return 200 "out\\n"; }
        location /if-file/ { if ($arg_a) { add_header X-Inner inner; expires 2h; } }
        location /last-modified { add_header Last-Modified ""; root @site@; }
        location /last-modified2 { add_header Last-Modified "Sun, 06 Nov 1994 08:49:37 GMT"; return 200 x; }
        location /etag { add_header ETag '"mine"'; return 200 x; }
        location /content-type { add_header Content-Type text/x; return 200 x; }
        location /cc/ { add_header Cache-Control "no-store"; }
        location /cc2/ { add_header Cache-Control "no-store"; expires 1h; }

        location /expires/30d { expires 30d; return 200 x; }
        location /expires/neg { expires -1; return 200 x; }
        location /expires/neg2 { expires -1h; return 200 x; }
        location /expires/zero { expires 0; return 200 x; }
        location /expires/epoch { expires epoch; return 200 x; }
        location /expires/max { expires max; return 200 x; }
        location /expires/off { expires off; return 200 x; }
        location /expires/at { expires @15h30m; root @site@; }
        location /expires/modified { expires modified +24h; return 200 x; }
        location /expires/composite { expires 1d2h3m4s; return 200 x; }
        location /expires/redirect { expires 1h; return 301 /; }
        location /modified/ { expires modified +24h; }
        location /modified-far/ { expires modified 15000d; }
        location /modified-neg/ { expires modified -1h; }
        location /by/ { expires $by_type; }


    }
}
""".replace("%s", "\n            ".join(f"location /codes/{code} {{ return {code}; }}" for code in _CODES))

FILES = {
    **{f"{name}/page.html": "page\n" for name in
       ("own", "always", "variables", "twice", "if-file", "cc", "cc2", "modified", "modified-far", "modified-neg")},
    **{f"{name}/x.{kind}": kind for name in ("by",) for kind in ("css", "xml", "png", "js", "none")},
    "by/page.html": "page", "by/epoch.html": "epoch",
    "page.html": "page\n", "expires/at": "at\n", "last-modified": "x\n",
}

BACKENDS = {"backend": {
    "/cached": ok(b"cached", "Expires: Sun, 06 Nov 1994 08:49:37 GMT", "Cache-Control: max-age=5",
                  "Content-Type: text/html"),
    "/typed": ok(b"typed", "Content-Type: text/html; charset=iso-8859-1"),
    "/html": ok(b"html", "Content-Type: text/html"),
    "/png": ok(b"png", "Content-Type: image/png"),
    "/500": ok(b"broken", status="500 Broken"),
    "/chunked": chunked_answer(b"x", fields=["Content-Type: text/html"]),
}}

DIFFERS = ("name", "connection kept", "backend 1.1", "allow")

THEN, LATER, EARLIER = (f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (37, 38, 36))

CASES = [
    *(get(path) for path in (
        "/page.html", "/none", "/own/page.html", "/own/none", "/always/page.html", "/always/none",
        "/variables/page.html?a=1", "/twice/page.html",
        *(f"/codes/{code}" for code in _CODES if code != 304), "/codes/x",
        "/proxied/x", "/proxied/cached", "/proxied/500", "/proxied-expires/x", "/proxied-expires/cached",
        "/proxied-expires/500", "/proxied-off/cached",
        "/if/x", "/if/x?a=1", "/if-own/x", "/if-own/x?a=1", "/if-file/page.html", "/if-file/page.html?a=1",
        "/last-modified", "/last-modified2", "/etag", "/content-type",
        "/cc/page.html", "/cc2/page.html",
        *(f"/expires/{name}" for name in ("30d", "neg", "neg2", "zero", "epoch", "max", "off", "at", "modified",
                                          "composite", "redirect")),
        "/modified/page.html", "/modified-far/page.html", "/modified-neg/page.html", "/by/page.html", "/by/epoch.html",
        "/by/x.css", "/by/x.png", "/by/x.none",
        )),
    get("/codes/304", differs="304 bare"),
    head("/own/page.html"),
    head("/codes/301"),
    get("/own/page.html", "If-None-Match: *"),
    get("/expires/at", "If-None-Match: *"),
    get("/own/page.html", "Range: bytes=0-1"),
    *(get(f"/{place}", "Range: bytes=50-", differs="416") for place in ("own/page.html", "always/page.html", "by/page.html")),
    get("/last-modified2", f"If-Modified-Since: {THEN}"),
    ask("DELETE", "/own/page.html"),
    post("/own/page.html", "x"),
]
