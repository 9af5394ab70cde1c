"""auth_request: another location, and so a backend, says whether a request may pass, beside Debian's nginx."""

import re
import subprocess
import threading

import pytest
from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    types { text/html html; }
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        location /open/ { auth_request /auth/200; }
        location /closed/ { auth_request /auth/403; }
        location /unknown/ { auth_request /auth/401; }
        location /broken/ { auth_request /auth/404; }
        location /moved/ { auth_request /auth/302; }
        location /none/ { auth_request /auth/204; }
        location /return/ { auth_request /says/202; }
        location /nowhere/ { auth_request /missing; }
        location /file/ { auth_request off; }
        location /page/ { auth_request /auth/401; error_page 401 =200 /login.html; }
        location /set/ { auth_request /auth/200?x=1; auth_request_set $who $upstream_http_x_who;
                         auth_request_set $code $upstream_status; add_header X-Code $code;
                         proxy_pass http://@backend@; proxy_set_header X-Who $who; }
        location /body/ { auth_request /auth/200; proxy_pass http://@backend@; }
        location /any/ { satisfy any; deny all; auth_request /auth/200; }
        location /all/ { satisfy all; deny all; auth_request /auth/200; }
        location /auth/ { internal; proxy_pass http://@backend@; proxy_set_header X-Original $request_uri; }
        location /says/ { return 202; }
    }
}
"""


def backend(request):
    status = request.target.split("?")[0].rsplit("/", 1)[-1]
    if request.target.startswith("/auth/"):
        if status == "302":
            return ok(b"", "Location: /x", status="302 Found")
        if status == "204":
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        return ok(b"the body of the auth answer", 'WWW-Authenticate: Basic realm="x"', "X-Who: somebody",
                  status=f"{status} Status")
    return ok(f"{request.method} {request.target} {request.field('x-who')} {request.body.decode()}".encode())


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=False).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    kept = sorted(line for line in lines if not re.match(r"Date|Server|Content-Length|Connection", line))
    return first, kept, body.replace(b"nginx/1.22.1", b"frontd")


PATHS = ["open", "closed", "unknown", "broken", "moved", "none", "return", "nowhere", "file", "page", "any", "all"]


@pytest.fixture
def site(frontd_files, http_backend):
    server = http_backend(backend)
    frontd = frontd_files(CONFIG, backend=server.address)
    for folder in PATHS:
        frontd.file(f"site/{folder}/index.html", f"this is {folder}")
    frontd.file("site/login.html", "log in")
    frontd.backend = server
    return frontd.start()


def test_answers_are_those_of_nginx(site, nginx):
    beside = nginx(site)
    for path in PATHS:
        for words in ((), ("-I",), ("-H", "Range: bytes=0-3"), ("-H", "If-None-Match: *")):
            ours, its = (ask(port, f"/{path}/index.html", *words) for port in (site.port("http"), beside.port))
            assert ours == its, path
    for path in ("/body/x", "/auth/200"):
        ours, its = (ask(port, path) for port in (site.port("http"), beside.port))
        assert ours == its, path


def test_a_body_goes_to_the_backend_only(site):
    answer = ask(site.port("http"), "/body/x", "-d", "the body", "-H", "Range: bytes=0-3", "-H", "X-Mine: 1")
    assert answer[2] == b"POST /body/x None the body"
    asked, served = site.backend.requests
    assert asked.method == "GET" and asked.target == "/auth/200" and asked.body == b""
    assert asked.field("range") is None and asked.field("content-length") is None and asked.field("content-type") is None
    assert asked.field("x-mine") == "1" and asked.field("x-original") == "/body/x"
    assert served.field("range") == "bytes=0-3"


def test_variables_come_from_the_answer(site):
    first, fields, body = ask(site.port("http"), "/set/x")
    assert body == b"GET /set/x somebody " and "X-Code: 200" in fields and "200" in first
    assert site.backend.requests[0].target == "/auth/200?x=1"


def test_a_client_that_leaves_takes_the_question_with_it(frontd, http_backend, connect):
    asked, go_on = threading.Event(), threading.Event()

    def slow(request):
        if request.target.startswith("/auth/"):
            asked.set()
            go_on.wait(20)
        return ok(b"")

    server = http_backend(slow)
    site = frontd(CONFIG, backend=server.address)
    peer = connect(site.port("http"))
    peer.send(b"GET /body/x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert asked.wait(20)
    peer.reset()
    site.wait_for_log("client reset|closed the connection")
    go_on.set()
    wait_until(lambda: ask(site.port("http"), "/says/x")[0] == "HTTP/1.1 202 Accepted", "it still serves")
    assert all(request.target.startswith("/auth/") for request in server.requests)


@pytest.mark.parametrize("line, words", [
    ("auth_request auth;", "takes a path"),
    ("auth_request /$uri;", "takes a path"),
    ("auth_request_set x y;", "no name of a variable"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
