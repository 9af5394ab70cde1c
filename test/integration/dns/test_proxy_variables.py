"""proxy_pass with variables and `resolver`: everything about the backend is known per request only."""

from support.ports import free_port
from support.wait import wait_until

CONFIG = """
http {
    log_format hosts '$proxy_host $proxy_port $upstream_addr $upstream_status';
    access_log logs/hosts.log hosts;
    upstream app { server 127.0.0.1:@app@; }
    server {
        listen 127.0.0.1:@http@;
        resolver @dns@ valid=1s ipv6=off;
        location /arg/ { proxy_pass http://$arg_name:$arg_port; }
        location /fixed/ { proxy_pass http://$arg_name:@app@/up; }
        location /uri/ { proxy_pass http://$arg_name$arg_uri; }
        location /whole/ { proxy_pass $arg_url; }
        location /constant/ { proxy_pass http://app.test:@app@/; }
    }
}
"""


def start(frontd_with_names, connect, names, http_backend):
    backend = http_backend()
    frontd = frontd_with_names(CONFIG, app=backend.port, dns=f"{names.address}:53").start()
    return backend, connect(frontd.port("http")), frontd


def test_everything_from_variables(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1")
    backend, client, frontd = start(frontd_with_names, connect, names, http_backend)
    port = backend.port
    for target, seen in {
        f"/arg/a%20b//c?name=app.test&port={port}": f"/arg/a%20b//c?name=app.test&port={port}",
        f"/arg/?name=127.0.0.1&port={port}": f"/arg/?name=127.0.0.1&port={port}",
        "/fixed/x?name=app.test": "/up",
        "/uri/?name=app&uri=/a/b": "/a/b",
        "/uri/?name=app&uri=?q": "/?q",
        "/uri/?name=APP": "/uri/?name=APP",
        "/whole/?url=http://app": "/whole/?url=http://app",
        f"/whole/?url=http://app.test:{port}/x%20y": "/x%20y",
        "/constant/z": "/z",
    }.items():
        assert client.request(target).status == 200, target
        assert backend.requests[-1].target == seen
    lines = wait_until(lambda: len(lines := frontd.log_lines("hosts.log")) >= 9 and lines, "the log")
    assert lines[0] == f"app.test:{port} {port} 127.0.0.1:{port} 200"
    assert lines[3] == f"app 80 127.0.0.1:{port} 200"


def test_the_resolver_is_the_one_that_was_named(names, frontd_with_names, http_backend, connect):
    names.set("app.test", "A", "127.0.0.1")
    _, client, _ = start(frontd_with_names, connect, names, http_backend)
    names.asked.clear()
    assert client.request("/fixed/?name=app.test").status == 200
    assert ("app.test", "AAAA") not in names.asked


def test_what_a_value_may_not_be(names, frontd_with_names, http_backend, connect):
    backend, _, frontd = start(frontd_with_names, connect, names, http_backend)
    for target, status in {
        "/whole/": 500,
        "/whole/?url=ftp://x": 500,
        "/arg/?name=&port=80": 500,
        "/arg/?name=app.test&port=0": 500,
        "/arg/?name=app.test&port=x": 500,
        "/arg/?name=a/../b&port=80": 502,  # a host `a` with a path: the text is the operator's
        "/arg/?name=nobody.test&port=80": 502,
        f"/arg/?name=127.0.0.1&port={free_port()}": 502,
    }.items():
        assert connect(frontd.port("http")).request(target).status == status, target
    assert backend.requests == []
    assert "proxy_pass:" in frontd.log()


def test_nothing_ends_the_request_line(frontd, http_backend, connect):
    """A decoded path in proxy_pass: what it holds is escaped again where it would be two lines."""
    backend = http_backend()
    running = frontd(
        "http { server { listen 127.0.0.1:@http@; location / { proxy_pass http://$server_addr:@app@$uri; } } }",
        app=backend.port)
    assert connect(running.port("http")).request("/a%20HTTP/1.1%23x").status == 200
    assert backend.requests[-1].target == "/a%20HTTP/1.1%23x"
