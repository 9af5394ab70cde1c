"""auth_request of http and server blocks."""

from differential.cases import get
from differential.origin import ok

CONFIG = """
http {
    root @site@;
    default_type text/plain;
    auth_request /auth;
    auth_request_set $who $upstream_http_x_who;
    server {
        listen @http@;
        server_name a.test;
        location / { add_header X-Who "$who"; }
        location = /auth { internal; auth_request off; proxy_pass http://@backend@; }
        location /off/ { auth_request off; }
        location /own/ { auth_request /auth; auth_request_set $other $upstream_status; add_header X-Who "$who|$other"; }
    }
    server {
        listen @http@;
        server_name own.test;
        auth_request /other;
        auth_request_set $who "server $upstream_http_x_who";
        location / { add_header X-Who "$who"; }
        location = /other { internal; auth_request off; proxy_pass http://@backend@/fixed; }
    }
    server {
        listen @http@;
        server_name off.test;
        auth_request off;
        location / { add_header X-Who "$who"; }
    }
}
"""

FILES = {"file": "file\n", "off/file": "off\n", "own/file": "own\n"}


def _decide(seen):
    code = seen.field("x-decide") or "204"
    return ok(b"", "X-Who: somebody", status=f"{code} Decided")


BACKENDS = {"backend": {"": _decide}}

DIFFERS = ("name", "connection kept", "backend 1.1")

CASES = [get(f"/{place}file", f"X-Decide: {code}", host=host) for host in ("a.test", "own.test", "off.test")
         for place in ("", "off/", "own/") for code in (204, 403)]
