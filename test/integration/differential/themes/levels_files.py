"""What http and server blocks say of files and pages holds inside, unless said again."""

from differential.cases import get, head, post

CONFIG = """
http {
    root @site@;
    types { text/html html; text/css css; text/xml xml; }
    default_type text/x-http;
    index start.html index.html;
    if_modified_since before;
    max_ranges 2;
    log_not_found off;
    autoindex on;
    autoindex_exact_size off;
    autoindex_localtime on;
    autoindex_format json;
    disable_symlinks off;
    etag off;
    expires 1h;
    absolute_redirect off;
    server_name_in_redirect on;
    port_in_redirect off;
    client_max_body_size 10;
    client_header_timeout 20s;
    client_body_timeout 20s;
    send_timeout 20s;
    keepalive_timeout 30s 25s;
    keepalive_requests 3;
    merge_slashes off;
    underscores_in_headers on;
    large_client_header_buffers 4 9k;
    charset utf-8;
    charset_types text/css text/x-http;
    override_charset off;
    server_tokens off;
    limit_rate 1m;
    limit_rate_after 1k;
    error_page 404 403 /error.html;
    error_page 410 =200 /error.html;
    recursive_error_pages on;
    chunked_transfer_encoding off;
    error_log logs/http-errors.log crit;
    server {
        listen @http@ default_server;
        server_name a.test b.test;
        location = /gone { return 410; }
        location = /redirect { return 301 /to; }
        location /p/ { proxy_pass http://@backend@; }
        location = /field { return 200 "$http_x_one\\n"; }
        location = /loop { error_page 404 /loop-2; return 404; }
        location = /loop-2 { error_page 404 /plain.html; return 404; }
        location /off/ { expires off; charset off; autoindex off; etag on; limit_rate 0; error_page 403 /none; }
        location /own/ {
            error_log logs/location-errors.log crit;
            absolute_redirect on; server_name_in_redirect off; port_in_redirect on; if_modified_since off; max_ranges 0;
            log_not_found on; client_body_timeout 20s; send_timeout 20s; recursive_error_pages off;
            autoindex_format html; autoindex_localtime off; autoindex_exact_size on; disable_symlinks off;
            error_page 404 =404 /missing-too;
            location = /own/redirect { return 301 /to; }
            location = /own/absent { return 404; }
        }
        location /if/ {
            if ($arg_on) {
                charset iso-8859-1; limit_rate 2m; limit_rate_after 2k;
                error_page 404 /plain.html; root @site@/second;
            }
        }
        location /if-log/ { if ($arg_on) { access_log off; } limit_except GET { access_log off; } }
    }
    server {
        listen @http@;
        server_name own.test;
        error_log logs/server-errors.log crit;
        types { text/x-own html; }
        default_type text/x-own-default;
        if_modified_since exact;
        max_ranges 1;
        autoindex_format xml;
        autoindex_exact_size on;
        autoindex_localtime off;
        etag on;
        expires -1;
        charset koi8-r;
        charset_types *;
        override_charset off;
        server_tokens off;
        limit_rate 2m;
        limit_rate_after 2k;
        chunked_transfer_encoding on;
        recursive_error_pages off;
        error_page 404 /plain.html;
        location /p/ { proxy_pass http://@backend@; }
    }
    server {
        listen @http@;
        server_name try.test;
        try_files $uri $uri/index.html /plain.html;
        location /inside/ { }
        location /inside/own/ { try_files /second/plain.html =404; }
    }
    server { listen @http@; server_name counts.test; stub_status; }
    server {
        listen @http@;
        server_name break.test;
        set $a one;
        if ($arg_break) { break; set $a never; }
        if ($arg_stop) { set $a stop; break; }
        break;
        set $a two;
        location / { return 200 "$a\\n"; }
        location /go { set $a "$a-inside"; return 200 "$a\\n"; }
    }
}
"""

FILES = {
    "start.html": "start\n", "plain.html": "plain\n", "error.html": "error\n", "style.css": "css\n", "x.xml": "<x/>\n",
    "unknown.xyz": "unknown\n", "folder/kilo": "x" * 2000, "folder/sub/x": "x", "off/list/x": "x",
    "off/page.html": "off\n", "own/page.html": "own\n", "own/list/x": "x", "own/list/y.html": "y" * 1500,
    "if/page.html": "if\n", "second/if/page.html": "second if\n", "second/plain.html": "second\n",
    "if-log/page.html": "log\n", "inside/index.html": "inside\n", "link": ("to", "plain.html"),
    "a//b.html": "two slashes\n",
}

BACKENDS = {"backend": {"": lambda seen: b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nConnection: close\r\n\r\nended"}}

DIFFERS = ("name", "connection kept", "backend 1.1", "length known")

_THEN, _LATER = "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "If-Modified-Since: Mon, 07 Nov 1994 08:49:37 GMT"
_HOSTS = ("a.test", "own.test")

CASES = [
    *(get(path, host=host) for host in _HOSTS for path in (
        "/", "/plain.html", "/style.css", "/x.xml", "/unknown.xyz", "/folder", "/folder/", "/folder/sub/", "/none",
        "/link", "/p/x", "/if/page.html", "/if/page.html?on=1", "/if/none?on=1", "/if/none", "/own/", "/own/list/",
        "/own/list", "/own/none", "/own/redirect", "/own/absent", "/off/list/", "/off/page.html", "/gone", "/redirect",
        "/loop", "/field", "/if-log/page.html?on=1", "/folder//sub/", "//plain.html")),
    *(get("/plain.html", field, host=host) for host in _HOSTS for field in (_THEN, _LATER, "If-None-Match: *")),
    *(get("/own/page.html", field) for field in (_THEN, _LATER)),
    *(get("/folder/kilo", f"Range: bytes={ranges}", host=host) for host in _HOSTS
      for ranges in ("0-1", "0-1,4-5", "0-1,4-5,9-10")),
    get("/own/page.html", "Range: bytes=0-1"),
    *(get("/field", "X_One: under", host=host) for host in _HOSTS),
    *(get("/redirect", host=host) for host in ("b.test", "other.test")),
    *(post(path, body, host=host, name=f"POST {path} @{host}, {len(body)} bytes") for host in _HOSTS
      for path in ("/p/x", "/redirect") for body in ("0123456789", "0123456789a")),
    *(get(path, version="1.0") for path in ("/p/x", "/plain.html")),
    *(get(path, host="try.test") for path in ("/", "/plain.html", "/folder", "/none", "/inside/", "/inside",
                                              "/inside/none", "/inside/own/x")),
    *(get(path, host="break.test") for path in ("/", "/?break=1", "/?stop=1", "/go", "/go?stop=1")),
    head("/plain.html"),
    post("/x", "", host="counts.test"),
    get("/", "X-Long: " + "x" * 8800, name="a field of 8.8 KB"),
]
