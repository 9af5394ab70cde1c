"""TLS: the same answers over it, its variables, certificates of clients, HTTPS backends."""

from differential.cases import ask, get, head, post, raw

CONFIG = """
http {
    default_type text/plain;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    ssl_session_cache shared:SSL:1m;
    ssl_session_timeout 5m;
    ssl_session_tickets on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers HIGH:!aNULL;
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve prime256v1;
    ssl_dhparam @site@/dh.pem;
    ssl_conf_command Options PrioritizeChaCha;
    server {
        listen @https@ ssl default_server;
        listen @http@;
        server_name a.test;
        root @site@;
        location /variables { return 200 "$scheme $https $ssl_protocol $ssl_cipher $ssl_server_name $ssl_session_reused $server_port\\n"; }
        location /redirect { return 301 /to; }
        location /folder { }
        location /p/ { proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://@backend@; }
        location /to-tls/ { proxy_ssl_server_name on; proxy_ssl_name a.test; proxy_ssl_session_reuse on; proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_pass https://@inner@; }
        location /verified/ { proxy_ssl_verify on; proxy_ssl_trusted_certificate @authority@; proxy_ssl_name a.test; proxy_ssl_server_name on; proxy_pass https://@inner@; }
        location /mistaken/ { proxy_ssl_verify on; proxy_ssl_trusted_certificate @authority@; proxy_ssl_name wrong.test; proxy_pass https://@inner@; }
        location /other-port/ { proxy_redirect https://a.test/ /; proxy_pass http://@backend@; }
    }
    server { listen @https@ ssl; server_name b.test; return 200 "b $ssl_server_name\\n"; }
    server { listen @https@ ssl; server_name closed.test; ssl_reject_handshake on; }
    server { listen @names@ ssl; server_name d.test; return 200 "default $server_name\n"; }
    server { listen @names@ ssl; server_name ~^s[0-9]+\\.b\\.test$ exact.test; ssl_certificate @cert_b@; ssl_certificate_key @key_b@; return 200 "b $ssl_server_name $host\n"; }
    server { listen @names@ ssl; server_name *.star.b.test ~\\.(?<rest>c|b)\\.test$; ssl_certificate @cert_c@; ssl_certificate_key @key_c@; return 200 "c $rest\n"; }
    server { listen @names@ ssl; server_name ~^shut; ssl_reject_handshake on; }
    server { listen @names@ ssl; server_name ~^bare; return 200 "bare\n"; }
    server { listen @late@ ssl; server_name ~b\\.test$; ssl_certificate @cert_b@; ssl_certificate_key @key_b@; return 200 "b $ssl_server_name\n"; }
    server { listen @late@ ssl default_server; server_name ~test$; ssl_certificate @cert_c@; ssl_certificate_key @key_c@; return 200 "c\n"; }
    server { listen @known@ ssl; server_name d.test; ssl_client_certificate @authority@; ssl_verify_client off; return 200 "default\n"; }
    server { listen @known@ ssl; server_name ~^v; ssl_certificate @cert_b@; ssl_certificate_key @key_b@; ssl_client_certificate @authority@; ssl_verify_client optional; return 200 "b $ssl_client_verify\n"; }
    server {
        listen @verify@ ssl;
        server_name a.test;
        ssl_client_certificate @authority@;
        ssl_trusted_certificate @authority@;
        ssl_verify_client optional;
        ssl_verify_depth 2;
        return 200 "$ssl_client_verify [$ssl_client_s_dn] [$ssl_client_i_dn] [$ssl_client_serial]\\n";
    }
    server {
        listen @must@ ssl;
        server_name a.test;
        ssl_client_certificate @authority@;
        ssl_verify_client on;
        return 200 "never\\n";
    }
    server { listen @inner@ ssl; server_name a.test; return 200 "inner $ssl_server_name $request_method $uri $server_port\\n"; }
}
"""

FILES = {
    "dh.pem": """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
""",
    "folder/index.html": "folder\n", "index.html": "home\n"}

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

CASES = [
    *(get(path, port="https", tls=True) for path in ("/", "/redirect", "/folder", "/p/x", "/none", "/to-tls/x",
                                                     "/verified/x", "/mistaken/x")),
    get("/", host="b.test", port="https", tls=True),
    get("/", port="https", tls="closed.test"),
    get("/", port="verify", tls=True),
    get("/", port="must", tls=True),
    get("/variables"),
    get("/to-tls/x"),
    get("/", port="https", differs="plain HTTP on a port for TLS"),
    get("/variables", port="https", tls=True, differs="cipher"),
    post("/p/x", "x" * 50_000, port="https", tls=True),
    raw("two over TLS",
        "GET /p/1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        methods=["GET", "GET"], port="https", tls=True),
    get("/", version="1.0", port="https", tls=True),
    head("/", port="https", tls=True),
    # the certificate is that of the server that the name finds, by regular expressions, too
    *(get("/", port="names", host=name, tls=name)
      for name in ("s1.b.test", "exact.test", "x.star.b.test", "s3.star.b.test", "x.b.test", "x.c.test",
                   "sx.b.test", "d.test", "unknown.test", "shut.test", "x.shut.test", "bare.test")),
    *(get("/", port="names", host=name, tls=name, differs="name asked for") for name in ("S22.B.test", "s1.b.test.")),
    *(get("/", port="names", host=host, tls=name)
      for host, name in (("x.c.test", "s1.b.test"), ("d.test", "s1.b.test"), ("s1.b.test", "d.test"))),
    *(get("/", port="late", host=name, tls=name) for name in ("b.test", "x.b.test", "c.test", "other")),
    *(get("/", port="known", host=host, tls=name, differs=differs)
      for host, name, differs in (("v1.test", "v1.test", ()), ("v1.test", "v2.test", "misdirected"), ("d.test", "v1.test", ()),
                                  ("v1.test", "d.test", "connection kept after 421"), ("v1.test", "none.test", "misdirected"))),
]
