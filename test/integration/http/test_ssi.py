"""Server-side includes: pages with commands beside Debian's nginx, includes from files and backends, what
happens when they fail, are slow, are large, or when the client leaves."""

import gzip
import os
import re
import subprocess
import threading
import time

import pytest
from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    types { text/html html; text/plain txt; text/css css; }
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        set $mine "set by <the> server";
        location / { ssi on; expires 5m; add_header X-Page yes; }
        location /off/ { }
        location /types/ { ssi on; ssi_types text/css; }
        location /silent/ { ssi on; ssi_silent_errors on; }
        location /dated/ { ssi on; ssi_last_modified on; }
        location /zipped/ { ssi on; gzip on; gzip_min_length 1; }
        location /inner/ { internal; ssi on; }
        location /backend/ { proxy_pass http://@backend@/cgi/; add_header X-Inner no; gzip on; }
        location /page-of-backend/ { ssi on; proxy_pass http://@backend@; }
    }
}
"""

PAGES = {
    "plain": "no commands at all <!-- but a comment -->\n",
    "virtual": 'a<!--#include virtual="/parts/one.html" -->b<!--# include virtual="/parts/two.txt" -->c',
    "file": 'a<!--#include file="beside.html" -->b<!--#include file="parts/one.html" -->c',
    "internal": 'a<!--#include virtual="/inner/nested.html" -->b',
    "backend": 'a<!--#include virtual="/backend/x.sh?a=1&b=2" -->b',
    "wait": 'a<!--#include virtual="/parts/one.html" wait="yes" -->b',
    "up": 'a<!--#include file="../secret" -->b<!--#include virtual="/parts/%2e%2e/one.html" -->c',
    "unknown": 'a<!--#exec cmd="id" -->b<!--#echo -->c<!--#include -->d',
    "echo": 'a<!--#echo var="mine" --><!--#echo var="mine" encoding="none" -->'
            '<!--#echo var="uri" encoding="url" -->-<!--#echo var="arg_x" default="nothing" -->'
            '-<!--#echo var="arg_y" -->-<!--#echo var="no_such_thing" -->b<!--#echo var="arg_x" encoding="rot13" -->',
    "set": '<!--#set var="a" value="1$arg_x" --><!--#echo var="a" --><!--#set var="a" value="${a}2" -->'
           '<!--#echo var="a" --><!--#include virtual="/backend/x?$a" -->',
    "config": '<!--#config errmsg="oh no" --><!--#nonsense --><!--#config timefmt="%Y" --><!--#echo var="date_gmt" -->',
    "if": '<!--#if expr="$arg_x" -->yes<!--#else -->no<!--#endif -->'
          '<!--#if expr="$arg_x = one" -->1<!--#elif expr="$arg_x = two" -->2<!--#else -->3<!--#endif -->'
          '<!--#if expr="$arg_x != one" -->!<!--#endif -->'
          '<!--#if expr="$arg_x = /^t.o/" -->match<!--#include virtual="/parts/one.html" --><!--#endif -->.',
    "many": "".join(f'{i}<!--#include virtual="/parts/one.html" -->\n' for i in range(40)),
    "unfinished": 'a<!--#include virtual="/parts/one.html"',
    "empty": "",
}


def backend(request):
    path = request.target.split("?")[0]
    if path.endswith("/404"):
        return ok(b"<html>the backend's page for 404</html>", "Content-Type: text/html", status="404 Not Found")
    if path.endswith("/cut"):
        return b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly the beginning"
    if path.endswith("/packed"):
        return ok(gzip.compress(b"packed"), "Content-Encoding: gzip")
    if path.endswith("/page"):
        return ok(b'a<!--#include virtual="/parts/one.html" -->b', "Content-Type: text/html; charset=utf-8",
                  'ETag: "x"', "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "Accept-Ranges: bytes")
    return ok(f"[{request.method} {request.target}]".encode(), "Content-Type: text/plain")


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    for name in ("Date", "Server", "Connection", "Expires"):
        fields.pop(name, None)
    return first, fields, body


@pytest.fixture
def site(frontd_files, http_backend):
    server = http_backend(backend)
    frontd = frontd_files(CONFIG, backend=server.address)
    frontd.backend = server
    for name, text in PAGES.items():
        frontd.file(f"site/{name}.html", text)
    for folder in ("off", "types", "silent", "dated", "zipped"):
        frontd.file(f"site/{folder}/page.html", 'a<!--#include virtual="/parts/one.html" --><!--#nothing -->b')
        frontd.file(f"site/{folder}/page.css", 'a<!--#include virtual="/parts/one.html" -->b')
    frontd.file("site/parts/one.html", "<one>")
    frontd.file("site/parts/two.txt", "two")
    frontd.file("site/beside.html", "beside")
    frontd.file("site/inner/nested.html", '(<!--#include virtual="/parts/one.html" --><!--#include file="deep.html" -->)')
    frontd.file("site/inner/deep.html", '{<!--#echo var="uri" -->}')
    frontd.file("site/endless.html", 'x<!--#include virtual="/endless.html" -->y')
    frontd.file("site/large.html", 'a<!--#include virtual="/parts/large.bin" -->' + "z" * 100_000 +
                '<!--#include virtual="/parts/one.html" -->')
    frontd.file("site/parts/large.bin", "L" * 2_000_000)
    for path in (frontd.home / "site").rglob("*"):
        if path.is_file():
            os.utime(path, (784111777, 784111777))
    return frontd.start()


PATHS = ([f"/{name}.html" for name in PAGES]
         + ["/echo.html?x=<tag>", "/set.html?x=3", "/if.html?x=one", "/if.html?x=two", "/if.html?x=three"]
         + [f"/{folder}/page.{kind}" for folder in ("off", "types", "silent", "dated") for kind in ("html", "css")]
         + ["/page-of-backend/page", "/nothing.html"])


def test_pages_are_those_of_nginx(site, nginx):
    beside = nginx(site)
    wrong = []
    for path in PATHS:
        for words in ((), ("-I",)):
            ours, its = (ask(port, path, *words) for port in (site.port("http"), beside.port))
            its = its[0], its[1], its[2].replace(b"nginx/1.22.1", b"frontd")
            if path == "/nothing.html":
                its[1].pop("Content-Length", None)
            if ours != its:
                wrong.append((path, words, ours, its))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_page_with_commands_is_never_a_copy_or_a_part(site):
    for words in (("-H", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"), ("-r", "0-1"), ("-H", "If-Match: x")):
        first, fields, body = ask(site.port("http"), "/virtual.html", *words)
        assert first == "HTTP/1.1 200 OK" and body == b"a<one>btwoc"
        assert not {"ETag", "Last-Modified", "Accept-Ranges", "Content-Length"} & fields.keys()


def test_what_the_client_wants_of_the_page_is_not_asked_of_includes(site):
    ask(site.port("http"), "/backend.html", "-H", "Range: bytes=0-1", "-H", "If-None-Match: *", "-H", "If-Range: x",
        "-H", "Accept-Encoding: gzip", "-H", "Cookie: a=b", "-H", "Content-Language: de", "-d", "a body")
    request = site.backend.requests[-1] if site.backend.requests else None
    assert request is None  # a POST for a file is refused
    _, _, body = ask(site.port("http"), "/backend.html", "-H", "Range: bytes=0-1", "-H", "If-None-Match: *",
                     "-H", "If-Range: x", "-H", "Accept-Encoding: gzip", "-H", "Cookie: a=b", "-H", "X-Mine: 1")
    assert body == b"a[GET /cgi/x.sh?a=1&b=2]b"
    request = site.backend.requests[-1]
    assert request.field("cookie") == "a=b" and request.field("x-mine") == "1"
    for name in ("range", "if-none-match", "if-range", "accept-encoding"):
        assert request.field(name) is None


@pytest.mark.parametrize("target, reason", [
    ("/backend/404", "answered with 404"), ("/parts/nothing.html", "answered with 404"),
    ("/backend/packed", "answered with 200"), ("/", "answered with"),
])
def test_an_include_that_fails_leaves_a_comment(site, target, reason):
    site.file("site/failing.html", f'a<!--#include virtual="{target}" -->b')
    assert ask(site.port("http"), "/failing.html")[2] == b"a<!-- include failed -->b"
    site.wait_for_log(f'include of "{re.escape(target)}" failed: it was {reason}')


def test_an_include_that_is_cut_short_says_so(site):
    site.file("site/cut.html", 'a<!--#include virtual="/backend/cut" -->b')
    assert ask(site.port("http"), "/cut.html")[2] == b"aonly the beginning<!-- include failed -->b"
    site.wait_for_log('include of "/backend/cut" failed: its answer was cut short')


def test_includes_of_themselves_end(site):
    body = ask(site.port("http"), "/endless.html")[2]
    assert body.startswith(b"xxxxxxxxx[an error") and body.endswith(b"yyyyyyyyy")
    site.wait_for_log("subrequests inside subrequests without end")


def test_large_includes_come_whole_to_a_client_that_reads_slowly(site, connect):
    peer = connect(site.port("http"))
    peer.send(b"GET /large.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(0.5)
    assert peer.read_response().body == b"a" + b"L" * 2_000_000 + b"z" * 100_000 + b"<one>"


def test_a_page_is_compressed_behind_its_commands(site):
    _, fields, body = ask(site.port("http"), "/zipped/page.html", "-H", "Accept-Encoding: gzip")
    assert fields["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == b"a<one>[an error occurred while processing the directive]b"


def test_includes_come_in_order_however_slow(frontd_files, http_backend):
    def slow_first(request):
        time.sleep(0.3 if request.target.endswith("1") else 0)
        return ok(request.target[-1].encode())

    site = frontd_files(CONFIG, backend=http_backend(slow_first).address)
    site.file("site/two.html", '<!--#include virtual="/backend/1" -->-<!--#include virtual="/backend/2" -->')
    assert ask(site.start().port("http"), "/two.html")[2] == b"1-2"


def test_a_client_that_leaves_takes_the_include_with_it(frontd_files, http_backend, connect):
    asked, go_on = threading.Event(), threading.Event()

    def slow(request):
        asked.set()
        go_on.wait(20)
        return ok(b"late")

    server = http_backend(slow)
    site = frontd_files(CONFIG, backend=server.address)
    site.file("site/slow.html", 'a<!--#include virtual="/backend/1" wait="yes" -->b<!--#include virtual="/backend/2" -->')
    site.file("site/plain.html", "plain")
    peer = connect(site.start().port("http"))
    peer.send(b"GET /slow.html HTTP/1.1\r\nHost: x\r\n\r\n")
    assert asked.wait(20)
    peer.reset()
    site.wait_for_log("client reset|closed the connection")
    go_on.set()
    wait_until(lambda: ask(site.port("http"), "/plain.html")[2] == b"plain", "it still serves")
    assert len(server.requests) == 1


def page_of(count):
    return "".join(f'<!--#include virtual="/backend/{n}" -->-' for n in range(count))


def test_includes_run_at_once(frontd_files, http_backend):
    """Each is answered when all of them have asked."""
    together = threading.Barrier(8)

    def answer(request):
        together.wait(20)
        return ok(request.target.rpartition("/")[2].encode())

    site = frontd_files(CONFIG, backend=http_backend(answer).address)
    site.file("site/eight.html", page_of(8))
    assert ask(site.start().port("http"), "/eight.html")[2] == b"0-1-2-3-4-5-6-7-"


def test_no_more_than_eight_run_at_once(frontd_files, http_backend):
    lock, now, most = threading.Lock(), [], []

    def answer(request):
        with lock:
            now.append(request)
            most.append(len(now))
        time.sleep(0.02)
        with lock:
            now.remove(request)
        return ok(b"<" + request.target.rpartition("/")[2].encode() + b">")

    site = frontd_files(CONFIG, backend=http_backend(answer).address)
    site.file("site/forty.html", page_of(40))
    assert ask(site.start().port("http"), "/forty.html")[2] == b"".join(b"<%d>-" % n for n in range(40))
    assert max(most) <= 8


def test_a_large_include_waits_for_its_turn(frontd_files, http_backend):
    """The first is answered when the second has asked, and the third cannot give all of what it has."""
    second, large = threading.Event(), b"large " * 300_000

    def answer(request):
        number = request.target.rpartition("/")[2]
        if number == "0":
            assert second.wait(20)
            time.sleep(0.2)
            return ok(b"first")
        second.set()
        return ok(large if number == "2" else b"second")

    site = frontd_files(CONFIG, backend=http_backend(answer).address)
    site.file("site/large.html", page_of(4))
    site.start()
    for _ in range(2):
        assert ask(site.port("http"), "/large.html")[2] == b"first-second-" + large + b"-second-"


def test_a_failed_include_among_several_leaves_its_comment_in_its_place(frontd_files, http_backend):
    def answer(request):
        number = int(request.target.rpartition("/")[2])
        time.sleep(0.05 * (3 - number))
        return ok(b"%d" % number, status="500 No" if number == 1 else "200 OK")

    site = frontd_files(CONFIG, backend=http_backend(answer).address)
    site.file("site/four.html", page_of(4))
    assert ask(site.start().port("http"), "/four.html")[2] == b"0-<!-- include failed -->-2-3-"


def test_a_client_that_leaves_takes_all_includes_with_it(frontd_files, http_backend, connect):
    together, go_on = threading.Barrier(9), threading.Event()

    def answer(_):
        together.wait(20)
        go_on.wait(20)
        return ok(b"late " * 100_000)

    site = frontd_files(CONFIG, backend=http_backend(answer).address)
    site.file("site/many.html", page_of(20))
    site.file("site/plain.html", "plain")
    peer = connect(site.start().port("http"))
    peer.send(b"GET /many.html HTTP/1.1\r\nHost: x\r\n\r\n")
    together.wait(20)
    peer.reset()
    site.wait_for_log("client reset|closed the connection")
    go_on.set()
    wait_until(lambda: ask(site.port("http"), "/plain.html")[2] == b"plain", "it still serves")
