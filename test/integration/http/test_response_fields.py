"""add_header, expires, server_tokens, etag, chunked_transfer_encoding beside Debian's nginx; hsts and
security_headers with curl."""

import email.utils
import os
import re
import subprocess
import time

import pytest
from support.backends import ok

CONFIG = """
http {
    types { text/html html; }
    add_header X-Outer outer;
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        location /inherits/ { }
        location /own/ { add_header X-Own "<$uri>"; add_header X-Empty ""; add_header X-Own second always; }
        location /status { add_header X-Status $status; return 202 text; }
        location /late { add_header X-Type "$sent_http_content_type $status" always; return 202 text; }
        location /moved { add_header X-Moved yes; return 301 /new; }
        location /missing { add_header X-Always yes always; add_header X-Sometimes no; }
        location /cache { add_header Cache-Control private; add_header Cache-Control no-transform; return 200 a; }
        location /validators/ { alias @home@/site/own/; add_header ETag '"mine"';
                                add_header Last-Modified "Sun, 06 Nov 1994 08:49:37 GMT"; }
        location /no-etag/ { etag off; }
        location /e/30d { expires 30d; return 200 a; }
        location /e/minus { expires -1; return 200 a; }
        location /e/zero { expires 0; return 200 a; }
        location /e/epoch { expires epoch; return 200 a; }
        location /e/max { expires max; return 200 a; }
        location /e/off { expires off; return 200 a; }
        location /e/error { expires 30d; return 404; }
        location /e/redirect { expires 30d; return 301 /x; }
        location /e/daily { expires @15h30m; return 200 a; }
        location /e/none { expires modified 24h; return 200 a; }
        location /e/file/ { alias @home@/site/own/; expires modified +24h; }
        location /e/past/ { alias @home@/site/own/; expires modified -24h; }
        location /e/variable { expires $arg_e; return 200 a; }
        location /if/ { add_header X-Location yes; expires 1h;
                        if ($arg_x) { return 200 x; }
                        if ($arg_y) { add_header X-If yes; expires max; return 200 y; }
                        if ($arg_z) { error_page 404 =200 /status; return 404; }
                        return 200 none; }
        location /except/ { add_header X-Location yes; expires 1h; limit_except GET { deny all; } }
        location /nested/ { add_header X-Location yes;
                            location /nested/deeper/ { return 200 deeper; }
                            location /nested/own/ { add_header X-Nested yes; return 200 own; } }
        location /backend/ { proxy_pass http://@backend@; expires 1h; add_header X-Backend $upstream_status; }
        location /closing/ { proxy_pass http://@backend@; chunked_transfer_encoding off; }
    }
}
"""

PATHS = ["/inherits/", "/own/", "/own/nothing", "/status", "/late", "/moved", "/missing", "/cache", "/e/30d",
         "/e/minus", "/e/zero", "/e/epoch", "/e/max", "/e/off", "/e/error", "/e/redirect", "/e/none",
         "/e/variable?e=10m", "/e/variable?e=max", "/e/variable?e=rubbish", "/e/variable", "/e/variable?e=off",
         "/backend/x", "/closing/x", "/if/", "/if/?x=1", "/if/?y=1",
         "/if/?z=1", "/except/", "/nested/deeper/", "/nested/own/"]
FILE_PATHS = ["/validators/", "/no-etag/", "/e/file/", "/e/past/"]


def backend(request):
    del request
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: private\r\n"
            b"Expires: 0\r\nContent-Type: text/plain\r\n\r\n1\r\na\r\n0\r\n\r\n")


def fetch(port, path, *words, scheme="http"):
    command = ["curl", "-ski", "--max-time", "30", f"{scheme}://127.0.0.1:{port}{path}"]
    head = subprocess.run([*command, *words], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")[0]
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), [tuple(line.split(": ", 1)) for line in lines]


def compared(fields):
    """What both servers must say."""
    kept = []
    for name, value in fields:
        if name == "Expires" and value.endswith("GMT"):
            value = email.utils.parsedate_to_datetime(value).timestamp()
        elif name == "Cache-Control" and value.startswith("max-age"):
            value = int(value.split("=")[1])
        elif name == "Location":
            value = re.sub(r":\d+/", "/", value)
        if name not in ("Date", "Server", "Content-Length", "Connection"):
            kept.append((name, value))
    return sorted(kept, key=str)


def are_alike(ours, its):
    """Times may differ by the time between the two."""
    return len(ours) == len(its) and all(
        name == other and (value == wanted or (not isinstance(value, str) and abs(value - wanted) < 30))
        for (name, value), (other, wanted) in zip(ours, its))


