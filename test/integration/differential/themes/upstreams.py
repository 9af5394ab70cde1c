"""upstream blocks, and what proxy_* changes."""

from differential.cases import ask, basic, chunked, get, head, post
from differential.origin import chunked_answer, ok, until_end

CONFIG = """
http {
    default_type text/plain;
    upstream one { server @backend@; }
    upstream two { server @backend@ weight=3; server @second@; }
    upstream spare { server @dead@; server @backend@; }
    upstream backup { server @dead@; server @second@ backup; }
    upstream down { server @backend@ down; server @second@; }
    upstream least { least_conn; server @backend@; server @second@; }
    upstream address { ip_hash; server @backend@; server @second@; }
    upstream kept { server @backend@; keepalive 4; }
    upstream all-dead { server @dead@; server @dead@ max_fails=0; }
    upstream failing { server @backend@ max_fails=0; server @second@ max_fails=0; }
    upstream failing2 { server @backend@ max_fails=1 fail_timeout=60s; server @second@ max_fails=0; }
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location /one/ { proxy_pass http://one; }
        location /one-uri/ { proxy_pass http://one/up/; }
        location /two/ { proxy_pass http://two; }
        location /spare/ { proxy_pass http://spare; }
        location /backup/ { proxy_pass http://backup; }
        location /down/ { proxy_pass http://down; }
        location /least/ { proxy_pass http://least; }
        location /address/ { proxy_pass http://address; }
        location /kept/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://kept; }
        location /all-dead/ { proxy_pass http://all-dead; }
        location /variable/ { set $up one; proxy_pass http://$up; }
        location /host/ { proxy_set_header Host $proxy_host; proxy_set_header X-Port "$proxy_port"; proxy_pass http://one; }

        location /next/ { proxy_next_upstream error timeout http_500 http_404 non_idempotent; proxy_pass http://failing; }
        location /next-default/ { proxy_pass http://failing; }
        location /next-off/ { proxy_next_upstream off; proxy_pass http://spare; }
        location /next-tries/ { proxy_next_upstream http_500; proxy_next_upstream_tries 1; proxy_pass http://failing; }
        location /next-timeout/ { proxy_next_upstream http_500; proxy_next_upstream_timeout 10s; proxy_pass http://failing; }
        location /next-idempotent/ { proxy_next_upstream http_500; proxy_pass http://failing; }

        location /version/ { proxy_http_version 1.1; proxy_pass http://one; }
        location /unbuffered/ { proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://one; }
        location /buffers/ { proxy_buffer_size 8k; proxy_buffers 4 8k; proxy_max_temp_file_size 0; proxy_pass http://one; }
        location /timeouts/ { proxy_read_timeout 1s; proxy_send_timeout 1s; proxy_connect_timeout 5s; proxy_pass http://one; }
        location /hide/ { proxy_hide_header X-Secret; proxy_hide_header ETag; proxy_pass http://one; }
        location /pass/ { proxy_pass_header Server; proxy_pass_header Date; proxy_pass_header X-Accel-Expires; proxy_pass http://one; }
        location /no-body/ { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://one; }
        location /no-headers/ { proxy_pass_request_headers off; proxy_pass http://one; }
        location /method/ { proxy_method POST; proxy_pass http://one; }
        location /intercept/ { proxy_intercept_errors on; error_page 404 /page; error_page 500 =200 /page; proxy_pass http://one; }
        location /intercept-not/ { error_page 404 /page; proxy_pass http://one; }
        location /abort/ { proxy_ignore_client_abort on; proxy_pass http://one; }
        location /accel/ { proxy_pass http://one; }
        location /accel-ignored/ { proxy_ignore_headers X-Accel-Redirect X-Accel-Charset X-Accel-Limit-Rate X-Accel-Buffering; proxy_pass http://one; }
        location /internal/ { internal; }
        location /rate/ { proxy_limit_rate 1m; proxy_pass http://one; }
        location /socket/ { proxy_socket_keepalive on; proxy_pass http://one; }
        location /page { return 200 "the page\\n"; }

        location /redirect/ { proxy_pass http://one/up/; }
        location /redirect-off/ { proxy_redirect off; proxy_pass http://one/up/; }
        location /redirect-literal/ { proxy_redirect http://other.test/ /here/; proxy_redirect /abs/ /there/; proxy_pass http://one; }
        location /redirect-seed/ { proxy_redirect http https; proxy_pass http://one; }
        location /redirect-scheme/ { proxy_redirect http:// $scheme://; proxy_pass http://one; }
        location /redirect-variable/ { proxy_redirect http://$proxy_host/ http://$host/; proxy_pass http://one; }
        location /redirect-regex/ { proxy_redirect ~^http://([^/]+)/(.*)$ http://$host/$1/$2; proxy_redirect ~*^/ABS/(.*) /abs2/$1; proxy_pass http://one; }
        location /redirect-default/ { proxy_pass http://one/up/; proxy_redirect default; proxy_redirect http://other.test/ /x/; }
        location /cookie/ { proxy_cookie_path /up/ /cookie/; proxy_cookie_domain backend.test front.test; proxy_pass http://one; }
        location /cookie-regex/ { proxy_cookie_path ~^/(.+)$ /cookie-regex/$1; proxy_cookie_domain ~\\.?(.*)\\.test$ $1.example; proxy_pass http://one; }
        location /cookie-flags/ { proxy_cookie_flags one secure httponly samesite=strict; proxy_cookie_flags ~two nosecure; proxy_pass http://one; }
        location /cookie-off/ { proxy_cookie_path off; proxy_pass http://one; }
    }
}
"""

FILES = {"internal/file.html": "an internal file\n"}


