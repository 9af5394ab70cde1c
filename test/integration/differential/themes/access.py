"""allow, deny, satisfy, limit_except, realip, internal users: who may."""

from differential.cases import ask, basic, get, head, post

CONFIG = """
http {
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        auth_basic_user_file @site@/passwords;
        location / { }
        location /deny/ { deny all; }
        location /allow/ { allow 127.0.0.1; deny all; }
        location /order/ { deny 127.0.0.1; allow all; }
        location /net/ { allow 127.0.1.0/24; allow 10.0.0.0/8; deny 127.0.0.0/16; allow all; }
        location /six/ { allow ::1; deny all; }
        location /unix/ { allow unix:; deny all; }
        location /outer/ {
            deny all;
            location /outer/open/ { allow all; }
            location /outer/same/ { }
        }
        location /return/ { deny all; return 200 "returned\\n"; }
        location /all/ { satisfy all; allow 127.0.0.1; deny all; auth_basic "all"; }
        location /any/ { satisfy any; allow 127.0.0.1; deny all; auth_basic "any"; }
        location /any-only/ { satisfy any; deny all; auth_basic "any"; }
        location /any-off/ { satisfy any; deny all; auth_basic off; }
        location /except/ { limit_except GET { deny all; } proxy_pass http://@backend@; }
        location /except-auth/ { limit_except GET POST { auth_basic "except"; } proxy_pass http://@backend@; }
        location /except-proxy/ { limit_except GET { proxy_pass http://@second@; } proxy_pass http://@backend@; }
        location /except-dav/ { limit_except GET PROPFIND { allow 127.0.0.9; deny all; } proxy_pass http://@backend@; }
        location /error/ { deny all; error_page 403 /denied.html; }
        location /error-open/ { deny all; error_page 403 = @denied; }
        location @denied { return 200 "named\\n"; }
        location /user/ { auth_basic "user"; proxy_set_header X-User $remote_user; proxy_pass http://@backend@; }
        location /proxied/ { deny 127.0.0.5; proxy_pass http://@backend@; }
    }
    server {
        listen @http@;
        server_name server.test;
        deny 127.0.0.7;
        root @site@;
        location / { }
        location /own/ { allow all; }
        location /return { return 200 "server\\n"; }
    }
    server {
        listen @http@;
        server_name real.test;
        set_real_ip_from 127.0.0.1;
        set_real_ip_from 10.0.0.0/8;
        location / { return 200 "$remote_addr $realip_remote_addr $proxy_add_x_forwarded_for\\n"; }
        location /forwarded { real_ip_header X-Forwarded-For; return 200 "$remote_addr $realip_remote_addr\\n"; }
        location /recursive { real_ip_header X-Forwarded-For; real_ip_recursive on; return 200 "$remote_addr\\n"; }
        location /any { set_real_ip_from 0.0.0.0/0; real_ip_header X-Any; return 200 "$remote_addr\\n"; }
    }
    server {
        listen @http@;
        server_name forwarded.test;
        set_real_ip_from 127.0.0.1;
        set_real_ip_from 10.0.0.0/8;
        real_ip_header X-Forwarded-For;
        location / { return 200 "$remote_addr $realip_remote_addr\\n"; }
        location /deny/ { deny 9.9.9.9; root @site@; }
        location /proxied/ { proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Real-IP $remote_addr; proxy_pass http://@backend@; }
    }
    server {
        listen @http@;
        server_name recursive.test;
        set_real_ip_from 127.0.0.1;
        set_real_ip_from 10.0.0.0/8;
        real_ip_header X-Forwarded-For;
        real_ip_recursive on;
        location / { return 200 "$remote_addr\\n"; }
    }
}
"""

FILES = {
    **{f"{name}/index.html": f"{name}\n" for name in
       ("deny", "allow", "order", "net", "six", "unix", "outer", "outer/open", "outer/same", "all", "any", "any-only",
        "any-off",
        "error", "error-open", "own", ".")},
    "denied.html": "denied\n", "passwords": "user:{PLAIN}secret\n",
}

BACKENDS = {"backend": {}, "second": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

_SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.1.5", "127.1.0.1"]

CASES = [
    *(get(f"/{name}/", source=source) for name in ("allow", "order", "net") for source in _SOURCES),
    *(get(path) for path in ("/deny/", "/deny/none", "/six/", "/unix/", "/outer/", "/outer/open/", "/outer/same/",
                             "/return/", "/error/", "/error-open/")),
    head("/deny/"),
    post("/deny/", "body"),
    *(get(f"/{name}/", *fields, source=source) for name in ("all", "any", "any-only")
      for fields in ((), (basic("user"),), (basic("user", "wrong"),)) for source in ("127.0.0.1", "127.0.0.2")),
    get("/any-off/"),
    *(ask(method, path, *fields) for path in ("/except/", "/except-auth/", "/except-proxy/") for method in ("GET",
        "HEAD", "POST", "DELETE")
      for fields in ((),)),
    ask("DELETE", "/except-auth/", basic("user")),
    *(ask(method, "/except-dav/", source=source) for method in ("GET", "PROPFIND", "REPORT", "PUT", "MKCOL")
      for source in ("127.0.0.1", "127.0.0.9")),
    get("/user/", basic("user")),
    get("/user/"),
    get("/proxied/x", source="127.0.0.5"),
    get("/proxied/x"),
    *(get(path, host="server.test", source=source) for path in ("/", "/own/", "/return") for source in ("127.0.0.1",
        "127.0.0.7")),
    *(get("/", *fields, host="real.test", source=source) for fields in ((), ("X-Real-IP: 1.2.3.4",),
                                                                        ("X-Real-IP: nonsense",),
                                                                        ("X-Real-IP: 1.2.3.4:99",),
                                                                        ("X-Real-IP: ::1",)) for source in ("127.0.0.1",
                                                                            "127.0.0.2")),
    get("/forwarded", "X-Forwarded-For: 5.6.7.8", host="real.test"),
    get("/any", "X-Any: 5.6.7.8", host="real.test"),
    *(get("/", f"X-Forwarded-For: {value}", host=host) for host in ("forwarded.test", "recursive.test")
      for value in ("1.2.3.4", "1.2.3.4, 5.6.7.8", "1.2.3.4, 10.0.0.1", "10.0.0.1, 10.0.0.2",
                    "1.2.3.4, nonsense, 10.0.0.1", "", "1.2.3.4,5.6.7.8", "1.2.3.4:55")),
    get("/", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8", host="forwarded.test"),
    get("/", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 10.0.0.9", host="recursive.test"),
    get("/deny/", "X-Forwarded-For: 9.9.9.9", host="forwarded.test"),
    get("/deny/", "X-Forwarded-For: 9.9.9.8", host="forwarded.test"),
    get("/proxied/", "X-Forwarded-For: 9.9.9.8", host="forwarded.test"),
]
