"""HTTP/2 as ordinary clients use it: curl, python-h2, h2load; the same request over both versions."""

import hashlib
import os
import re
import subprocess

import h2.config
import h2.connection
import h2.events
import pytest
from support.backends import ok
from support.http2 import Http2Client
from support.wait import wait_until
from support.wire import client_tls, connect

CONFIG = """
http {
    log_format line '$request|$status|$server_protocol|$http2|$connection_requests|$body_bytes_sent|$host|$http_host';
    access_log logs/access.log line;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    client_max_body_size 0;
    server {
        listen 127.0.0.1:@tls@ ssl http2 default_server;
        listen 127.0.0.1:@clear@ http2;
        http2_max_concurrent_streams 100;
        root @home@/www;
        location /app/ { proxy_pass http://@backend@; proxy_set_header Host $http_host; }
        location /closed { return 444; }
        location /away { return 301 /there; }
    }
    server {
        listen 127.0.0.1:@tls@ ssl;
        server_name one.example;
        ssl_certificate @cert:one.example@;
        ssl_certificate_key @key:one.example@;
        return 200 one;
    }
}
"""


def body_of(request):
    return ok(b"%d %s" % (len(request.body), hashlib.md5(request.body).hexdigest().encode()))


@pytest.fixture(name="site")
def _site(frontd_files, http_backend):
    backend = http_backend(body_of)
    instance = frontd_files(CONFIG, backend=backend.address)
    instance.file("www/page", b"x" * 1024)
    instance.file("www/empty", b"")
    instance.file("www/big", os.urandom(3_000_000))
    instance.start()
    instance.backend = backend
    return instance


def curl(site, path, *options, port="tls", check=True):
    scheme = "https" if port == "tls" else "http"
    words = ["curl", "-sk", "--max-time", "60", *options, f"{scheme}://127.0.0.1:{site.port(port)}{path}"]
    return subprocess.run(words, capture_output=True, check=check, timeout=90)


def test_curl_gets_files(site):
    big = (site.home / "www/big").read_bytes()
    assert curl(site, "/page", "--http2").stdout == b"x" * 1024
    assert curl(site, "/big", "--http2").stdout == big
    assert curl(site, "/big", "--http2", "-r", "100-299999").stdout == big[100:300000]
    parts = curl(site, "/big", "--http2", "-r", "0-9,1000000-1000099").stdout
    assert big[0:10] in parts and big[1000000:1000100] in parts
    assert curl(site, "/empty", "--http2", "-w", "%{http_version} %{http_code}").stdout == b"2 200"
    assert curl(site, "/page", "--http2", "-I").stdout.startswith(b"HTTP/2 200 \r\n")
    assert curl(site, "/none", "--http2", "-o", "/dev/null", "-w", "%{http_code}").stdout == b"404"


