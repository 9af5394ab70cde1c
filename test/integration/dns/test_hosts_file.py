"""/etc/hosts counts as it is now, though the sandbox knows only the file that was there at the start."""

from support.wait import wait_until

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        location /app/ { proxy_pass http://app.test:@app@; }
        location /other/ { proxy_pass http://other.test:@app@; }
    }
}
"""


def status(connect, frontd, path):
    return connect(frontd.port("http")).request(path).status


def test_a_replaced_file_of_hosts_counts(names, frontd_with_names, http_backend, connect):
    """By rename, as editors and `sed -i` do it."""
    frontd = frontd_with_names(CONFIG, app=http_backend().port)
    etc = frontd.own_etc()
    (etc / "hosts").write_text("127.0.0.1 localhost app.test\n", encoding="ascii")
    frontd.start()
    assert (status(connect, frontd, "/app/"), status(connect, frontd, "/other/")) == (200, 502)
    (etc / "hosts.new").write_text("127.0.0.1 localhost app.test other.test\n", encoding="ascii")
    (etc / "hosts.new").rename(etc / "hosts")
    wait_until(lambda: status(connect, frontd, "/other/") == 200, frontd.describe, timeout=20)
    assert status(connect, frontd, "/app/") == 200
    assert ("other.test", "A") in names.asked
