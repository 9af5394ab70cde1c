"""backend_start: what a name that does not resolve at the start means."""

from support.wait import wait_until

CONFIG = """
http {
    backend_start @how@;
    upstream app { server app.test:@app@; server 127.0.0.1:@app@ backup; }
    server {
        listen 127.0.0.1:@http@;
        location / { return 200 "own"; }
        location /app/ { proxy_pass http://app; }
    }
}
"""

RESOLVER = """
http {
    backend_start strict;
    upstream inside { server only.inside:@app@; resolver @dns@ ipv6=off; }
    server {
        listen 127.0.0.1:@http@;
        location /app/ { proxy_pass http://inside; }
        location /constant/ { resolver @dns@; proxy_pass http://also.inside:@app@; }
    }
}
"""


def test_strict_starts_when_all_names_resolve(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1")
    frontd = frontd_with_names(CONFIG, app=http_backend().port, how="strict").start()
    assert connect(frontd.port("http")).request("/app/").body == b"hello"


def test_strict_refuses_a_name_that_does_not_exist(names, frontd_with_names):
    del names
    frontd = frontd_with_names(CONFIG, app=8080, how="strict")
    result = frontd.command("-t", check=False)
    assert result.returncode == 1
    assert "error: no host is called `app.test`" in result.stderr
    assert "`backend_start lazy;`" in result.stderr
    assert frontd.command(check=False).returncode != 0


def test_strict_refuses_a_name_that_nobody_can_resolve_now(names, frontd_with_names):
    names.fail("app.test")
    result = frontd_with_names(CONFIG, app=8080, how="strict").command("-t", check=False)
    assert result.returncode == 1
    assert "error: `app.test` cannot be resolved now" in result.stderr


def test_a_strict_reload_is_refused_and_changes_nothing(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1", ttl=60)
    frontd = frontd_with_names(CONFIG, app=http_backend().port, how="strict").start()
    changed = CONFIG.replace("server app.test:", "server gone.test:").replace("own", "changed")
    assert frontd.reload(changed, check=False).returncode != 0
    assert "no host is called `gone.test`" in frontd.log()
    assert connect(frontd.port("http")).request("/").body == b"own"
    assert connect(frontd.port("http")).request("/app/").body == b"hello"


def test_lazy_warns_and_asks_again(names, frontd_with_names, http_backend, connect):
    config = CONFIG.replace("server 127.0.0.1:@app@ backup;", "")
    frontd = frontd_with_names(config, app=http_backend().port, how="lazy").start()
    assert "warning: no host is called `app.test`" in frontd.command("-t").stderr
    client = connect(frontd.port("http"))
    assert client.request("/app/").status == 502
    names.set("app.test", "A", "127.0.0.1")
    wait_until(lambda: client.request("/app/").status == 200, frontd.describe, timeout=20)


def test_the_resolver_of_the_configuration_is_asked(names, frontd_files, http_backend, connect):
    """The system's resolver knows neither name."""
    names.set("only.inside", "A", "127.0.0.1")
    names.set("also.inside", "A", "127.0.0.1")
    frontd = frontd_files(RESOLVER, app=http_backend().port, dns=f"{names.address}:53").start()
    client = connect(frontd.port("http"))
    assert client.request("/app/").body == client.request("/constant/").body == b"hello"
    assert ("only.inside", "AAAA") not in names.asked