def test_prior_knowledge_in_the_clear(site):
    versions = "%{http_version} %{http_code}"
    assert curl(site, "/page", "--http2-prior-knowledge", "-o", "/dev/null", "-w", versions,
                port="clear").stdout == b"2 200"
    assert curl(site, "/page", "-o", "/dev/null", "-w", versions, port="clear").stdout == b"1.1 200"
    # an upgrade (h2c) is not offered: the request is answered as it is
    assert curl(site, "/page", "--http2", "-o", "/dev/null", "-w", versions, port="clear").stdout == b"1.1 200"
    with connect(site.port("clear")) as peer:  # the first letters are those of the preface
        peer.send_slowly(b"PRO", pause=0.01)
        peer.send(b"PFIND /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert peer.read_response().status == 405


def test_each_server_chooses_for_itself(site):
    """reference/http.md 5.4-13: in nginx one `http2` on an address is for all."""
    for name, protocol in (("localhost", "h2"), ("one.example", "http/1.1")):
        context = client_tls()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with connect(site.port("tls"), tls=context, name=name) as peer:
            assert peer.socket.selected_alpn_protocol() == protocol
    said = site.command("-t").stderr
    assert re.search(r"this server does not offer HTTP/2 on 127.0.0.1:\d+; in nginx it would", said)


@pytest.mark.parametrize("options", (["--data-binary", "@-"], ["-T", "-"]), ids=["length", "unknown length"])
def test_uploads(site, options):
    data = os.urandom(5_000_000)
    words = ["curl", "-sk", "--max-time", "60", "--http2", *options, f"https://127.0.0.1:{site.port('tls')}/app/x"]
    result = subprocess.run(words, input=data, capture_output=True, check=True, timeout=90)
    assert result.stdout == b"%d %s" % (len(data), hashlib.md5(data).hexdigest().encode())
    request = site.backend.requests[0]
    lengths = (request.field("content-length"), request.field("transfer-encoding"))
    assert lengths == (("5000000", None) if options[0] == "--data-binary" else (None, "chunked"))


def test_log_and_variables(site):
    client = Http2Client(site.port("tls"), tls=True)
    assert client.get(path="/page?q=1", authority="LocalHost:443").body == b"x" * 1024
    client.request(path="/closed")
    assert client.response(3).reset is not None and not client.stream(3).heads
    assert client.get(path="/none").status == 404
    wait_until(lambda: len(site.log_lines("access.log")) == 3, "three lines")
    assert site.log_lines("access.log") == [
        "GET /page?q=1 HTTP/2.0|200|HTTP/2.0|h2|1|1024|localhost|LocalHost:443",
        "GET /closed HTTP/2.0|444|HTTP/2.0|h2|2|0|localhost|localhost",
        f"GET /none HTTP/2.0|404|HTTP/2.0|h2|3|{len(client.stream(5).body)}|localhost|localhost",
    ]


def test_same_request_over_both_versions(site):
    """The backend sees the same, and the client gets the same fields."""
    fields = (("user-agent", "t"), ("accept", "*/*"), ("cookie", "a=1"), ("x-one", "two"))
    client = Http2Client(site.port("tls"), tls=True)
    first = client.get(*fields, path="/app/%2e/x?y=z", authority="one.two:8443")
    with connect(site.port("tls"), tls=True) as peer:
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        peer.send(f"GET /app/%2e/x?y=z HTTP/1.1\r\nHost: one.two:8443\r\n{lines}\r\n")
        second = peer.read_response()
    one, two = site.backend.requests
    assert one.head == two.head
    assert first.body == second.body
    names = {name for name, _ in first.fields} - {":status"}
    assert names == {name.lower() for name, _ in second.fields} - {"connection"}


def test_concurrent_streams_of_one_connection(site):
    client = Http2Client(site.port("tls"), tls=True)
    streams = [client.request(path="/app/%d" % n if n % 2 else "/page") for n in range(60)]
    for n, stream in enumerate(streams):
        response = client.response(stream)
        assert response.status == 200
        assert response.body.startswith(b"0 " if n % 2 else b"xxx")
    wait_until(lambda: len(site.log_lines("access.log")) == 60, "sixty lines")


def test_redirect_and_error_page(site):
    client = Http2Client(site.port("tls"), tls=True)
    response = client.get(path="/away")
    assert response.status == 301
    assert response.field("location") == f"https://localhost:{site.port('tls')}/there"
    assert client.get(path="/app/", method="TRACE").status == 405
    assert client.get(path="*", method="OPTIONS").status == 204


def test_python_h2(site):
    """A client that checks every frame of ours by the book."""
    context = client_tls()
    context.set_alpn_protocols(["h2"])
    peer = connect(site.port("tls"), tls=context)
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    connection.initiate_connection()
    for number in range(10):
        connection.send_headers(1 + 2 * number, [(":method", "POST"), (":scheme", "https"), (":path", "/app/x"),
                                                 (":authority", "localhost")])
        connection.send_data(1 + 2 * number, b"d" * 5000, end_stream=True)
    peer.send(connection.data_to_send())
    ended, bodies = set(), {}
    while len(ended) < 10:
        data = peer.socket.recv(65536)
        assert data
        for event in connection.receive_data(data):
            assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated))
            if isinstance(event, h2.events.DataReceived):
                bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                ended.add(event.stream_id)
        peer.send(connection.data_to_send())
    assert all(body.startswith(b"5000 ") for body in bodies.values()) and len(bodies) == 10


def test_h2load(site):
    words = ["h2load", "-n", "2000", "-c", "4", "-m", "16", f"https://127.0.0.1:{site.port('tls')}/page"]
    result = subprocess.run(words, capture_output=True, text=True, check=True, timeout=90)
    assert "2000 succeeded, 0 failed, 0 errored" in result.stdout, result.stdout


def test_static_upload_is_answered_and_reset(site):
    """An answer before the end of the request: the rest is not wanted (RFC 9113 8.1)."""
    client = Http2Client(site.port("tls"), tls=True)
    stream = client.request(path="/page", method="POST", end=False)
    response = client.response(stream)
    assert response.status == 405
    client.receive_until(lambda: response.reset is not None)
    assert response.reset == 0
    client.send(client.data(stream, b"late", end=True))  # was on its way
    assert client.get(path="/page").status == 200


def test_chromium_loads_a_page_with_fifty_resources(frontd_files):
    """All of it over one connection; the page says itself when everything is there."""
    instance = frontd_files("""
http {
    log_format line '$connection $server_protocol $status $uri';
    access_log logs/access.log line;
    types { text/html html; application/javascript js; image/svg+xml svg; }
    server { listen 127.0.0.1:@tls@ ssl http2; ssl_certificate @cert@; ssl_certificate_key @key@; root @home@/www; }
}
""")
    scripts = "".join(f'<script src="/{n}.js"></script>' for n in range(25))
    images = "".join(f'<img src="/{n}.svg">' for n in range(25))
    for n in range(25):
        instance.file(f"www/{n}.js", f"window.loaded = (window.loaded || 0) + 1; /* {'x' * 20000} */")
        instance.file(f"www/{n}.svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><!-- {n} --></svg>')
    done = ("onload=\"document.title = 'scripts ' + window.loaded + ' images ' + "
            "Array.from(document.images).filter(i => i.naturalWidth == 1).length\"")
    instance.file("www/index.html", f"<!doctype html><title>no</title><body {done}>{images}{scripts}</body>")
    instance.start()
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--ignore-certificate-errors", f"--user-data-dir={instance.home}/browser", "--dump-dom",
             f"https://localhost:{instance.port('tls')}/"]
    result = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert "<title>scripts 25 images 25</title>" in result.stdout, result.stdout + result.stderr[-2000:]
    lines = [line.split() for line in instance.log_lines("access.log")]
    pages = [line for line in lines if line[3] != "/favicon.ico"]
    assert len(pages) == 51 and {(line[1], line[2]) for line in pages} == {("HTTP/2.0", "200")}
    assert len({line[0] for line in pages}) == 1
