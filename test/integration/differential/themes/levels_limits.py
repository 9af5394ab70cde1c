"""limit_req and limit_conn of http and server blocks, and their trial runs."""

from differential.cases import get

CONFIG = """
http {
    root @site@;
    default_type text/plain;
    limit_req_zone $arg_a zone=first:1m rate=1r/m;
    limit_req_zone $arg_b zone=second:1m rate=1r/m;
    limit_conn_zone $arg_c zone=third:1m;
    log_format limits '$uri $args $status $limit_req_status $limit_conn_status';
    access_log logs/limits.log limits;
    limit_req zone=first;
    limit_req_status 420;
    limit_req_log_level notice;
    limit_req_dry_run off;
    limit_conn third 5;
    limit_conn_status 429;
    limit_conn_log_level info;
    limit_conn_dry_run off;
    server {
        listen @http@;
        server_name a.test;
        location /own/ { limit_req zone=second burst=1 nodelay; limit_req_status 503; limit_conn third 6; }
        location /dry/ { limit_req_dry_run on; limit_conn_dry_run on; limit_conn_log_level warn; }
        location /both/ { limit_req zone=first; limit_req zone=second; }
    }
    server {
        listen @http@;
        server_name own.test;
        limit_req zone=second;
        limit_req_status 480;
        limit_req_log_level warn;
        limit_req_dry_run off;
        limit_conn third 7;
        limit_conn_status 490;
        limit_conn_log_level error;
        limit_conn_dry_run on;
    }
    server { listen @http@; server_name dry.test; limit_req_dry_run on; }
}
"""

FILES = {f"{place}file": f"{place}\n" for place in ("", "own/", "dry/", "both/")}

LOGS = ("limits.log",)

DIFFERS = ("name", "connection kept")

CASES = [
    get(f"/{place}file?a={key}-{place[:1]}&b={key}{host[:1]}{place[:1]}&c=1", host=host,
        name=f"{host} /{place} {key} number {n}")
    for host in ("a.test", "own.test", "dry.test") for place in ("", "own/", "dry/", "both/") for key in ("x", "y")
    for n in range(4)
]
