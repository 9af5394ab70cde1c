"""proxy_request_buffering on: a body that one backend has had goes to the next one, too."""

from differential.cases import ask, chunked, head, post
from differential.origin import ok

CONFIG = """
http {
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        proxy_request_buffering on;
        proxy_intercept_errors on;
        client_max_body_size 10k;
        location /dead/ { error_page 502 = @second; proxy_pass http://@dead@; }
        location /failed/ { error_page 503 = @second; proxy_pass http://@first@; }
        location /failed-path/ { error_page 503 = /second/; proxy_pass http://@first@; }
        location /failed-file/ { error_page 503 = /file; proxy_pass http://@first@; }
        location /failed-return/ { error_page 503 = @says; proxy_pass http://@first@; }
        location /failed-twice/ { recursive_error_pages on; error_page 503 = @failed-again; proxy_pass http://@first@; }
        location /failed-bare/ { error_page 503 = @bare; proxy_pass http://@first@; }
        location /accel/ { proxy_pass http://@first@; }
        location /second/ { proxy_pass http://@second@; }
        location @second { proxy_pass http://@second@; }
        location @failed-again { recursive_error_pages on; error_page 503 = @second; proxy_pass http://@first@; }
        location @bare { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://@second@; }
        location @says { return 200 "says $request_method"; }
    }
}
"""

FILES = {"file": "file\n"}

BACKENDS = {
    "first": {"/accel/x": ok(b"", "X-Accel-Redirect: @second"),
              "": ok(b"no", status="503 Not Now")},
    "second": {},
}

DIFFERS = ("name", "connection kept", "backend 1.1")

_NAMES = ("dead", "failed", "failed-path", "failed-file", "failed-return", "failed-twice", "failed-bare", "accel")

CASES = [
    *(post(f"/{name}/x?y=z", "a body") for name in _NAMES),
    *(ask("PUT", f"/{name}/x", "Transfer-Encoding: chunked", body=chunked("in ", "pieces")) for name in _NAMES),
    *(ask("PROPFIND", f"/{name}/x", body="") for name in _NAMES),
    *(post(f"/{name}/x", "b" * 9000, name=f"{name}, 9000 bytes") for name in _NAMES),
    *(head(f"/{name}/x") for name in ("dead", "failed", "failed-path")),
    ask("PUT", "/failed/x", "Transfer-Encoding: chunked", body=chunked(), name="PUT of an empty body in chunks"),
]
