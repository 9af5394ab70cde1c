"""The directives that set one thing: where redirects lead, which names of fields, how pages are made."""

from differential.cases import ask, get, head, post, raw

CONFIG = """
http {
    types { text/html html; }
    default_type text/plain;
    server_tokens off;
    resolver 127.0.0.1:1;
    resolver_timeout 1s;
    server {
        listen @http@;
        server_name a.test second.test;
        root @site@;
        log_not_found off;
        disable_symlinks off;
        reset_timedout_connection on;
        client_header_buffer_size 2k;
        large_client_header_buffers 4 16k;
        location / { }
        location /chunked/ { chunked_transfer_encoding off; proxy_pass http://@backend@; }
        location /p/ { proxy_pass http://@backend@; }
        location /tokens/ { server_tokens on; return 404; }
        location /unresolvable/ { set $name nowhere.test; proxy_pass http://$name; }
        location /links-all/ { disable_symlinks on from=$document_root; }
        location /index.cgi/ { return 200 "$uri\\n"; }
    }
    server { listen @http@; server_name port.test; port_in_redirect off; root @site@; location /x { return 301 /y; } }
    server { listen @http@; server_name relative.test; absolute_redirect off; root @site@; location /x { return 301 /y; } location /p/ { proxy_pass http://@backend@; } }
    server { listen @http@; server_name named.test other.test; server_name_in_redirect on; root @site@; location /x { return 301 /y; } }
    server { listen @fifth@; server_name slashes.test; merge_slashes off; root @site@; location //x { return 200 "two $uri\\n"; } location /x { return 200 "one $uri\\n"; } location /p/ { proxy_pass http://@backend@/up/; } }
    server {
        listen @http@;
        server_name underscores.test;
        underscores_in_headers on;
        location / { return 200 "$http_x_one\\n"; }
        location /p/ { proxy_pass http://@backend@; }
    }
    server {
        listen @second@;
        server_name invalid.test;
        ignore_invalid_headers on;
        location / { proxy_pass http://@backend@; }
    }
    server {
        listen @third@;
        server_name a.test;
        large_client_header_buffers 2 1k;
        client_header_buffer_size 512;
        location / { return 200 "short\\n"; }
    }
    server {
        listen @fourth@;
        server_name a.test;
        large_client_header_buffers 4 15k;
        location / { return 200 "long\\n"; }
    }
    server { listen @http@; server_name tolerant.test; client_max_body_size 0; satisfy all; location / { return 200 "$request_length\\n"; } }
}
"""

FILES = {"folder/index.html": "folder\n", "links/real/file": "real\n", "links/file": ("to", "real/file"),
         "links/broken": ("to", "nowhere"), "links-all/file": "all\n", "links-all/to": ("to", "../links/real/file"),
         "links-all/folder": ("to", "../links/real")}

BACKENDS = {"backend": {}}

UNDERSCORES = True  # one server lets names with them through

DIFFERS = ("name", "connection kept", "backend 1.1")
DIFFERS_OVER_HTTP2 = {"a line beyond 1k": ("414 said",)}

CASES = [
    *(get(path) for path in ("/", "/none", "/folder", "/links/file", "/links/real/file", "/links/broken",
                             "/links-all/file", "/links-all/folder/file", "/p/x", "/chunked/x", "/unresolvable/x")),
    get("/links-all/to"),
    get("/tokens/"),
    *(get(path, host=host) for host in ("port.test", "relative.test", "named.test", "other.test")
      for path in ("/folder", "/x", "/folder?a=b")),
    get("/p", host="relative.test"),
    *(get(path, host="slashes.test", port="fifth")
      for path in ("//x", "/x", "///x", "/x//y", "//x//y", "/p/a//b", "/p//a", "//x/..", "//index.html",
                   "///folder//index.html", "/folder//", "/x//../y", "//x/.//y", "///../x/")),
    get("/", "X_One: under", host="underscores.test"),
    get("/", "X-One: hyphen", "X_One: under", host="underscores.test"),
    get("/p/x", "X_One: under", "X-Two: hyphen", host="underscores.test"),
    get("/p/x", "X_One: under", "X-Two: hyphen"),

    get("/", "X-Long: " + "x" * 7000, host="tolerant.test"),
    get("/" + "x" * 900, port="third", name="a line within 1k"),
    get("/" + "x" * 1100, port="third", name="a line beyond 1k"),
    get("/", "X-Long: " + "x" * 900, port="third", name="a field within 1k"),
    get("/", "X-Long: " + "x" * 1100, port="third", name="a field beyond 1k", differs="431"),
    get("/" + "x" * 12000, port="fourth", name="a line of 12 KB"),
    get("/", "X-Long: " + "x" * 12000, port="fourth", name="a field of 12 KB"),
    get("/", *[f"X-{n}: {'x' * 10000}" for n in range(4)], port="fourth", name="a head of 40 KB"),
    get("/", *[f"X-{n}: {'x' * 1500}" for n in range(10)], host="tolerant.test", name="ten fields of 1.5 KB"),
    post("/", "x" * 2_000_000, host="tolerant.test", name="2 MB that nobody reads", differs="unread body"),
]
