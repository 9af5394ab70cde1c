"""What http and server blocks say of backends holds inside, unless said again."""

from differential.cases import ask, get, head, post
from differential.origin import chunked_answer, ok

CONFIG = """
http {
    default_type text/plain;
    upstream failing { server @backend@ max_fails=0; server @second@ max_fails=0; }
    upstream kept {
        server @backend@;
        zone kept 64k;
        keepalive 4;
        keepalive_requests 2;
        keepalive_time 1h;
        keepalive_timeout 10s;
    }
    resolver 127.0.0.1:1 valid=10s ipv6=off;
    resolver_timeout 1s;
    proxy_http_version 1.1;
    proxy_pass_request_body off;
    proxy_pass_request_headers off;
    proxy_request_buffering on;
    proxy_buffering on;
    proxy_next_upstream http_500 http_404;
    proxy_next_upstream_tries 2;
    proxy_next_upstream_timeout 20s;
    proxy_set_header X-Level http;
    proxy_set_header Connection "";
    proxy_connect_timeout 20s;
    proxy_send_timeout 20s;
    proxy_read_timeout 20s;
    proxy_method PUT;
    proxy_redirect http://old.test/ /http/;
    proxy_cookie_path /old/ /http/;
    proxy_cookie_domain old.test http.test;
    proxy_cookie_flags one secure;
    proxy_hide_header X-Secret;
    proxy_pass_header X-Accel-Expires;
    proxy_ignore_headers X-Accel-Redirect;
    proxy_limit_rate 10m;
    proxy_ignore_client_abort off;
    proxy_intercept_errors on;
    proxy_socket_keepalive on;
    error_page 403 /page;
    server {
        listen @http@;
        server_name a.test;
        location / { proxy_pass http://failing; }
        location /kept/ { proxy_pass http://kept; }
        location /own/ {
            proxy_http_version 1.0;
            proxy_pass_request_body on;
            proxy_pass_request_headers on;
            proxy_request_buffering on;
            proxy_next_upstream off;
            proxy_set_header X-Own own;
            proxy_method $request_method;
            proxy_redirect off;
            proxy_cookie_path off;
            proxy_cookie_domain off;
            proxy_cookie_flags off;
            proxy_hide_header X-Other;
            proxy_pass_header Server;
            proxy_ignore_headers Set-Cookie;
            proxy_intercept_errors off;
            proxy_pass http://failing;
        }
        location /resolved/ { resolver 127.0.0.1:1; resolver_timeout 1s; set $name nowhere.test; proxy_pass http://$name; }
        location = /page { return 200 "the page\\n"; }
    }
    server {
        listen @http@;
        server_name own.test;
        resolver 127.0.0.1:1;
        resolver_timeout 1s;
        proxy_http_version 1.0;
        proxy_pass_request_body on;
        proxy_pass_request_headers on;
        proxy_request_buffering on;
        proxy_next_upstream http_404;
        proxy_next_upstream_tries 1;
        proxy_next_upstream_timeout 0;
        proxy_set_header X-Level server;
        proxy_set_header Host "server.test";
        proxy_connect_timeout 20s;
        proxy_send_timeout 20s;
        proxy_read_timeout 20s;
        proxy_method $request_method;
        proxy_redirect http://old.test/ /server/;
        proxy_redirect /root/ /server-root/;
        proxy_cookie_path /old/ /server/;
        proxy_cookie_domain old.test server.test;
        proxy_cookie_flags one nosecure httponly;
        proxy_hide_header X-Other;
        proxy_pass_header X-Accel-Expires;
        proxy_ignore_headers X-Accel-Limit-Rate;
        proxy_limit_rate 20m;
        proxy_ignore_client_abort on;
        proxy_intercept_errors off;
        proxy_socket_keepalive off;
        location / { proxy_pass http://failing/; }
        location /deep/ { proxy_set_header X-Level deep; location /deep/er/ { proxy_pass http://failing; } }
        location /internal/ { internal; return 200 "internal\\n"; }
    }
}
"""

_ANSWERS = {
    "/500": ok(b"broken", status="500 Broken"),
    "/404": ok(b"none", status="404 None"),
    "/403": ok(b"no", status="403 No"),
    "/fields": ok(b"fields", "X-Secret: 1", "X-Other: 2", "X-Accel-Expires: 3", "Server: theirs",
                  "X-Accel-Limit-Rate: 1000000"),
    "/cookies": ok(b"", "Set-Cookie: one=1; Path=/old/x; Domain=old.test; Secure", "Set-Cookie: two=2; Path=/other/"),
    "/redirect": ok(b"", "Location: http://old.test/x", status="302 Found"),
    "/redirect-own": ok(b"", "Location: http://failing/x", status="302 Found"),
    "/accel": ok(b"as it is", "X-Accel-Redirect: /internal/x"),
    "/chunked": chunked_answer(b"one", b"two"),
}

BACKENDS = {"backend": _ANSWERS, "second": _ANSWERS}

DIFFERS = ("name", "connection kept", "our Date")

CASES = [
    *(get(f"{place}{path}", "X-Client: 1", host=host)
      for host, place in (("a.test", ""), ("a.test", "/own"), ("own.test", ""))
      for path in ("/x", "/500", "/404", "/403", "/fields", "/cookies", "/redirect", "/redirect-own", "/accel",
                   "/chunked")),
    *(post(f"{place}/x", "body", "X-Client: 1", host=host)
      for host, place in (("a.test", "/own"), ("own.test", ""))),
    *(get("/kept/x", name=f"GET /kept/ number {n}") for n in range(4)),
    get("/resolved/x"),
    get("/deep/er/x", "X-Client: 1", host="own.test"),
    ask("DELETE", "/x"),
    ask("DELETE", "/own/x"),
    head("/x"),
    head("/own/x"),
    head("/x", host="own.test"),
]
