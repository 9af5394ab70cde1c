"""auth_request: another request decides."""

from differential.cases import ask, basic, get, head, post
from differential.origin import ok

CONFIG = """
http {
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location / { auth_request /auth; }
        location /auth { internal; proxy_pass http://@auth@; proxy_pass_request_body off; proxy_set_header Content-Length "";
            proxy_set_header X-Original-URI $request_uri; }
        location /proxied/ { auth_request /auth; proxy_pass http://@backend@; }
        location /set/ {
            auth_request /auth;
            auth_request_set $user $upstream_http_x_user;
            auth_request_set $code $upstream_status;
            proxy_set_header X-User $user;
            proxy_set_header X-Code $code;
            add_header X-Seen "$user";
            proxy_pass http://@backend@;
        }
        location /off/ { auth_request off; }
        location /login/ { auth_request /auth; error_page 401 = @login; }
        location @login { return 302 http://login.test/?from=$request_uri; }
        location /forbidden/ { auth_request /auth; error_page 403 /forbidden.html; }
        location = /forbidden.html { auth_request off; }
        location /local/ { auth_request /local-auth; }
        location /local-auth { internal; if ($arg_ok) { return 204; } return 403; }
        location /both/ { auth_basic "b"; auth_basic_user_file @site@/passwords; auth_request /auth; }
        location /any/ { satisfy any; deny all; auth_request /auth; }
        location /all/ { satisfy all; allow all; auth_request /auth; }
        location /paged/ { auth_request /paged-auth; }
        location /paged-auth { internal; error_page 401 =204 /nothing; error_page 403 /nothing; error_page 404 =200 /file;
            error_page 500 =403 /nothing; error_page 502 = @decide; proxy_intercept_errors on; proxy_pass http://@auth@; }
        location /nothing { auth_request off; return 204; }
        location @decide { return 401; }
        location /dead/ { auth_request /dead-auth; }
        location /dead-auth { internal; proxy_pass http://@dead@; }
        location /by-file/ { auth_request /off/file; }
        location /return { auth_request /auth; return 200 "returned\\n"; }
    }
}
"""

FILES = {**{f"{name}/file": f"{name}\n" for name in ("off", "login", "forbidden", "local", "both", "any", "all", "dead",
                                                     "by-file", "paged")}, "file": "file\n",
         "forbidden.html": "forbidden page\n", "passwords": "user:{PLAIN}secret\n"}


def _decide(seen):
    code = seen.field("x-decide") or "204"
    return ok(b"decided", "X-User: somebody", 'WWW-Authenticate: Basic realm="from auth"', "Set-Cookie: auth=1",
              status=f"{code} Decided")


BACKENDS = {"backend": {}, "auth": {"": _decide}}

DIFFERS = ("name", "connection kept", "backend 1.1")

_CODES = (200, 201, 204, 299, 301, 302, 400, 401, 403, 404, 500, 502)

CASES = [
    *(get("/file", f"X-Decide: {code}") for code in _CODES),
    *(get("/paged/file", f"X-Decide: {code}") for code in _CODES if code != 502),
    *(get("/proxied/x?y", f"X-Decide: {code}") for code in (200, 401, 403)),
    get("/set/x", "X-User: client", "Cookie: a=b"),
    get("/set/x", "X-Decide: 200"),
    post("/proxied/x", "a body"),
    post("/proxied/x", "a body", "X-Decide: 401"),
    ask("PROPFIND", "/proxied/x", body="<x/>"),
    head("/file"),
    get("/auth"),
    get("/off/file", "X-Decide: 403"),
    *(get(f"/{name}/file", f"X-Decide: {code}") for name in ("login", "forbidden", "any", "all") for code in (204, 401,
        403)),
    get("/local/file"),
    get("/local/file?ok=1"),
    get("/both/file", basic("user")),
    get("/both/file"),
    get("/both/file", basic("user"), "X-Decide: 403"),
    get("/dead/file"),
    get("/by-file/file"),
    get("/return", "X-Decide: 403"),
    get("/file", "If-None-Match: *", "Range: bytes=0-1", "Accept-Encoding: gzip", "Authorization: x",
        differs="fields of subrequests"),
]
