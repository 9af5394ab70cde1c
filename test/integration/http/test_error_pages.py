"""error_page: what answers instead of the plain page, beside Debian's nginx."""

import re
import subprocess

import pytest
from support.backends import ok
from support.ports import free_port

CONFIG = """
http {
    types { text/html html; }
    error_page 502 /errors/502.html;
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        error_page 400 404 403 405 412 414 416 /errors/$status.html?$status;
        location /errors/ { add_header X-Page "$uri $args $request_method" always; }
        location /plain/ { error_page 500 /errors/404.html; return 404; }
        location /one/ { error_page 404 /errors/404.html; return 404; }
        location /forced/ { error_page 404 =200 /errors/404.html; return 404; }
        location /own/ { error_page 404 = /says/own; return 404; }
        location /said/ { error_page 404 /says/x; return 404; }
        location /says/ { return 202 "said $uri\\n"; }
        location /url/ { error_page 404 http://example.org/gone?x=$arg_x; return 404; }
        location /url301/ { error_page 404 =301 http://example.org/gone; return 404; }
        location /url200/ { error_page 404 =200 http://example.org/gone; return 404; }
        location /missing/ { error_page 404 /errors/nothing.html; return 404; }
        location /chain/ { error_page 404 /deeper/x; return 404; }
        location /deeper/ { error_page 403 /errors/403.html; return 403; }
        location /chains/ { recursive_error_pages on; error_page 404 /deepest/x; return 404; }
        location /deepest/ { recursive_error_pages on; error_page 403 /errors/403.html; return 403; }
        location /moved/ { error_page 404 /to/x; return 404; }
        location /to/ { return 301 /elsewhere; }
        location /closed/ { error_page 401 =200 /errors/404.html; auth_basic realm;
                            auth_basic_user_file @home@/nobody; }
        location /dead/ { error_page 502 /errors/502.html; proxy_pass http://127.0.0.1:@dead@; }
        location /to-backend/ { error_page 404 = /backend/page; return 404; }
        location /to-backend-as/ { error_page 404 /backend/page; return 404; }
        location /backend/ { proxy_pass http://@backend@/base/; }
        location /named/ { error_page 404 = @named; return 404; }
        location /named-as/ { error_page 404 @named; return 404; }
        location /named-backend/ { error_page 404 = @backend; return 404; }
        location @named { add_header X-Named "$uri $request_method"; return 203 "named\n"; }
        location @backend { proxy_pass http://@backend@; }
        location /upload/ { client_max_body_size 10; error_page 413 /backend/too-large; proxy_pass http://@backend@; }
        location /dead-upload/ { error_page 502 504 = /backend/instead; proxy_pass http://127.0.0.1:@dead@; }
        location /loop/ { recursive_error_pages on; error_page 404 /loop/x; return 404; }
    }
}
"""

REQUESTS = [
    (path, method)
    for path in ("/plain/", "/one/", "/forced/", "/own/", "/said/", "/url/?x=1", "/url301/", "/url200/", "/missing/",
                 "/chain/", "/chains/", "/moved/", "/closed/", "/dead/", "/to-backend/", "/to-backend-as/", "/loop/", "/named/", "/named-as/", "/named-backend/x",
                 "/nowhere", "/errors/nothing", "/errors/")
    for method in ("GET", "HEAD", "POST")
    if method != "POST" or path not in ("/nowhere", "/errors/nothing", "/errors/")  # 405 there
]


def backend(request):
    return ok(f"{request.method} {request.target} {request.body}\n".encode())


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=False).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    kept = [line for line in lines
            if not re.match(r"Date|Server|Content-Length|Connection|Location|Allow|Transfer|ETag", line)]
    kept += [re.sub(r":\d+/", "/", line) for line in lines if line.startswith("Location")]
    return first, sorted(kept), body.replace(b"<center>nginx/1.22.1</center>", b"<center>frontd</center>")


@pytest.fixture
def site(frontd_files, http_backend, dead_port):
    frontd = frontd_files(CONFIG, backend=http_backend(backend).address, dead=dead_port)
    for code in ("400", "403", "404", "405", "412", "414", "416", "502"):
        frontd.file(f"site/errors/{code}.html", f"page of {code}\n")
    frontd.file("site/file.html", "a file")
    frontd.file("nobody", "nobody:*\n")
    return frontd.start()


@pytest.fixture
def dead_port():
    return free_port()


def test_pages_are_those_of_nginx(site, nginx):
    beside = nginx(site)
    wrong = []
    for path, method in REQUESTS:
        words = ["-I"] if method == "HEAD" else ["-X", method]
        if method == "POST":
            words += ["-d", "some=body"]
        ours, its = (ask(port, path, *words) for port in (site.port("http"), beside.port))
        if ours != its:
            wrong.append((path, method, ours, its))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("words", [
    ("-X", "DELETE"), ("-H", "If-Match: \"x\""), ("-H", "Range: bytes=900-"), ("-H", "If-None-Match: *"),
])
def test_errors_of_files_have_pages(site, nginx, words):
    beside = nginx(site)
    for path in ("/file.html", "/nowhere"):
        ours, its = (ask(port, path, *words) for port in (site.port("http"), beside.port))
        assert ours == its


def test_a_broken_request_has_its_page(site, connect):
    peer = connect(site.port("http"))
    peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    answer = peer.read_to_end()
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.endswith(b"page of 400\n")


@pytest.mark.parametrize("path, status, seen", [
    ("/upload/", "413 Request Entity Too Large", b"GET /base/too-large b''"),
    ("/dead-upload/", "200 OK", b"GET /base/instead"),
])
@pytest.mark.parametrize("fields", [(), ("Transfer-Encoding: chunked",)])
def test_a_body_that_was_begun_is_no_page_s(site, path, status, seen, fields):
    words = [word for field in fields for word in ("-H", field)]
    first, _, body = ask(site.port("http"), path, "-d", "more than ten bytes of a body", *words)
    assert first == f"HTTP/1.1 {status}" and body.startswith(seen)


@pytest.mark.parametrize("line, words", [
    ("error_page /x;", "needs at least|takes|words"),
    ("error_page 200 /x;", "300 to 599"),
    ("error_page 499 /x;", "300 to 599"),
    ("error_page 404 =abc /x;", "no status"),
    ("error_page =200 /x;", "begins with the errors"),
    ("error_page 404 $nothing_there;", "unknown variable"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
