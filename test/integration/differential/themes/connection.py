"""What happens on one connection: keep-alive, pipelining, what is refused, what is too large."""

from differential.cases import ask, chunked, get, post, raw

CONFIG = """
http {
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        keepalive_timeout 30s;
        keepalive_requests 5;
        client_header_timeout 20s;
        client_body_timeout 1s;
        send_timeout 20s;
        lingering_timeout 100ms;
        location /answer { return 200 "answer\\n"; }
        location /never { keepalive_timeout 0; return 200 "never\\n"; }
        location /said { keepalive_timeout 30s 20s; return 200 "said\\n"; }
        location /two { keepalive_requests 2; return 200 "two\\n"; }
        location /p/ { proxy_pass http://@backend@; proxy_send_timeout 20s; }
        location /ten { client_max_body_size 10; return 200 "ten\\n"; }
        location /p/ten { client_max_body_size 10; proxy_pass http://@backend@; }
        location /p/any { client_max_body_size 0; proxy_pass http://@backend@; }
    }
}
"""

FILES = {"index.html": "home\n", "big": "x" * 300_000, "ten": "ten\n"}

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1", "allow")
DIFFERS_OVER_HTTP2 = {"a line of 8 KB": ("414 said",)}


def line(target, *fields, method="GET", version="1.1", body=""):
    """A request's bytes."""
    fields = ["Host: a.test", *fields, *([f"Content-Length: {len(body)}"] if body else [])]
    return f"{method} {target} HTTP/{version}\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n" + body


def several(name, *requests, **how):
    """Requests that are sent at once."""
    return raw(name, "".join(requests), methods=[request.split(" ", 1)[0] for request in requests], **how)


CLOSE = line("/answer", "Connection: close")

CASES = [
    get("/answer"),
    get("/answer", "Connection: close"),
    get("/answer", "Connection: Close"),
    get("/answer", "Connection: x, close"),
    get("/answer", "Connection: keep-alive"),
    get("/answer", version="1.0"),
    get("/answer", "Connection: keep-alive", version="1.0"),
    get("/answer", "Connection: close", version="1.0"),
    get("/never"),
    get("/said"),
    get("/said", "Connection: keep-alive", version="1.0"),
    get("/big", "Connection: keep-alive", version="1.0"),
    several("two of two", line("/two"), line("/two")),
    several("six of five", *[line("/answer")] * 6),
    several("pipelined of each kind", line("/"), line("/answer"), line("/p/x"), CLOSE),
    several("pipelined bodies", line("/p/1", method="POST", body="abc"), line("/p/2", method="PUT", body="xy"), CLOSE),
    several("a body that nobody reads", line("/answer", method="POST", body="hello"), line("/answer"), CLOSE),
    several("a body for a file", line("/big", method="GET", body="hello"), CLOSE),
    several("a body where none is taken", line("/index.html", method="POST", body="hello"), CLOSE),
    several("after HEAD", line("/big", method="HEAD"), line("/p/x", method="HEAD"), CLOSE),
    several("after 304", line("/index.html", "If-None-Match: *"), CLOSE),
    several("after an error", line("/none"), line("/none", method="HEAD"), CLOSE),
    several("after a redirect", line("/p"), CLOSE),
    several("after close", CLOSE, line("/answer")),
    several("empty lines between", line("/answer"), "\r\n" + line("/answer"), CLOSE),
    several("1.0 after 1.1", line("/answer"), line("/answer", version="1.0")),
    several("chunks, then another", line("/p/1", "Transfer-Encoding: chunked",
                                         method="POST") + chunked("hello").decode(), CLOSE,
            differs="uploads stream"),
    raw("half of each", "GET /ans", 0.05, "wer HTTP/1.1\r\nHost: a.test\r\n", 0.05, "\r\nGET /an", 0.05,
        "swer HTTP/1.1\r\nHost: a.test\r\n\r\n",
        methods=["GET", "GET"]),
    raw("a body that does not come", "POST /p/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhe",
        differs="408 said"),
    raw("nothing but an end of line", "\r\n", 0.05, line("/answer"), methods=["GET"]),

    post("/ten", "0123456789"),
    post("/ten", "0123456789a", name="POST /ten with eleven"),
    post("/p/ten", "0123456789"),
    post("/p/ten", "0123456789a", name="POST /p/ten with eleven"),
    ask("POST", "/p/ten", "Transfer-Encoding: chunked", body=chunked("01234", "56789"), name="chunks of ten",
        differs="uploads stream"),
    ask("POST", "/p/ten", "Transfer-Encoding: chunked", body=chunked("01234", "56789a"), name="chunks of eleven"),
    raw("too large, with Expect",
        "POST /p/ten HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"),
    raw("too large, without a byte of it", "POST /p/ten HTTP/1.1\r\nHost: a.test\r\nContent-Length: 11\r\n\r\n"),
    post("/p/any", "x" * 3_000_000, name="POST /p/any with three million"),
    post("/p/x", "x" * 1_048_576, name="POST with a megabyte"),
    raw("more than a megabyte", "POST /p/x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1048577\r\n\r\n"),
    raw("Expect: 100-Continue",
        "POST /p/x HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n", 0.2, "ab"),
    raw("Expect for a file", "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        0.2, "ab",
        methods=["POST"], differs="closed instead of 100"),
    raw("Expect for a text",
        "POST /answer HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 0.2, "ab",
        methods=["POST"], differs="closed instead of 100"),
    raw("an unknown expectation", "GET /answer HTTP/1.1\r\nHost: a.test\r\nExpect: x\r\n\r\n"),

    get("/" + "x" * 7000),
    get("/" + "x" * 8192, name="a line of 8 KB"),
    get("/answer", "X-Long: " + "x" * 8000),
    get("/answer", "X-Long: " + "x" * 9000, name="a field of 9 KB", differs="431"),
    get("/answer", *[f"X-{n}: x" for n in range(99)]),
    get("/answer", *[f"X-{n}: {'x' * 4000}" for n in range(9)], name="a head of 36 KB", differs="431"),
]
