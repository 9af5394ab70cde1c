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
    limit_conn_zone $arg_key zone=keys:1m;
    limit_req_zone $arg_key zone=quick:1m rate=1r/s;
    limit_req_zone $arg_key zone=later:1m rate=1r/m;
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
        location /rate-set/ { limit_rate 100k; set $limit_rate $arg_rate; add_header X-Rate $limit_rate always; }
        location /rate-if/ { if ($arg_slow) { set $limit_rate 4k; } add_header X-Rate $limit_rate; return 200 text; }
        location /rate-read/ { limit_rate 100k; add_header X-Rate $limit_rate; return 200 $limit_rate; }
        location /rate-kept/ { set $limit_rate 8k; rewrite ^ /rate-target last; }
        location /rate-target { limit_rate 1k; add_header X-Rate $limit_rate; return 200 $limit_rate; }
        location /told/ { limit_req zone=keyed; error_page 503 /told-page/; add_header X-Told $limit_req_status/$limit_conn_status always; }
        location /told-page/ { limit_req zone=keyed; return 200 "$limit_req_status $limit_conn_status"; }
        location /told-burst/ { limit_req zone=quick burst=3; add_header X-Told $limit_req_status always; }
        location /told-dry/ { limit_req zone=keyed burst=1; limit_req_dry_run on; add_header X-Told $limit_req_status always; }
        location /told-conn/ { limit_conn servers 1; add_header X-Told $limit_conn_status always; }
        location /told-conn-key/ { limit_conn keys 1; add_header X-Told $limit_conn_status/$limit_req_status always; }
        location /told-nothing/ { add_header X-Told "$limit_req_status|$limit_conn_status" always; return 200 "$limit_req_status|$limit_conn_status"; }
        location /told-later/ { limit_req zone=keyed; try_files /none /told-second/file; }
        location /told-second/ { limit_req zone=later; add_header X-Told $limit_req_status always; }
    }
}
"""

FILES = {**{f"{name}/file": f"{name}\n" for name in ("one", "burst", "status", "delayed", "delay", "two", "dry", "page",
                                                     "level", "conn", "conn-status", "told", "told-burst", "told-dry",
                                                     "told-conn", "told-conn-key", "told-second")},
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
    *[get(f"/rate-set/file?rate={rate}") for rate in ("100k", "0", "", "much", "1m", "-1", "20000", "9999999999999999999999")],
    head("/rate-set/file?rate=3k"),
    get("/rate-set/none?rate=7k"),
    get("/rate-if/x"),
    get("/rate-if/x?slow=1"),
    get("/rate-read/x"),
    get("/rate-kept/x"),
    *again(3, "/told/file?key=told"),
    *again(2, "/told/file"),
    raw("limit_req delays within one connection", "GET /told-burst/file?key=q HTTP/1.1\r\nHost: a.test\r\n\r\n" * 2,
        methods=["GET"] * 2),
    *again(4, "/told-dry/file?key=dry"),
    *again(2, "/told-conn/file"),
    *again(2, "/told-conn-key/file?key=c"),
    *again(2, "/told-conn-key/file"),
    get("/told-nothing/"),
    *again(2, "/told-later/?key=first"),
    *again(2, "/told-later/"),
]
