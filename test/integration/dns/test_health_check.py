"""health_check of servers that are known by name."""

from support.backends import ok
from support.wait import wait_until

CONFIG = """
http {
    resolver @dns@ valid=1s ipv6=off;
    upstream app { server app.test:@port@; health_check /up interval=10m mandatory; }
    server {
        listen 127.0.0.1:@http@;
        location / { proxy_pass http://app; }
    }
}
"""


def test_an_address_that_comes_is_checked_at_once(names, frontd_files, http_backend, connect):
    """The interval would be ten minutes; no request is needed."""
    names.set("app.test", "A", "127.0.0.1", ttl=1)
    first = http_backend(ok(b"first"))
    second = http_backend(ok(b"second"), host="127.0.0.2", port=first.port)
    frontd = frontd_files(CONFIG, port=first.port, dns=f"{names.address}:53").start()
    wait_until(lambda: first.requests, "a check", timeout=30.0)
    assert not second.requests
    names.set("app.test", "A", "127.0.0.2", ttl=1)
    wait_until(lambda: second.requests, "a check of the other", timeout=30.0)
    client = connect(frontd.port("http"))
    wait_until(lambda: client.request().body == b"second", "an answer", timeout=30.0)
    assert [request.target for request in first.requests] == ["/up"]


def test_a_name_that_resolves_later(names, frontd_files, http_backend, connect):
    backend = http_backend(ok(b"there"))
    frontd = frontd_files(CONFIG, port=backend.port, dns=f"{names.address}:53").start()
    client = connect(frontd.port("http"))
    assert client.request().status == 502
    names.set("app.test", "A", "127.0.0.1", ttl=1)
    wait_until(lambda: client.request().body == b"there", frontd.describe, timeout=30.0)
    assert "/up" in [request.target for request in backend.requests]
