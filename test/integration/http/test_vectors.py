"""Request vectors of reference/http.md 4.1 to 4.7 and 4.9 (support/vectors.py) as raw bytes: what is
refused reaches no backend; what is taken reaches it once, in a form that cannot be misread
(support/strict.py), and the request behind it on the same connection is the next one there. The same
over HTTP/2, as far as it has such a thing. (4.8: test_http2_rules.py.)"""

import pytest
from support.backends import ok
from support.http2 import Http2Client
from support.vectors import NOT_IN_HTTP2, REFUSED, REFUSED_IN_HTTP2, TAKEN, over_http2

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@h2@ http2;
        location / { proxy_pass http://@backend@; }
        location /mapped/ { proxy_pass http://@backend@/up/; }
        location /secret/ { return 403; }
    }
}
"""

MARKER = "GET /marker HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(name="server")
def _server(frontd, http_backend):
    backend = http_backend()
    return frontd(CONFIG, backend=backend.address), backend


def test_what_is_refused_reaches_no_backend(server, connect):
    instance, backend = server
    problems = []
    for name, (request, status) in REFUSED.items():
        client = connect(instance.port("http"))
        client.send(request.encode("latin-1"))
        response = client.read_response()
        expected = (status,) if status else (400, 200)
        closes = response.status in (200, 403) or response.field("connection") == "close"
        if response.status not in expected or not closes or (backend.requests and response.status != 200):
            problems.append(f"{name}: {response} {backend.requests}")
        backend.requests.clear()
        client.close()
    assert not problems, "\n".join(problems)


def test_what_is_taken_reaches_the_backend_once(server, connect):
    instance, backend = server
    problems = []
    for name, (request, seen, body) in TAKEN.items():
        client = connect(instance.port("http"))
        client.send((request + MARKER).encode("latin-1"))
        answers = [client.read_response(request.lstrip().split(" ")[0]).status]
        if not client.input.startswith(b"HTTP/1.1 4") and answers != [400]:
            answers.append(client.read_response().status)
        wanted = [(seen, body), ("GET /marker", b"")]
        came = [(f"{each.method} {each.target}", each.body) for each in backend.requests]
        if answers != [200, 200] or came != wanted:
            problems.append(f"{name}: {answers} {came}")
        backend.requests.clear()
        client.close()
    assert not problems, "\n".join(problems)


def test_fields_that_are_for_one_connection_go_no_further(server, connect):
    """4.4, both ways; those that a peer may not have removed stay."""
    instance, backend = server
    backend.answer = ok(b"x", "Connection: X-Gone, Content-Type, Set-Cookie", "X-Gone: 1", "Keep-Alive: 5",
                        "Proxy-Connection: x", "TE: x", "Trailer: x", "Upgrade: h2c",
                        "Proxy-Authenticate: Basic", "Content-Type: text/x", "Set-Cookie: a=b", "X-Kept: 1")
    client = connect(instance.port("http"))
    kept = ["Authorization: x", "Content-Type: text/x", "Cookie: a=b", "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Proto: x", "X-Real-IP: 1.2.3.4", "X-Kept: 1"]
    response = client.request(fields=["Connection: X-Gone, " + ", ".join(each.split(":")[0] for each in kept[:-1]),
                                      "X-Gone: 1", *kept])
    assert [f"{name}: {value}" for name, value in backend.requests[0].fields if name != "Host"] == kept
    names = {name.lower() for name, _ in response.fields}
    assert not names & {"x-gone", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "proxy-authenticate",
                        "connection"}
    assert {"content-type", "x-kept"} <= names


def test_each_vector_has_its_form_in_http2_or_the_reason_why_not():
    names = [*REFUSED, *TAKEN]
    for prefix in NOT_IN_HTTP2:
        assert any(name.startswith(prefix) for name in names), f"no vector is called {prefix}…"
    assert sum(not name.startswith(tuple(NOT_IN_HTTP2)) for name in names) > 150


def ask(client, fields, body):
    stream = client.next_stream()
    client.send(*client.head(stream, fields, end=body is None))
    if body is not None:
        client.send(client.data(stream, body.encode("latin-1"), end=True))
    return client.response(stream)


def test_what_is_refused_reaches_no_backend_over_http2(server):
    """With a page, and the connection goes on."""
    instance, backend = server
    rows = {name: (request, status) for name, (request, status) in REFUSED.items()}
    rows.update({name: (request, 400) for name, (request, *_) in TAKEN.items() if name.startswith(REFUSED_IN_HTTP2)})
    problems = []
    client = Http2Client(instance.port("h2"))
    for number, (name, (request, status)) in enumerate(rows.items()):
        form = over_http2(name, request)
        if form is None:
            continue
        response = ask(client, *form)
        if response.reset not in (None, 0) or response.status not in (status, 400) or backend.requests:
            problems.append(f"{name}: {response.heads} {response.reset} {backend.requests}")
        backend.requests.clear()
        if number % 50 == 49:  # a client with more faults than that is sent away
            client.close()
            client = Http2Client(instance.port("h2"))
    assert not problems, "\n".join(problems)


def test_what_is_taken_reaches_the_backend_once_over_http2(server):
    instance, backend = server
    problems = []
    client = Http2Client(instance.port("h2"))
    for name, (request, seen, body) in TAKEN.items():
        form = over_http2(name, request)
        if form is None or name.startswith(REFUSED_IN_HTTP2):
            continue
        response = ask(client, *form)
        came = [(f"{each.method} {each.target}", each.body) for each in backend.requests]
        if not response.heads or response.status != 200 or came != [(seen, body)]:
            problems.append(f"{name}: {response.heads} {came}")
        backend.requests.clear()
    assert not problems, "\n".join(problems)
