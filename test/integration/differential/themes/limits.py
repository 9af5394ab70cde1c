"""limit_req, limit_conn, limit_rate: how much."""

from differential.cases import get, head, post, raw

CONFIG = """
http {
    default_type text/plain;
    limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
    limit_req_zone $arg_key zone=keyed:1m rate=1r/m;
    limit_req_zone $binary_remote_addr zone=fast:1m rate=50r/s;
    limit_req_zone "$server_name" zone=other:1m rate=1r/m;
    limit_conn_zone $binary_remote_addr zone=connections:1m;
    limit_conn_zone $server_name zone=servers:1m;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location /one/ { limit_req zone=slow; }
        location /burst/ { limit_req zone=keyed burst=2 nodelay; }
        location /status/ { limit_req zone=keyed; limit_req_status 429; }
        location /delayed/ { limit_req zone=fast burst=5; }
        location /delay/ { limit_req zone=fast burst=5 delay=2; }
        location /two/ { limit_req zone=fast burst=10 nodelay; limit_req zone=other; }
        location /page/ { limit_req zone=keyed; error_page 503 /busy.html; }
        location /level/ { limit_req zone=keyed; limit_req_log_level info; }
        location /conn/ { limit_conn connections 1; }
        location /conn-status/ { limit_conn servers 1; limit_conn_status 429; }
        location = /counts { stub_status; }
        location /rate/ { limit_rate 100k; limit_rate_after 10k; }
    }
}
"""

FILES = {**{f"{name}/file": f"{name}\n" for name in ("one", "burst", "status", "delayed", "delay", "two", "dry", "page",
                                                     "level", "conn", "conn-status")},
         "rate/file": "r" * 40_000, "rate-set/file": "r" * 20_000, "busy.html": "busy\n"}

DIFFERS = ("name", "connection kept")


def again(count, path, *fields):
    """The same several times."""
    return [get(path, *fields, name=f"{path} number {n}") for n in range(1, count + 1)]


CASES = [
    *again(3, "/one/file"),
    *again(5, "/burst/file?key=a"),
    *again(3, "/burst/file"),
    *again(2, "/burst/file?key=b"),
    *again(3, "/status/file?key=c"),
    *again(3, "/delayed/file"),
    *again(3, "/delay/file"),
    *again(3, "/two/file"),
    *again(3, "/page/file?key=d"),
    *again(2, "/level/file?key=e"),
    get("/one/file", source="127.0.0.77"),
    get("/one/none", source="127.0.0.77"),
    *again(3, "/conn/file"),
    raw("limit_conn within one connection", "GET /conn/file HTTP/1.1\r\nHost: a.test\r\n\r\n" * 3, methods=["GET"] * 3),
    get("/conn-status/file"),
    get("/rate/file"),
    head("/rate/file"),
    post("/counts", b""),
]