@pytest.fixture
def site(frontd_files, http_backend):
    frontd = frontd_files(CONFIG.replace("alias @home@/site/own/;", "root @home@/other;"),
                          backend=http_backend(backend).address)
    for folder in ("site/inherits", "site/own", "site/no-etag", "site/except", "other/validators", "other/e/file", "other/e/past"):
        path = frontd.file(f"{folder}/index.html", "page")
        os.utime(path, (784111777, 784111777))
    return frontd.start()


def test_fields_are_those_of_nginx(site, nginx):
    beside = nginx(site)
    wrong = []
    for path in PATHS + FILE_PATHS:
        ours, its = (fetch(port, path) for port in (site.port("http"), beside.port))
        if ours[0] != its[0] or not are_alike(compared(ours[1]), compared(its[1])):
            wrong.append((path, ours, its))
    assert not wrong


def test_daily_is_the_next_such_time(site):
    expires = dict(fetch(site.port("http"), "/e/daily")[1])["Expires"]
    at = email.utils.parsedate_to_datetime(expires).timestamp()
    assert time.localtime(at)[3:6] == (15, 30, 0)
    assert 0 < at - time.time() <= 86401


def test_etag_off_answers_no_condition(site):
    port = site.port("http")
    etag = dict(fetch(port, "/inherits/")[1])["ETag"]
    assert fetch(port, "/inherits/", "-H", f"If-None-Match: {etag}")[0] == 304
    assert fetch(port, "/no-etag/", "-H", f"If-None-Match: {etag}")[0] == 200


MERGE = """
http {
    add_header X-A http;
    server {
        listen 127.0.0.1:@http@;
        add_header_inherit merge;
        add_header X-B server;
        location /merge { add_header X-C location; return 200; }
        location /only { add_header_inherit off; return 200; }
        location /replace { add_header_inherit on; add_header X-C location; return 200; }
        location /as { return 200; }
    }
}
"""


def test_inheritance_can_be_chosen(frontd):
    port = frontd(MERGE).port("http")

    def added(path):
        return [name for name, _ in fetch(port, path)[1] if name.startswith("X-")]

    assert added("/merge") == ["X-A", "X-B", "X-C"]
    assert added("/only") == []
    assert added("/replace") == ["X-C"]
    assert added("/as") == ["X-A", "X-B"]


NATIVE = """
http {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl;
        location /hsts { hsts 180d subdomains preload; return 404; }
        location /short { hsts 5m; return 200; }
        location /basic { security_headers basic; return 200; }
        location /strict { security_headers strict; return 200; }
        location /own { security_headers strict; proxy_pass http://@backend@; }
        location /tokens { server_tokens off; return 200; }
        location /none { server_tokens none; return 200; }
        location /empty { server_tokens ""; return 404; }
        location /mine { add_header Server mine; return 200; }
    }
}
"""


def test_native_fields(frontd, http_backend):
    backend_server = http_backend(lambda request: ok(b"", "X-Frame-Options: ALLOWALL"))
    server = frontd(NATIVE, backend=backend_server.address)

    def fields(path, scheme="https"):
        return dict(fetch(server.port(scheme), path, scheme=scheme)[1])

    assert fields("/hsts")["Strict-Transport-Security"] == "max-age=15552000; includeSubDomains; preload"
    assert fields("/short")["Strict-Transport-Security"] == "max-age=300"
    assert "Strict-Transport-Security" not in fields("/hsts", "http")
    basic = fields("/basic", "http")
    assert basic["X-Content-Type-Options"] == "nosniff" and "Content-Security-Policy" not in basic
    assert basic["Referrer-Policy"] and basic["X-Frame-Options"] == "SAMEORIGIN"
    strict = fields("/strict")
    assert strict["X-Frame-Options"] == "DENY" and "default-src 'self'" in strict["Content-Security-Policy"]
    assert fields("/own")["X-Frame-Options"] == "ALLOWALL"
    assert fields("/tokens")["Server"] == "frontd"
    assert "Server" not in fields("/none") and "Server" not in fields("/empty")
    assert fields("/mine")["Server"] == "mine"


@pytest.mark.parametrize("line, words", [
    ("add_header Content-Length 5;", "sends `Content-Length` itself"),
    ("add_header X a sometimes;", "only `always` may follow"),
    ("add_header 'X Y' a;", "no name of a header field"),
    ("expires modified @15h;", "cannot be counted from"),
    ("expires soon;", "this is no time"),
    ("expires later 5m;", "only `modified`"),
    ("hsts 180d subdomain;", "subdomains"),
    ("server_tokens maybe;", "server_tokens|word"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
