"""error_page for requests that break a rule: what the default server says of them."""

from differential.cases import raw

CONFIG = """
http {
    default_type text/plain;
    log_format line '$status $request_method [$request_uri] [$uri] [$host] [$request] $server_name';
    access_log logs/access.log line;
    server {
        listen @http@ default_server;
        server_name a.test;
        root @site@;
        client_header_timeout 3s;
        large_client_header_buffers 4 1k;
        error_page 400 /400.html;
        error_page 405 /405.html;
        error_page 414 /414.html;
        error_page 431 /400.html;
        error_page 494 /400.html;
        error_page 501 = /says?x=1;
        error_page 505 =200 /says;
        error_page 408 /408.html;
        add_header X-Outer "$status $uri" always;
        location /says { return 200 "$status $request_method $uri [$host] [$arg_x]"; }
        location /proxied { proxy_pass http://@backend@; }
        location /own/ { error_page 400 /own400.html; proxy_pass http://@backend@; }
    }
    server {
        listen @proxy@;
        server_name b.test;
        error_page 400 431 494 501 /proxied;
        error_page 414 http://elsewhere.test/long?$status;
        error_page 505 =200 /inside;
        location /proxied { proxy_pass http://@backend@; }
        location /inside { internal; return 200 "inside $status"; }
    }
    server {
        listen @http@;
        server_name c.test;
        root @site@;
        error_page 400 /other.html;
        error_page 501 @other;
        add_header X-C $server_name always;
        location / { proxy_pass http://@backend@; }
        location = /other.html { }
        location @other { return 200 "other $uri"; }
    }
}
"""

FILES = {f"{n}.html": f"page {n}\n" for n in ("400", "405", "414", "408", "own400", "other")}

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")
DIFFERS_OVER_HTTP2 = {"long line, http": ("414 said",), "long line to HEAD, http": ("414 said",)}

GET = "GET / HTTP/1.1\r\nHost: a.test\r\n"
POST = "POST / HTTP/1.1\r\nHost: a.test\r\n"

_HEADS = {
    "blank in the target": "GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "no method": " GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "not HTTP": "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "bad escape": "GET /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "above the root": "GET /../x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "Host with a blank": "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two Hosts": GET + "Host: b.test\r\n\r\n",
    "name with a blank": GET + "A b: c\r\n\r\n",
    "two lengths": POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "length and coding": POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad length": POST + "Content-Length: 5a\r\n\r\nhello",
    "unknown coding": POST + "Transfer-Encoding: gzip\r\n\r\n",
    "unknown version": "GET / HTTP/2.1\r\nHost: a.test\r\n\r\n",
    "TRACE": "TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "CONNECT": "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "long line": "GET /" + "x" * 2000 + " HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "long field": GET + "X: " + "x" * 2000 + "\r\n\r\n",
    "long line to HEAD": "HEAD /" + "x" * 2000 + " HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "HEAD with a bad field": "HEAD / HTTP/1.1\r\nHost: a.test\r\nA b: c\r\n\r\n",
    "HEAD with a long field": "HEAD / HTTP/1.1\r\nHost: a.test\r\nA: " + "x" * 2000 + "\r\n\r\n",
    "bad field, c.test": "GET / HTTP/1.1\r\nHost: c.test\r\nA b: c\r\n\r\n",
    "unknown coding, c.test": "POST /x%20y HTTP/1.1\r\nHost: c.test\r\nTransfer-Encoding: gzip\r\n\r\n",
    "two lengths, c.test": "POST / HTTP/1.1\r\nHost: c.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "chunk size": "POST /own/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
}

_DIFFERS = {"long field": "431", "HEAD with a long field": "431", "TRACE": ("allow", "connection kept after TRACE"),
            "CONNECT": "CONNECT"}

CASES = [
    *[raw(f"{name}, {port}", head, port=port, differs=_DIFFERS.get(name, ()))
      for port in ("http", "proxy") for name, head in _HEADS.items()
      if port == "http" or name not in ("length and coding", "long field", "HEAD with a long field")],
]

DIFFERS_OVER_HTTP2 = {f"{name}, http": ("414 said",) for name in ("long line", "long line to HEAD")}
