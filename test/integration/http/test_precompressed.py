"""gzip_static and precompressed: files that were compressed before, beside Debian's nginx."""

import gzip
import os
import re
import subprocess

import pytest

CONFIG = """
http {
    types { text/html html; text/css css; }
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        location /on/ { gzip_static on; gzip_vary on; gzip on; gzip_types *; gzip_min_length 1; }
        location /always/ { gzip_static always; }
        location /off/ { }
    }
}
"""

NATIVE = """
http {
    types { text/html html; text/css css; }
    server {
        listen 127.0.0.1:@http@;
        root @home@/site;
        precompressed zst br gz;
        location /on/ { gzip_static on; precompressed off; }
    }
}
"""

NAMES = ["page.html", "only.css", "plain.css", "nothing.css", "folder.css", "", "page.html.gz"]


def ask(port, path, *words):
    command = ["curl", "-si", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=False).stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    for name in ("Date", "Server", "Connection"):
        fields.pop(name, None)
    return first, fields, body.replace(b"nginx/1.22.1", b"frontd")


def fill(frontd):
    for folder in ("on", "always", "off"):
        frontd.file(f"site/{folder}/page.html", "the plain page")
        frontd.file(f"site/{folder}/page.html.gz", gzip.compress(b"the page", mtime=0))
        frontd.file(f"site/{folder}/only.css.gz", gzip.compress(b"only packed", mtime=0))
        frontd.file(f"site/{folder}/plain.css", "only plain")
        frontd.file(f"site/{folder}/folder.css.gz/file", "a directory")
        frontd.file(f"site/{folder}/index.html", "index")
        frontd.file(f"site/{folder}/index.html.gz", gzip.compress(b"index packed", mtime=0))
        os.utime(frontd.home / f"site/{folder}/page.html.gz", (784111777, 784111777))
    return frontd.start()


@pytest.mark.parametrize("words", [
    (), ("-H", "Accept-Encoding: gzip"), ("-H", "Accept-Encoding: gzip;q=0"), ("-H", "Accept-Encoding: *"),
    ("-I", "-H", "Accept-Encoding: gzip"), ("-H", "Accept-Encoding: gzip", "-H", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
    ("-H", "Accept-Encoding: gzip", "-H", "If-Match: \"x\""),
])
def test_gzip_static_is_that_of_nginx(frontd_files, nginx, words):
    site = fill(frontd_files(CONFIG))
    beside = nginx(site)
    for folder in ("on", "always", "off"):
        for name in NAMES:
            ours, its = (ask(port, f"/{folder}/{name}", *words) for port in (site.port("http"), beside.port))
            for first, fields, _ in (ours, its):
                fields.pop("Vary", None)  # frontd always says it
                fields.pop("Transfer-Encoding", None)
                if " 4" in first:
                    fields.pop("Content-Length", None)  # of a page with the server's name
                if fields.get("Content-Encoding") == "gzip":
                    fields.pop("Accept-Ranges", None)
            if words == () and folder == "always":  # curl takes no gzip: bytes as they are
                assert ours[2] == its[2]
            assert ours[:2] == its[:2], name


def test_precompressed_sends_what_the_client_takes(frontd_files):
    site = frontd_files(NATIVE)
    for folder in ("site", "site/on"):
        for ending in ("", ".gz", ".br", ".zst"):
            site.file(f"{folder}/page.html{ending}", f"this is page.html{ending}")
    site.file("site/style.css", "plain")
    port = site.start().port("http")

    def sent(path, accepts):
        _, fields, body = ask(port, path, "-H", f"Accept-Encoding: {accepts}")
        assert fields["Vary"] == "Accept-Encoding"
        assert fields["Content-Type"] == ("text/html" if path.endswith("html") else "text/css")
        return fields.get("Content-Encoding"), body.decode().removeprefix("this is page.html")

    assert sent("/page.html", "gzip, br, zstd") == ("zstd", ".zst")
    assert sent("/page.html", "gzip, br, zstd;q=0") == ("br", ".br")
    assert sent("/page.html", "gzip") == ("gzip", ".gz")
    assert sent("/page.html", "identity") == (None, "")
    assert sent("/style.css", "gzip, br, zstd") == (None, "plain")
    assert sent("/on/page.html", "zstd, br, gzip") == ("gzip", ".gz")
    first, fields, _ = ask(port, "/page.html", "-H", "Accept-Encoding: br", "-r", "0-3")
    assert first == "HTTP/1.1 200 OK" and "Accept-Ranges" not in fields


@pytest.mark.parametrize("line, words", [
    ("precompressed gz gz;", "stands twice"),
    ("precompressed bz2;", "unknown"),
    ("gzip_static maybe;", "maybe"),
])
def test_mistakes_are_told(frontd_files, line, words):
    result = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % line).command("-t", check=False)
    assert result.returncode != 0
    assert re.search(words, result.stdout + result.stderr)
