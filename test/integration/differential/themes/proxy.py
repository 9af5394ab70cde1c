"""proxy_pass: what the backend sees."""

from differential.cases import ask, basic, chunked, get, head, post, raw

CONFIG = """
http {
    server {
        listen @http@;
        server_name a.test b.test;
        client_max_body_size 2m;
        location / { proxy_pass http://@backend@; }
        location /l/ { proxy_pass http://@backend@/up/; }
        location /m/ { proxy_pass http://@backend@/up; }
        location /n { proxy_pass http://@backend@/; }
        location = /exact { proxy_pass http://@backend@/elsewhere; }
        location /query/ { proxy_pass http://@backend@/fixed/; }
        location /slash/ { proxy_pass http://@backend@; }
        location "/with blank/" { proxy_pass http://@backend@/b/; }
        location /set/ {
            proxy_pass http://@backend@;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Mixed "$host-$server_port $request_method $uri $args";
            proxy_set_header Accept "";
            proxy_set_header X-Removed "";
            proxy_set_header X-Fixed fixed;
        }
        location /hosts/ { proxy_set_header Host $http_host; proxy_pass http://@backend@; }
        location /proxyhost/ { proxy_set_header Host "$proxy_host"; proxy_set_header X-Port $proxy_port; proxy_pass http://@backend@; }
        location /nohost/ { proxy_set_header Host ""; proxy_pass http://@backend@; }
    }
    server {
        listen @http@;
        server_name inherits.test;
        proxy_set_header X-Server server;
        proxy_set_header Host server.test;
        location / { proxy_pass http://@backend@; }
        location /own { proxy_set_header X-Own own; proxy_pass http://@backend@; }
    }
}
"""

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

_TARGETS = ["/", "/?", "/?x", "/p/a%20b/%2e%2e/c%2Fd//e?x=%41", "/p/a%20b", "/l/a%20b%2Fc//d?x=1",
            "/l/",
            "/l/?a", "/l", "/l?x=y", "/m/a", "/m/", "/n/a", "/nabc", "/n", "/n?x", "/exact", "/exact?x", "/exactly",
            "/query/?a=b?c",
            "/slash", "/slash/x", "/slash?x=1", "/l/%25%3f%23%c3%a4", "/l/%3Cb%3E%22%7B%7D%5C%5E%60%7C",
            "/l/x;y=1,z:@&=+$!*'()~",
            "/\xe4?\xe4", "/l/%7e%41", "/l/../l/x", "/l/..%2fl/x", "/l/./x/.", "/with%20blank/x%20y",
            "/x%2by/",
            "/l/x/..", "/l/%2525", "/l/a?b=%20&c=%zz", "/l/a/?", "/\"<>", "/{}|^`", "/a//b///c", "/l/a//b///c"]

