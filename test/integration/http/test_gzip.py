"""gzip and compress: what is compressed and for whom, beside Debian's nginx; streams keep flowing, and a
client that reads slowly gets all of it."""

import gzip
import re
import subprocess
import time
import zlib

import pytest
from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    types { text/html html; text/css css; text/plain txt; image/png png; application/json json; }
    gzip_min_length 10;
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        location /off/ { }
        location /on/ { gzip on; }
        location /vary/ { gzip on; gzip_vary on; gzip_types text/css application/json; gzip_comp_level 9; }
        location /any/ { gzip on; gzip_types *; gzip_http_version 1.0; gzip_disable "msie6" "^Bad"; }
        location /proxied/ { gzip on; gzip_proxied expired no-cache no-store private auth; }
        location /proxied-any/ { gzip on; gzip_proxied any; }
        location /fresh/ { gzip on; gzip_proxied no_last_modified no_etag; }
        location /error/ { gzip on; error_page 404 /on/page.html; return 404; }
        location /return/ { gzip on; default_type text/html; return 200 "a text of more than ten bytes"; }
        location /short/ { gzip on; default_type text/html; return 200 "short"; }
        location /backend/ { gzip on; gzip_types text/event-stream text/plain; gzip_proxied any;
                             proxy_pass http://@backend@; }
    }
}
"""

PAGE = "".join(f"<p>line {i} of a page</p>\n" for i in range(3000))
NAMES = ["page.html", "style.css", "small.txt", "tiny.html", "data.json", "picture.png", "nothing.html"]


def backend(request):
    kind = request.target.rsplit("/", 1)[-1].split("?")[0]
    if kind == "encoded":
        return ok(b"x" * 100, "Content-Encoding: br", "Content-Type: text/html")
    if kind == "partial":
        return ok(b"x" * 100, "Content-Range: bytes 0-99/200", "Content-Type: text/html",
                  status="206 Partial Content")
    if kind == "tagged":
        return ok(b"x" * 100, 'ETag: "abc"', "Accept-Ranges: bytes", "Content-Type: text/html; charset=utf-8")
    if kind == "weak":
        return ok(b"x" * 100, 'ETag: W/"abc"', "Content-Type: text/html", "Vary: Accept-Encoding")
    if kind == "old":
        return ok(b"x" * 100, "Expires: Sun, 06 Nov 1994 08:49:37 GMT", "Content-Type: text/html")
    if kind == "private":
        return ok(b"x" * 100, "Cache-Control: private, max-age=3", "Content-Type: text/html")
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n")


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=False).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def compared(answer):
    """Without what differs by name, the body unpacked."""
    first, fields, body = answer
    if fields.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body) if body else b"(packed)"
        assert "Content-Length" not in fields
    for name in ("Date", "Server", "Connection", "Transfer-Encoding", "Content-Length"):
        fields.pop(name, None)
    return first, fields, body.replace(b"nginx/1.22.1", b"frontd")


@pytest.fixture
def site(frontd_files, http_backend):
    frontd = frontd_files(CONFIG, backend=http_backend(backend).address)
    for folder in ("off", "on", "vary", "any", "proxied", "proxied-any", "fresh"):
        frontd.file(f"site/{folder}/page.html", PAGE)
        frontd.file(f"site/{folder}/style.css", "a { color: red }\n" * 30)
        frontd.file(f"site/{folder}/small.txt", "some text, plain")
        frontd.file(f"site/{folder}/tiny.html", "<p>")
        frontd.file(f"site/{folder}/data.json", "{}" * 20)
        frontd.file(f"site/{folder}/picture.png", "\x89PNG" * 20)
    return frontd.start()


ACCEPTS = ["gzip", "*", "gzip;q=0", "deflate, GZIP;q=0.5", "x-gzip", "gzip;q=0.000", "br"]

REQUESTS = (
    [(f"/{folder}/{name}", ("-H", "Accept-Encoding: gzip"))
     for folder in ("off", "on", "vary", "any", "proxied", "proxied-any") for name in NAMES]
    + [("/vary/style.css", ("-H", f"Accept-Encoding: {value}")) for value in ACCEPTS]
    + [("/vary/style.css", ("-I", "-H", "Accept-Encoding: gzip")),
       ("/vary/style.css", ("-0", "-H", "Accept-Encoding: gzip")),
       ("/any/style.css", ("-0", "-H", "Accept-Encoding: gzip")),
       ("/any/style.css", ("-A", "Mozilla/4.0 (compatible; MSIE 6.0; Windows)", "-H", "Accept-Encoding: gzip")),
       ("/any/style.css", ("-A", "Mozilla/4.0 (compatible; MSIE 6.0; SV1)", "-H", "Accept-Encoding: gzip")),
       ("/any/style.css", ("-A", "Badly", "-H", "Accept-Encoding: gzip"))]
    + [(f"/{folder}/page.html", ("-H", "Via: 1.1 x", "-H", "Accept-Encoding: gzip", *more))
       for folder in ("on", "proxied", "proxied-any", "fresh") for more in ((), ("-H", "Authorization: x"))]
    + [(path, ("-H", "Accept-Encoding: gzip")) for path in ("/error/", "/return/", "/short/")]
    + [(f"/backend/{kind}", ("-H", "Accept-Encoding: gzip"))
       for kind in ("encoded", "partial", "tagged", "weak", "old", "private", "chunked")]
)


def test_compresses_what_nginx_does(site, nginx):
    beside = nginx(site)
    wrong = []
    for path, words in REQUESTS:
        ours, its = (compared(ask(port, path, *words)) for port in (site.port("http"), beside.port))
        if ours != its:
            wrong.append((path, words, [part for part, other in zip(ours, its) if part != other],
                          [part for part, other in zip(its, ours) if part != other]))
    assert not wrong, "\n".join(str(line)[:600] for line in wrong)


def test_a_range_is_of_the_file_itself(site):
    """nginx forgets the range."""
    first, fields, body = ask(site.port("http"), "/vary/style.css", "-H", "Accept-Encoding: gzip", "-r", "0-99")
    assert "206" in first and len(body) == 100 and "Content-Encoding" not in fields


COMPRESS = """
http {
    types { text/html html; text/css css; image/png png; application/octet-stream bin; }
    compress on;
    server {
        listen 127.0.0.1:@http@;
        root @home@/site;
        location / { }
        location /large { gzip on; compress off; gzip_types *; }
        location /backend/ { proxy_pass http://@backend@; }
    }
}
"""


def test_compress_is_all_that_is_needed(frontd_files, http_backend):
    server = http_backend(lambda request: ok(b"x" * 1000, "Content-Type: text/html", "Cache-Control: no-transform"))
    site = frontd_files(COMPRESS, backend=server.address)
    site.file("site/style.css", "a { color: red }\n" * 30)
    site.file("site/picture.png", "p" * 1000)
    port = site.start().port("http")
    _, fields, body = ask(port, "/style.css", "-H", "Accept-Encoding: gzip", "-H", "Via: 1.0 x")
    assert fields["Content-Encoding"] == "gzip" and fields["Vary"] == "Accept-Encoding"
    assert fields["ETag"].startswith('W/"') and gzip.decompress(body) == b"a { color: red }\n" * 30
    _, fields, _ = ask(port, "/style.css")
    assert fields["Vary"] == "Accept-Encoding" and "Content-Encoding" not in fields
    for path in ("/picture.png", "/backend/x"):
        _, fields, _ = ask(port, path, "-H", "Accept-Encoding: gzip")
        assert "Content-Encoding" not in fields and "Vary" not in fields


@pytest.mark.parametrize("size", [20_000, 3_000_000])
def test_files_come_whole_to_a_client_that_reads_slowly(frontd_files, connect, size):
    content = bytes((i * i >> 5) % 251 for i in range(size))
    site = frontd_files(COMPRESS, backend="127.0.0.1:1")
    site.file("site/large.bin", content)
    peer = connect(site.start().port("http"))
    peer.send(b"GET /large.bin HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n")
    time.sleep(0.5)  # the bytes pile up, and frontd must wait
    answer = peer.read_response()
    assert answer.field("content-encoding") == "gzip"
    assert gzip.decompress(answer.body) == content


def test_a_client_that_leaves_inside_a_file_hurts_nobody(frontd_files, connect):
    site = frontd_files(COMPRESS, backend="127.0.0.1:1")
    site.file("site/large.bin", bytes((i * i >> 5) % 251 for i in range(3_000_000)))
    port = site.start().port("http")
    for _ in range(5):
        peer = connect(port)
        peer.send(b"GET /large.bin HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        peer.read(1000)
        peer.reset()
    assert ask(port, "/large.bin")[0] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("kind", ["text/event-stream", "text/plain"])
def test_streams_keep_flowing(frontd, scripted_backend, connect, kind):
    """Each event reaches the client before the next is made, though none fills a buffer."""
    seen = []

    def script(peer):
        peer.read_until(b"\r\n\r\n")
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        for i in range(3):
            peer.send(f"data: {i}\n\n".encode())
            wait_until(lambda expected=i + 1: len(seen) >= expected, "the event arrived", timeout=20)

    backend_server = scripted_backend([script])
    site = frontd(CONFIG, backend=backend_server.address)
    peer = connect(site.port("http"))
    peer.send(b"GET /backend/x HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
    assert b"Content-Encoding: gzip" in peer.read_until(b"\r\n\r\n")
    unpack, text = zlib.decompressobj(wbits=31), b""
    while True:
        length = int(peer.read_until(b"\r\n"), 16)
        text += unpack.decompress(peer.read(length))
        peer.read(2)
        if length == 0:
            break
        if text.count(b"\n\n") > len(seen):
            seen.append(text)
    assert text == b"data: 0\n\ndata: 1\n\ndata: 2\n\n" and unpack.eof


@pytest.mark.parametrize("line, words", [
    ("gzip_comp_level 10;", "9"),
    ("gzip_proxied sometimes;", "sometimes"),
    ("gzip_disable '(';", "paren|missing"),
    ("compress on br;", "gzip, not with `br`"),
    ("compress maybe;", "maybe"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
