"""What http and server blocks say of who may ask, and how often, holds inside, unless said again."""

from differential.cases import basic, get, raw
from differential.origin import ok

CONFIG = """
http {
    root @site@;
    default_type text/plain;
    auth_basic "http";
    auth_basic_user_file @site@/../passwords;
    auth_delay 5ms;
    satisfy any;
    allow 127.0.0.7;
    deny all;
    set_real_ip_from 127.0.0.8;
    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    log_format who '$remote_addr $remote_user $status $uri $limit_req_status $limit_conn_status';
    access_log logs/who.log who;
    server {
        listen @http@;
        server_name a.test;
        location /all/ { satisfy all; }
        location /open/ { auth_basic off; allow all; auth_delay 0; }
        location /realm/ { auth_basic "own $arg_realm"; }
        location /own-list/ { allow 127.0.0.1; }
        location /except/ { limit_except GET { auth_basic_user_file @site@/../others; auth_basic "others"; deny all; } }
    }
    server {
        listen @http@;
        server_name own.test;
        auth_basic "server";
        auth_basic_user_file @site@/../others;
        satisfy all;
        allow 127.0.0.0/8;
        deny all;
        real_ip_header X-Real-IP;
        real_ip_recursive off;
        set_real_ip_from 127.0.0.9;
        location /off/ { auth_basic off; }
    }
}
""".replace("@site@/../", "@site@/secret-")

FILES = {
    **{f"{place}file": f"{place}\n" for place in ("", "all/", "open/", "realm/", "own-list/", "except/", "off/")},
    "secret-passwords": "user:{PLAIN}secret\n", "secret-others": "other:{PLAIN}secret\n",
}

LOGS = ("who.log",)

DIFFERS = ("name", "connection kept", "allow")

_PLACES = ("", "all/", "open/", "realm/", "own-list/", "except/", "off/")

CASES = [
    *(get(f"/{place}file", *fields, host=host, source=source)
      for host in ("a.test", "own.test") for place in _PLACES for source in ("127.0.0.1", "127.0.0.7")
      for fields in ((), (basic("user"),), (basic("other"),))),
    get("/realm/file?realm=x"),
    raw("another method within limit_except", f"POST /except/file HTTP/1.1\r\nHost: a.test\r\n{basic('other')}\r\n\r\n"),
    *(get("/file", field, host=host, source=source) for host in ("a.test", "own.test")
      for source in ("127.0.0.8", "127.0.0.9")
      for field in ("X-Forwarded-For: 127.0.0.7", "X-Forwarded-For: 127.0.0.7, 127.0.0.8", "X-Real-IP: 127.0.0.7")),
]