CASES = [
    *(get(target) for target in _TARGETS),
    *(get(target, differs="escaped for backends") for target in ('/l/"<>', "/l/{}|^`")),
    get("http://b.test/abs?q", host="other.test"),
    get("http://b.test/set/abs?q", host="other.test"),
    get("http://b.test/hosts/abs?q", host="other.test", differs="authority replaces Host"),
    get("http://b.test", host="b.test"),
    get("/", "Accept: text/html", "Accept-Language: de", "X-Empty:", "X-Two: 1", "X-Two: 2", "Cookie: a=1",
        "Cookie: b=2",
        "Referer: http://x/", "User-Agent: me", "If-None-Match: x", "Range: bytes=1-2", "Accept-Encoding: gzip",
        basic("user")),
    get("/", "X_Under: 1", "X-Real-IP: 1.2.3.4", "X-Forwarded-For: 5.6.7.8", "Forwarded: for=x", "Via: 1.1 x"),
    get("/", "Keep-Alive: 5", "Upgrade: h2c", "Connection: upgrade"),
    get("/", "Proxy: http://evil/", "Proxy-Connection: keep-alive", "Proxy-Authorization: x",
        differs="for one connection"),
    get("/", "TE: trailers", "Trailer: x", "HTTP2-Settings: AAA", differs="for one connection"),
    get("/", "Connection: close, X-Strip", "X-Strip: 1", differs="for one connection"),
    get("/", "Connection: X-Real-IP, Cookie", "X-Real-IP: 1", "Cookie: a"),
    get("/", "Connection: close"),
    get("/", "X-Blank:   value with blanks\t "),
    get("/set/", "Accept: text/html", "X-Removed: 1", "x-fixed: client", "X-Forwarded-For: 1.1.1.1",
        "X-FORWARDED-PROTO: x"),
    get("/set/x%20y?z", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 2.2.2.2"),
    get("/set/", host="B.Test:81"),
    get("/hosts/", host="B.Test:81"),
    get("/proxyhost/"),
    get("/nohost/", differs="backends get a Host"),
    get("/", host="inherits.test"),
    get("/own", host="inherits.test"),
    get("/", version="1.0", host=None),
    get("/hosts/", version="1.0", host=None, differs="backends get a Host"),
    get("/set/", version="1.0", host=None),
    get("/", "Connection: keep-alive", version="1.0"),
    *(ask(method, "/m/") for method in ("HEAD", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCALENDAR", "MKCOL",
                                        "LOCK", "UNLOCK",
                                        "ACL", "SEARCH", "PATCH", "M-SEARCH", "PURGE", "XYZZY", "TRACED")),
    *(ask(method, "/l/x", "Content-Type: text/xml", body="<body/>")
      for method in ("POST", "PUT", "PROPFIND", "REPORT", "PROPPATCH", "GET", "DELETE", "OPTIONS", "PATCH")),
    ask("COPY", "/l/x", "Destination: http://a.test/l/y", "Depth: 1", "Overwrite: T", "If: (<x>)",
        differs="Destination"),
    post("/", ""),
    post("/", "x" * 100_000, name="POST / with 100 KB"),
    post("/", bytes(range(256)), name="POST / with every byte"),
    raw("POST without a length", "POST / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    raw("POST in 1.0", "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
    raw("length with zeros", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 005 \r\n\r\nhello"),
    raw("a body in pieces", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello", 0.05, "world"),
    raw("a head in pieces", "POST / HT", 0.02, "TP/1.1\r\nHo", 0.02, "st: a.test\r\nContent-Length: 5\r", 0.02,
        "\n\r\nhello"),
    *(ask("POST", "/", "Transfer-Encoding: chunked", body=chunked(*pieces), name=f"chunks {n}",
          differs="uploads stream")
      for n, pieces in enumerate((["hello"], ["a"] * 50, [], ["x" * 70_000, "y"]))),
    ask("PUT", "/", "transfer-encoding: CHUNKED", body=chunked("hello"), differs="uploads stream"),
    raw("chunks with extensions and trailers", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;a=b\r\nhello\r\n00;x\r\nA-Trailer: x\r\n\r\n", differs="uploads stream"),
    raw("chunks in pieces", "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r", 0.02, "\nhel",
        0.02,
        "lo\r", 0.02, "\n5\r\nworld\r\n0\r\n", 0.02, "\r\n", differs="uploads stream"),
    raw("Expect with a body that waits",
        "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        0.2, "hello"),
    raw("Expect with a body that does not wait",
        "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        differs="100 if waited for"),
    raw("Expect in 1.0", "POST / HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
    get("/", "Expect: 100-continue", differs="100 if waited for"),
    raw("empty lines before", "\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n", methods=["GET"]),
    raw("two pipelined",
        "GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        methods=["GET", "GET"]),
    raw("pipelined bodies",
        "POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabcPUT /2 HTTP/1.1\r\nHost: a.test\r\n"
        "Content-Length: 2\r\n\r\nxyGET /3 HTTP/1.1\r\nHost: a.test\r\n\r\n", methods=["POST", "PUT", "GET"]),
    head("/l/x?y"),
]
