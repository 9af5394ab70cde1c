"""Which server, which location."""

import socket

from differential.cases import ask, get, raw

CONFIG = """
http {
    default_type text/plain;
    server { listen @http@; server_name first.test; return 200 "first $server_name\\n"; }
    server { listen @http@ default_server; server_name default.test; return 200 "default $host\\n"; }
    server { listen @http@; server_name exact.wild.test; return 200 "exact\\n"; }
    server { listen @http@; server_name *.wild.test; return 200 "star wild\\n"; }
    server { listen @http@; server_name *.deep.wild.test; return 200 "star deep\\n"; }
    server { listen @http@; server_name www.*; return 200 "www star\\n"; }
    server { listen @http@; server_name www.long.*; return 200 "www long star\\n"; }
    server { listen @http@; server_name .dot.test; return 200 "dot\\n"; }
    server { listen @http@; server_name under_score.test UPPER.test; return 200 "odd names $host\\n"; }
    server { listen @second@; server_name $hostname; return 200 "the machine's name\n"; }
    server { listen @second@; server_name first.test; return 200 "second, $server_port\\n"; }
    server { listen @second@; server_name a.test; return 200 "second a\\n"; }
    server { listen @third@; server_name ""; return 200 "no name [$host] [$http_host]\\n"; }
    server {
        listen @http@;
        server_name a.test b.test;
        location / { return 200 "/ $uri\\n"; }
        location = / { return 200 "= /\\n"; }
        location = /exact { return 200 "= /exact\\n"; }
        location /exact { return 200 "/exact $uri\\n"; }
        location ^~ /strong { return 200 "^~ /strong\\n"; }
        location /strong/weak { return 200 "/strong/weak\\n"; }
        location /admin/ { return 403 "admin\\n"; }
        location /a { return 200 "/a $uri\\n"; }
        location /a/b/ { return 200 "/a/b/ $uri\\n"; }
        location "/with blank" { return 200 "blank $uri $request_uri\\n"; }
        location /Case { return 200 "/Case\\n"; }
        location "/semi;colon" { return 200 "semicolon\\n"; }
        location /query { return 200 "$uri|$args|$is_args|$query_string|$arg_a|$arg_B|$request_uri\\n"; }
    }
}
"""

DIFFERS = ("name", "connection kept")

_HOSTS = ["first.test", "default.test", "FIRST.TEST", "first.test.", "first.test:1", "first.test.:81", "unknown.test",
          "exact.wild.test", "x.wild.test", "x.y.wild.test", "wild.test", "x.deep.wild.test", "deep.wild.test",
          "www.x", "www.long.x", "www.long.x.y", "www", "www.wild.test", "dot.test", "x.dot.test", "xdot.test",
          "under_score.test", "upper.test", "Upper.TEST:8080", "b.test", "127.0.0.1", "[::1]", "[::1]:80",
          "192.0.2.1:8",
          "a-b.c-d", "1"]

_PATHS = ["/", "/x", "/?", "/?x", "/exact", "/exact?x=1", "/exact/", "/exactly", "/strong", "/stronger",
          "/strong/weak", "/strong/weak/er", "/admin/", "/admin", "/admin%2f", "/admin%2Fx", "//admin/", "/%61dmin/",
          "/x/../admin/", "/x/..%2fadmin/", "/./admin/./", "/admin/..", "/admin/../", "/x/../../admin/", "/admin/x/..",
          "/admin//", "/a", "/ab", "/a/b", "/a/b/", "/a//b/", "/a/./b/c", "/a/b/../c", "/a/b/..", "/with%20blank",
          "/with%20blank/x%20y", "/case", "/Case", "/semi;colon", "/semi;colon;x", "/semi%3bcolon", "/back\\slash",
          "/%5c", "/x/.../y", "/x/..y", "/x/y..", "/x/.y/", "/%C3%A4", "/\xc3\xa4", "/a%2Fb%2Fc", "/%25", "/%2525",
          "/%3f", "/x%3Fy?z", "/%zz", "/%", "/%4", "/..", "/../x", "/%2e%2e/x", "/x/%2E%2e/%2e%2e/y", "/x%01y",
          "/query?a=1&b=2", "/query?A=1", "/query?b=%20&a=", "/query?aa=0&a=2&a=3", "/query?", "/query??a=1",
          "/query?a=1?b", "/query?xa=1&a=%41+b", "/query?&&a=5", "/query?a", "/query?a=1#x",
          "/query?" + "x" * 3000 + "&a=end"]

_DIFFERENT_PATHS = {
    "/query?a=1#x": "fragment",
    "/x%01y": "control byte",
}

CASES = [
    *(get("/", host=host) for host in _HOSTS),
    *(get("/", host=host, port="second") for host in ("first.test", "a.test", "unknown.test", "")),
    get("/", host=socket.gethostname(), port="second", name="the machine's name"),
    *(get(path, differs=_DIFFERENT_PATHS.get(path, ())) for path in _PATHS),
    get("/", host=None, version="1.0", port="third", name="no Host in 1.0, server without a name"),
    get("/", host="some.test", version="1.0", port="third", name="Host in 1.0, server without a name"),
    get("/", host=None, version="1.0"),
    get("/", host=None),
    get("http://first.test/x", host="unknown.test"),
    get("http://FIRST.test:99/x", host="unknown.test"),
    get("http://upper.test", host="unknown.test"),
    get("http://a.test?a=b", host="unknown.test"),
    get("http://a.test/query?a=b", host="unknown.test"),
    get("HTTP://a.test/query?a=b", host="a.test"),
    get("http://a.test/query?a=b", host=None, version="1.0"),
    ask("OPTIONS", "*", differs="asterisk"),
    raw("two Hosts", "GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n"),
    raw("Host: empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    *(raw(f"Host: {host}", f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
      for host in ("a b", "a/b", "a..b", "..", ".", "a.test/", "a.test:", "a.test..", "-", "a_b")),
    *(raw(f"Host: {host}", f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", differs="host")
      for host in ("u@a.test", "a.test:x", "a.test:99999", "a\\b", "a,b", "[::1", "a]", "\xe4.test", "a%41.test")),
]
