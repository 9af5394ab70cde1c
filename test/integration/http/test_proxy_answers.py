"""What backends say of themselves, as clients see it: Location, cookies, X-Accel-…, errors."""

import time

from support.backends import ok

CONFIG = """
http {
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@;
        location / { proxy_pass http://@backend@; }
        location /app/ { proxy_pass http://@backend@/up/; }
        location /off/ { proxy_pass http://@backend@/up/; proxy_redirect off; }
        location /rules/ {
            proxy_pass http://@backend@/up/;
            proxy_redirect http://old.test/ /new/;
            proxy_redirect ~^http://([^:]+):\\d+(/.+)$ http://$1.$host$2;
            proxy_redirect default;
            proxy_redirect /relative/ https://$host/made/;
        }
        location /cookies/ {
            proxy_pass http://@backend@;
            proxy_cookie_path /up/ /app/;
            proxy_cookie_path ~*^/user/(\\w+)$ /u/$1;
            proxy_cookie_domain .old.test .$host;
            proxy_cookie_flags sid secure httponly samesite=lax;
            proxy_cookie_flags ~^x nosecure nosamesite;
        }
        location /fields/ {
            proxy_pass http://@backend@;
            proxy_hide_header X-Powered-By;
            proxy_pass_header Server;
            proxy_pass_header X-Accel-Expires;
        }
        location /errors/ { proxy_pass http://@backend@; proxy_intercept_errors on; error_page 404 401 /page.txt; }
        location /slow/ { proxy_pass http://@backend@; proxy_limit_rate 100k; }
        location /ignores/ { proxy_pass http://@backend@; proxy_ignore_headers X-Accel-Redirect; }
        location /files/ { }
        location @named { return 200 "named $request_method $uri"; }
        location = /page.txt { }
        location /dav/ { proxy_pass http://@backend@/up/; proxy_set_header Host inside.test; }
        location /nodav/ { proxy_pass http://@backend@; rewrite_destination off; }
    }
}
"""


class Given:
    def __init__(self, frontd_files, http_backend, connect):
        self.answers = ok()
        self.backend = http_backend(lambda request: self.answers)
        files = frontd_files(CONFIG, backend=self.backend.address)
        (files.home / "files").mkdir()
        (files.home / "files/a b.txt").write_text("the file")
        (files.home / "page.txt").write_text("page")
        self.port = files.start().port("http")
        self.client = connect(self.port)

    def ask(self, target, *fields, body=b"", status="200 OK", **request):
        self.answers = ok(body, *fields, status=status)
        return self.client.request(target, **request)

    def location(self, target, value, field="Location"):
        return self.ask(target, f"{field}: {value}", status="302 Found").field(field)