def _where(answer):
    return lambda seen: ok(answer, "Content-Type: text/plain")


def _location(text):
    return lambda seen: ok(b"", "Location: " + text, "Refresh: 3; url=" + text, status="302 Found")


_COOKIES = ok(b"", "Set-Cookie: one=1; Path=/up/x; Domain=backend.test",
              "Set-Cookie: two=2; path=/; domain=.backend.test; Secure; HttpOnly",
              "Set-Cookie: three=3", "Set-Cookie: four=4; Path=/up/",
              "Set-Cookie: five=5; Domain=other.test; Path=/elsewhere", 'Set-Cookie: six="6"; Max-Age=5; Path="/up/"')

_COMMON = {
    "/500$": ok(b"broken", status="500 Broken"),
    "/404$": ok(b"nothing", status="404 Nothing"),
    "/403$": ok(b"no", status="403 No"),
    "/secret": ok(b"x", "X-Secret: 1", "ETag: \"x\"", "X-Open: 2"),
    "/fields": ok(b"x", "Server: theirs", "X-Accel-Expires: 5", "X-Pad: y"),
    "/late": [1.5, ok(b"late")],
    "/big": ok(b"b" * 300_000),
    "/chunked": chunked_answer(b"one", b"two" * 3000),
    "/end": until_end(b"end" * 1000),
    "/other": _location("http://other.test/x"),
    "/abs": _location("/abs/x?y"),
    "/http": _location("http://plain.test/x"),
    "/https": _location("https://plain.test/x"),
    "/up-one": _location("http://one/up/x"),
    "/root-one": _location("http://one/x"),
    "/relative": _location("x"),
    "/cookies": _COOKIES,
    "/accel-redirect": ok(b"not seen", "X-Accel-Redirect: /internal/file.html", "X-Kept: 1",
                          "Content-Type: text/x-kept", "Set-Cookie: a=b"),
    "/accel-none": ok(b"not seen", "X-Accel-Redirect: /internal/none"),
    "/accel-page": ok(b"not seen", "X-Accel-Redirect: /page?x=y", status="404 Nothing"),
    "/accel-charset": ok(b"seen", "X-Accel-Charset: koi8-r", "Content-Type: text/html"),
    "/accel-buffering": ok(b"seen", "X-Accel-Buffering: no", "X-Accel-Limit-Rate: 100000"),
}

BACKENDS = {"backend": {**_COMMON, "": ok(b"first")}, "second": {"/404$": ok(b"second's 404", status="404 Nothing"),
                                                                 "": ok(b"second")}}

DIFFERS = ("name", "connection kept", "backend 1.1")
DIFFERS_OVER_HTTP2 = {"chunks without buffering": ()}  # nginx says chunked, too

CASES = [
    get("/one/a%20b?x=y"),
    get("/one-uri/a%20b?x=y"),
    post("/one/x", "body"),
    *(get("/two/x", name=f"GET /two/ number {n}") for n in range(8)),
    *(get("/spare/x", name=f"GET /spare/ number {n}") for n in range(3)),
    *(get("/least/x", name=f"GET /least/ number {n}") for n in range(3)),
    *(get("/address/x", source=source) for source in ("127.0.0.1", "127.0.1.1", "127.9.0.1", "127.77.0.1",
                                                      "127.130.3.1")),
    *(get("/kept/x", name=f"GET /kept/ number {n}") for n in range(3)),
    get("/backup/x"),
    get("/down/x"),
    get("/all-dead/x"),
    get("/variable/x%20y"),
    get("/host/x"),
    post("/spare/x", "body"),
    *(get(f"/next/{code}") for code in (500, 404, 403)),
    post("/next/500", "body"),
    get("/next-default/500"),
    get("/next-off/x", name="GET /next-off/"),
    get("/next-tries/500"),
    get("/next-timeout/500"),
    get("/next-idempotent/500"),
    post("/next-idempotent/500", "body"),
    *(get(path) for path in ("/version/x", "/unbuffered/x", "/unbuffered/chunked", "/unbuffered/big", "/buffers/big",
                             "/buffers/chunked", "/buffers/end", "/timeouts/late",
                             "/timeouts/x", "/hide/secret", "/hide/x", "/method/x", "/abort/x", "/rate/x",
                             "/socket/x")),
    *(get(f"/pass/{what}", differs="our Date") for what in ("fields", "x")),
    *(post(path, "body", "X-One: 1") for path in ("/version/x", "/unbuffered/x", "/no-body/x", "/no-headers/x",
                                                  "/method/x")),
    ask("POST", "/unbuffered/x", "Transfer-Encoding: chunked", body=chunked("hello", "world"),
        name="chunks without buffering", differs="uploads stream"),
    get("/no-headers/x", "X-One: 1", "Cookie: a=b", basic("user")),
    *(get(f"/{name}/{code}") for name in ("intercept", "intercept-not") for code in (404, 403, "x")),
    get("/intercept/500", differs="500 of a backend"),
    get("/intercept-not/500"),
    *(get(f"/{name}/accel-{what}") for name in ("accel", "accel-ignored") for what in ("redirect", "none", "page",
                                                                                       "charset", "buffering")),
    head("/accel/accel-redirect"),
    get("/internal/file.html"),
    *(get(f"/redirect{name}/{what}") for name in ("", "-off", "-literal", "-seed", "-scheme", "-variable", "-regex",
                                                  "-default")
      for what in ("other", "abs", "http", "https", "up-one", "root-one", "relative")),
    *(get(f"/cookie{name}/cookies") for name in ("", "-regex", "-flags", "-off")),
    head("/cookie/cookies"),
]
