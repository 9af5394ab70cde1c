"""litmus against Apache's mod_dav, with frontd and TLS between them. COPY and MOVE name their target
by the URL that the client knows, which is not the one that Apache knows."""

import subprocess

import pytest

CONFIG = """
http {
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name localhost;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        client_max_body_size 0;
        location / { proxy_pass http://127.0.0.1:@apache@; }
        location /files/ { proxy_pass http://127.0.0.1:@apache@/dav/; }
        location /host/ { proxy_pass http://127.0.0.1:@apache@/; proxy_set_header Host $http_host; }
        location /without/ { proxy_pass http://127.0.0.1:@apache@/dav/; rewrite_destination off; }
    }
}
"""


def litmus(proxy, path, tmp_path, tests="basic copymove props locks http"):
    return subprocess.run(
        ["litmus", "-k", f"https://localhost:{proxy.port('https')}{path}"],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "TESTS": tests}, input="y\n" * 20,
        capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    "path, tests",
    [
        ("/", "basic copymove props locks http"),
        # Answers to PROPFIND name paths in their bodies, which no proxy changes.
        ("/files/", "basic copymove locks http"),
        ("/host/", "basic copymove locks http"),
    ],
)
def test_all_of_litmus(frontd, webdav, tmp_path, path, tests):
    proxy = frontd(CONFIG, apache=webdav().port)
    result = litmus(proxy, path, tmp_path, tests)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count(" 0 failed") == len(tests.split()), result.stdout
    assert "FAIL" not in result.stdout


def test_without_the_rewriting_it_fails(frontd, webdav, tmp_path):
    """So that the test above is known to look at what it says."""
    proxy = frontd(CONFIG, apache=webdav().port)
    assert "FAIL" in litmus(proxy, "/without/", tmp_path, "copymove").stdout
