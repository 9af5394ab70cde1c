"""What happens to answers between handler and client, over HTTP/2: compression, commands in pages, pages for
errors, auth_request, rates, and clients that leave in the middle."""

import gzip
import os
import subprocess

import pytest
from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    types { text/html html; text/plain txt; }
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl;
        http2 on;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        root @home@/site;
        location /gzip/ { gzip on; gzip_types text/plain; gzip_comp_level 1; }
        location /ssi/ { ssi on; gzip on; server_tokens none; add_header X-Page "$server_protocol"; }
        location /parts/ { ssi on; }
        location /error/ { error_page 404 =200 /ssi/page.html; return 404; }
        location /auth/ { auth_request /backend/auth; }
        location /slow/ { limit_rate 200k; }
        location /closing/ { chunked_transfer_encoding off; proxy_pass http://@backend@; }
        location /backend/ { proxy_pass http://@backend@; }
    }
}
"""

LARGE = os.urandom(1_500_000)


@pytest.fixture
def site(frontd_files, http_backend):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    frontd = frontd_files(CONFIG, backend=http_backend(
        lambda request: chunked if request.target.startswith("/closing") else ok(b"from the backend")).address)
    frontd.file("site/gzip/large.txt", LARGE)
    frontd.file("site/ssi/page.html", 'a<!--#include virtual="/backend/x" -->b<!--#include virtual="/parts/large.html" -->c')
    frontd.file("site/parts/large.html", "L" * 400_000 + '<!--#echo var="request_method" -->')
    frontd.file("site/auth/file.txt", "seen")
    frontd.file("site/slow/file.txt", LARGE[:300_000])
    return frontd.start()


def ask(port, path, *words):
    command = ["curl", "-s", "-i", "--max-time", "60", "--http2-prior-knowledge", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first.strip(), dict(line.split(": ", 1) for line in lines), body


PAGE = b"afrom the backendb" + b"L" * 400_000 + b"GETc"


def test_answers_are_those_of_http1(site):
    port = site.port("http")
    first, fields, body = ask(port, "/gzip/large.txt", "-H", "Accept-Encoding: gzip")
    assert first == "HTTP/2 200" and fields["content-encoding"] == "gzip" and "content-length" not in fields
    assert gzip.decompress(body) == LARGE
    first, fields, body = ask(port, "/ssi/page.html")
    assert body == PAGE and "server" not in fields and fields["x-page"] == "HTTP/2.0"
    assert gzip.decompress(ask(port, "/ssi/page.html", "-H", "Accept-Encoding: gzip")[2]) == PAGE
    first, fields, body = ask(port, "/error/")
    assert first == "HTTP/2 200" and body == PAGE
    assert ask(port, "/auth/file.txt")[2] == b"seen"
    assert ask(port, "/slow/file.txt")[2] == LARGE[:300_000]
    assert ask(port, "/closing/x")[2] == b"hello"
    assert ask(port, "/gzip/large.txt", "-I", "-H", "Accept-Encoding: gzip")[1]["content-encoding"] == "gzip"


def test_clients_that_leave_hurt_nobody(site):
    port = site.port("http")
    for path in ("/gzip/large.txt", "/ssi/page.html", "/slow/file.txt"):
        for _ in range(3):
            command = ["curl", "-s", "--http2-prior-knowledge", "--limit-rate", "50k", "--max-time", "0.4",
                       "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{port}{path}"]
            subprocess.run(command, capture_output=True, check=False)
    wait_until(lambda: ask(port, "/ssi/page.html")[2] == PAGE, "it still serves")


def test_many_streams_at_once(site):
    """One connection, each stream with filters of its own. Over TLS, since curl 7.88 cannot do it without."""
    port = site.port("https")
    urls = []
    for i in range(12):
        path = ("/ssi/page.html", "/gzip/large.txt", "/auth/file.txt")[i % 3]
        urls += ["-o", str(site.home / f"out{i}"), f"https://127.0.0.1:{port}{path}"]
    subprocess.run(["curl", "-sk", "--http2", "--parallel", "--parallel-max", "12", "--max-time", "60",
                    "--compressed", *urls], check=True)
    for i in range(12):
        assert (site.home / f"out{i}").read_bytes() == (PAGE, LARGE, b"seen")[i % 3]
