"""charset beside Debian's nginx; limit_rate with a clock."""

import re
import subprocess
import time

import pytest
from support.backends import ok

CONFIG = """
http {
    types { text/html html; text/plain txt; text/css css; }
    charset utf-8;
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        location /off/ { charset off; }
        location /types/ { charset_types text/css; }
        location /named/ { charset koi8-r; }
        location /variable/ { charset $arg_c; default_type text/html; return 200 text; }
        location /return/ { default_type text/plain; return 200 text; }
        location /error/ { return 404; }
        location /backend/ { proxy_pass http://@backend@; }
        location /empty/ { default_type ""; return 200 text; }
    }
}
"""

RATE = """
http {
    types { text/plain txt; }
    server {
        listen 127.0.0.1:@http@;
        root @home@/site;
        location /slow/ { limit_rate 100k; }
        location /later/ { limit_rate 1k; limit_rate_after 10m; }
        location /small/ { limit_rate 5k; }
        location /return/ { limit_rate 4; return 200 "some words"; }
        location /variable/ { limit_rate $arg_rate; }
        location /set/ { set $limit_rate 100k; }
        location /unset/ { limit_rate 1k; set $limit_rate 0; }
        location /told/ { limit_rate 1k; proxy_pass http://@told@; }
        location /backend/ { limit_rate 100k; proxy_pass http://@backend@; }
        location /packed/ { limit_rate 1k; gzip on; gzip_types text/plain; }
    }
}
"""


def backend(request):
    return ok(b"x", f"Content-Type: {request.target.rsplit('/', 1)[-1].replace('_', ' ').replace('+', '/')}")


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "60", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")
    return re.search(r"(?m)^Content-Type: (.*)\r?$", head.decode() + "\n"), body


def kind(port, path):
    found = ask(port, path)[0]
    return found and found[1].strip()


PATHS = ([f"/{folder}/file.{ending}" for folder in ("plain", "off", "types", "named") for ending in ("html", "txt", "css")]
         + ["/return/", "/error/", "/empty/", "/variable/?c=latin1"]
         + [f"/backend/{name}" for name in ("text+html", "text+html;_charset=latin1", "image+png")])


def test_charset_is_that_of_nginx(frontd_files, http_backend, nginx):
    site = frontd_files(CONFIG, backend=http_backend(backend).address)
    for folder in ("plain", "off", "types", "named"):
        for ending in ("html", "txt", "css"):
            site.file(f"site/{folder}/file.{ending}", "text")
    site.start()
    beside = nginx(site)
    assert {path: kind(site.port("http"), path) for path in PATHS} == {path: kind(beside.port, path) for path in PATHS}
    assert kind(site.port("http"), "/variable/") == "text/html"  # nginx hangs up


def took(port, path, *words):
    began = time.monotonic()
    body = ask(port, path, *words)[1]
    return time.monotonic() - began, body


def test_an_answer_takes_the_time_it_shall(frontd_files, http_backend):
    large = bytes(range(256)) * 1200  # 300 KiB: one second's worth at once, two seconds for the rest
    site = frontd_files(RATE, backend=http_backend(ok(large)).address,
                        told=http_backend(lambda request: ok(large, f"X-Accel-Limit-Rate: {request.target[6:]}")).address)
    for folder in ("slow", "set", "unset", "later", "variable", "packed"):
        site.file(f"site/{folder}/file.txt", large)
    site.file("site/small/file.txt", large[:15_000])
    port = site.start().port("http")
    seconds, body = took(port, "/slow/file.txt")
    assert body == large and seconds > 1.8
    seconds, body = took(port, "/small/file.txt")  # in memory, and so written at once
    assert body == large[:15_000] and seconds > 1.5
    seconds, body = took(port, "/return/")
    assert body == b"some words" and seconds > 1
    seconds, body = took(port, "/backend/x")
    assert body == large
    assert took(port, "/variable/file.txt?rate=100k")[0] > 1.8
    assert took(port, "/set/file.txt")[0] > 1.8
    assert took(port, "/told/102400")[0] > 1.8
    for path in ("/unset/file.txt", "/told/off", "/told/0", "/later/file.txt", "/variable/file.txt?rate=0", "/variable/file.txt?rate=much"):
        assert took(port, path)[1] == large
    seconds, body = took(port, "/packed/file.txt", "-H", "Accept-Encoding: gzip", "--compressed")
    assert body == large


@pytest.mark.parametrize("line, words", [
    ("override_charset maybe;", "override_charset"),
    ("source_charset koi8-r;", "does not recode"),
    ("charset 'a b';", "no name of a character set"),
    ("limit_rate fast;", "no number of bytes"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