def test_location(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    edge, inside = f"http://localhost:{given.port}", f"http://{given.backend.address}"
    for target, said, seen in [
        ("/app/", f"{inside}/up/x?y#z", f"{edge}/app/x?y#z"),
        ("/app/", f"{inside}/other", f"{inside}/other"),
        ("/app/", "/up/x", "/up/x"),
        ("/app/", "https://elsewhere/", "https://elsewhere/"),
        ("/off/", f"{inside}/up/x", f"{inside}/up/x"),
        ("/rules/", "http://old.test/x", f"{edge}/new/x"),
        ("/rules/", "http://h:8080/x/y", "http://h.localhost/x/y"),
        ("/rules/", "http://OLD.test/x", "http://OLD.test/x"),
        ("/rules/", "/relative/x", "https://localhost/made/x"),
    ]:
        assert given.location(target, said) == seen, said
    assert given.location("/app/", f"5; URL={inside}/up/x", field="Refresh") == "5; URL=/app/x"


def test_cookies(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    for said, seen in [
        ("a=b; Path=/up/x", "a=b; Path=/app/x"),
        ("a=b;path=/up/x;Domain=old.test", "a=b; path=/app/x; Domain=localhost"),
        ("a=b; domain=.OLD.TEST; Path=/USER/joe", "a=b; domain=.localhost; Path=/u/joe"),
        ("a=b; Domain=x.old.test; Path=/", "a=b; Domain=x.old.test; Path=/"),
        ("sid=1; SameSite=None; Max-Age=3", "sid=1; Max-Age=3; Secure; HttpOnly; SameSite=Lax"),
        ("xyz=1; Secure; samesite=strict", "xyz=1"),
        ("a==;=b; ;", "a==; =b; ; "),
    ]:
        assert given.ask("/cookies/", f"Set-Cookie: {said}").field("Set-Cookie") == seen.strip(), said
    assert given.ask("/", "Set-Cookie: a=b;Path=/up/").field("Set-Cookie") == "a=b;Path=/up/"


def test_fields(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    fields = ["X-Powered-By: x", "Server: backend/1", "X-Accel-Expires: 5", "X-Accel-Buffering: no", "X-Pad: y"]
    reply = given.ask("/fields/", *fields)
    assert [reply.field(name) for name in ("X-Powered-By", "Server", "X-Accel-Expires", "X-Accel-Buffering", "X-Pad")] \
        == [None, "backend/1", "5", None, None]
    reply = given.ask("/", *fields)
    assert [reply.field(name) for name in ("X-Powered-By", "Server", "X-Accel-Expires")] == ["x", "frontd", None]


def test_accel_redirect(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    reply = given.ask("/get", "X-Accel-Redirect: /files/a%20b.txt?q", "Content-Type: text/x-own", "Set-Cookie: a=b",
                      "X-Other: 1", "Content-Disposition: attachment", body=b"nobody sees this")
    assert (reply.status, reply.body) == (200, b"the file")
    assert [reply.field(name) for name in ("Content-Type", "Set-Cookie", "Content-Disposition", "X-Other")] \
        == ["text/x-own", "a=b", "attachment", None]
    assert given.ask("/get", "X-Accel-Redirect: /files/a%20b.txt", method="POST", body=b"").body == b"the file"
    assert given.ask("/get", "X-Accel-Redirect: /files/../../x").status == 404
    reply = given.ask("/get", "X-Accel-Redirect: @named", "Set-Cookie: c=d", method="PUT")
    assert (reply.body, reply.field("Set-Cookie")) == (b"named PUT /get", "c=d")
    assert given.ask("/get", "X-Accel-Redirect: @nobody").status == 500
    given.client = connect(given.port)
    assert given.ask("/ignores/", "X-Accel-Redirect: /files/a%20b.txt", body=b"own").body == b"own"


def test_an_endless_accel_redirect_ends(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    assert given.ask("/get", "X-Accel-Redirect: /get").status == 500
    assert len(given.backend.requests) <= 11


def test_intercepted_errors(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    reply = given.ask("/errors/", body=b"backend's", status="404 Not Found")
    assert (reply.status, reply.body) == (404, b"page")
    reply = given.ask("/errors/", "WWW-Authenticate: Basic realm=x", status="401 Unauthorized")
    assert (reply.status, reply.body, reply.field("WWW-Authenticate")) == (401, b"page", "Basic realm=x")
    assert given.ask("/errors/", body=b"backend's", status="500 Oops").body == b"backend's"
    assert given.ask("/", body=b"backend's", status="404 Not Found").body == b"backend's"


def test_a_limited_rate(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    began = time.monotonic()
    assert len(given.ask("/slow/", body=bytes(350_000)).body) == 350_000
    assert time.monotonic() - began > 1.5
    began = time.monotonic()
    given.ask("/slow/", "X-Accel-Limit-Rate: off", body=bytes(350_000))
    assert time.monotonic() - began < 60


def test_destination(frontd_files, http_backend, connect):
    given = Given(frontd_files, http_backend, connect)
    host, inside = f"localhost:{given.port}", given.backend.address
    for target, said, seen in [
        ("/x", f"http://{host}/a%20b", f"http://{inside}/a%20b"),
        ("/x", f"http://LOCALHOST:{given.port}/a", f"http://{inside}/a"),
        ("/x", f"https://{host}/a", f"https://{host}/a"),  # not how this client comes
        ("/x", "http://elsewhere/a", "http://elsewhere/a"),
        ("/x", f"http://{host}.evil/a", f"http://{host}.evil/a"),
        ("/x", "/a", "/a"),
        ("/dav/x", f"http://{host}/dav/a%20b/../c%25", "http://inside.test/up/c%25"),
        ("/dav/x", f"http://{host}/other/a", f"http://{host}/other/a"),
        ("/dav/x", "/dav/c", "/up/c"),
        ("/nodav/x", f"http://{host}/nodav/a", f"http://{host}/nodav/a"),
    ]:
        given.ask(target, method="MOVE", host=host, fields=[f"Destination: {said}"])
        assert given.backend.requests[-1].field("Destination") == seen, said
    given.ask("/dav/x", method="PUT", host=host,
              fields=[f"If: <http://{host}/dav/a> (<opaquelocktoken:x> [\"e\"]) <urn:y> (Not <http://{host}/dav/b>)"])
    assert given.backend.requests[-1].field("If") == (
        "<http://inside.test/up/a> (<opaquelocktoken:x> [\"e\"]) <urn:y> "
        f"(Not <http://{host}/dav/b>)")
