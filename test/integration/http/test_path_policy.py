"""path_policy strict: what a backend may read in another way is refused."""

import subprocess

import pytest

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@ http2;
        root @home@/www;
        error_page 400 /sorry;
        location / { }
        location /strict/ { path_policy strict; }
        location /any/ { path_policy strict; satisfy any; allow all; }
        location /rewritten/ { path_policy strict; rewrite ^ /strict/page; }
    }
}
"""

AMBIGUOUS = ["x%2fpage", "x%2Fpage", "x%5cpage", "x%5C", "%2e/page", "%2E%2e/strict/page", "page%3bx", "page%3B", "/page",
             "x//page"]
PLAIN = ["page", "page?a=%2f//%00", "./page", "pag%65", "x/../page"]


def ask(proxy, path, *words):
    command = ["curl", "-s", "-w", "\n%{http_code}", "--max-time", "30", "--path-as-is", *words]
    url = f"http://127.0.0.1:{proxy.port('http')}/{path}"
    body, _, status = subprocess.run([*command, url], capture_output=True, check=True, text=True).stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_strict_refuses_ambiguous_paths(frontd_files, version):
    proxy = frontd_files(SITE)
    for folder in ("strict", "any", "normal"):
        proxy.file(f"www/{folder}/page", "page")
    proxy.file("www/sorry", "sorry")
    proxy.start()
    for folder in ("strict", "any"):
        for path in AMBIGUOUS:
            since = len(proxy.log())
            assert ask(proxy, f"{folder}/{path}", version) == (400, "sorry"), path
            proxy.wait_for_log("ambiguous path forbidden by path_policy", since=since)
        for path in PLAIN:
            assert ask(proxy, f"{folder}/{path}", version) == (200, "page"), path
        assert ask(proxy, f"{folder}/page%00", version)[0] == 400
    assert ask(proxy, "rewritten/x%2fy", version) == (400, "sorry")
    assert ask(proxy, "rewritten/xy", version) == (200, "page")


def test_without_it_they_are_normalised(frontd_files):
    proxy = frontd_files(SITE)
    proxy.file("www/normal/page", "page")
    proxy.start()
    for path in ("x%2f..%2fpage", "%2e/page", "/page"):
        assert ask(proxy, f"normal/{path}") == (200, "page"), path
