"""Backends by name: asked for at run time, again when the TTL ends, and never a reason not to start."""

import time

from support.wait import wait_until

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        location / { return 200 "own"; }
        location /app/ { proxy_pass http://app.test:@app@; }
    }
}
"""


def get_app(connect, frontd):
    return connect(frontd.port("http")).request("/app/")


def test_a_backend_is_reached_by_its_name(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1", ttl=60)
    frontd = frontd_with_names(CONFIG, app=http_backend().port).start()
    names.asked.clear()  # the start checks the names too
    for _ in range(3):
        assert get_app(connect, frontd).body == b"hello"
    assert names.asked.count(("app.test", "A")) == 1


def test_a_backend_that_moved_is_found_again(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1")
    first = http_backend()
    frontd = frontd_with_names(CONFIG, app=first.port).start()
    assert get_app(connect, frontd).status == 200
    first.stop()
    second = http_backend(host="127.0.0.2", port=first.port)
    names.set("app.test", "A", "127.0.0.2")
    time.sleep(1.2)  # the TTL
    assert get_app(connect, frontd).status == 200
    assert len(second.requests) == 1


def test_the_second_address_serves_when_the_first_refuses(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.3", "127.0.0.1")
    frontd = frontd_with_names(CONFIG, app=http_backend().port).start()
    assert get_app(connect, frontd).status == 200


def test_a_name_that_does_not_resolve_costs_its_own_route_only(names, frontd_with_names, http_backend, connect):
    frontd = frontd_with_names(CONFIG, app=http_backend().port).start()
    assert get_app(connect, frontd).status == 502
    assert connect(frontd.port("http")).request("/").body == b"own"
    names.set("app.test", "A", "127.0.0.1")
    wait_until(lambda: get_app(connect, frontd).status == 200, frontd.describe, timeout=10)


def test_the_check_warns_of_a_name_that_does_not_resolve(names, frontd_with_names):
    frontd = frontd_with_names(CONFIG, app=8080)
    result = frontd.command("-t")
    assert "app.test" in result.stderr
    names.set("app.test", "A", "127.0.0.1")
    assert "app.test" not in frontd.command("-t").stderr
