"""`return` in every form, and how what it says becomes an answer."""

from differential.cases import ask, get, head, post

_CODES = (200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410,
          411, 412, 413, 414, 415, 416, 418, 421, 429, 444, 451, 499, 500, 501, 502, 503, 504, 505, 507, 599, 999)

CONFIG = """
http {
    types { text/html html; text/css css; }
    default_type application/x-default;
    server {
        listen @http@;
        server_name a.test b.test;
        root /srv/files;
        %s
        location /page.html { return 200 "<p>$uri</p>"; }
        location /x.css { return 200 "css"; }
        location /none.unknown { return 200 "unknown"; }
        location /typed { default_type text/x-typed; return 200 "typed"; }
        location /types { types { text/x-types html; } return 200 "types"; }
        location /empty { return 200 ""; }
        location /error { return 404 "not here: $uri\\n"; }
        location /server { return 500 "broken\\n"; }
        location /unauthorized { return 401 "who?\\n"; }
        location /escapes { return 200 "a\\nb\\tc\\\\d\\"e'f\\r\\n"; }
        location /single { return 200 'a\\nb"c$uri'; }
        location /bare { return 200 bare$uri; }
        location /variables {
            return 200 "$scheme $host $http_host $request_method $request_uri $uri $document_uri $args $is_args
$server_name $server_port $server_protocol $remote_addr $http_user_agent $http_x_one $cookie_a $cookie_b
$content_length $content_type $request $https $arg_x ${arg_y}z $query_string $request_filename $document_root
$remote_user $hostname$connection_requests $nginx_version_not";
        }
        location /lengths { return 200 "$request_length"; }
        location /redirect/ { return 301 /new$is_args$args; }
        location /relative { return 301 new; }
        location /dot { return 301 ./#anchor; }
        location /absolute { return 302 https://$host$request_uri; }
        location /short { return http://short.test/; }
        location /scheme { return $scheme://b.test/; }
        location /slash { return 303 /; }
        location /temporary { return 307 /t; }
        location /permanent { return 308 /p; }
        location /nothing { return 302 ""; }
        location /decoded { return 301 /to$uri; }
        location /other { return 301 http://elsewhere.test:8080/a?b=c#d; }
        location /double { return 200 first; return 200 second; }
        location /head { return 200 "a longer text for the head"; }
    }
    server { listen @http@; server_name always.test; return 301 https://b.test$request_uri; location / { return 200 never; } }
}
""".replace("%s", "\n        ".join(f"location = /{code} {{ return {code}; }}" for code in _CODES)) \
    .replace(" $nginx_version_not", "")

DIFFERS = ("name", "connection kept")

CASES = [
    *(get(f"/{code}", differs="304 bare" if code == 304 else ()) for code in _CODES),
    *(get(path) for path in (
        "/page.html", "/x.css", "/none.unknown", "/typed", "/typed.html", "/typed.x", "/types.html", "/types.css",
        "/empty", "/error", "/error.html", "/server", "/unauthorized", "/escapes", "/single", "/bare/x", "/redirect/",
        "/redirect/?a=b", "/redirect/?", "/relative", "/dot", "/absolute", "/absolute/x%20y?z=%41", "/short", "/scheme",
        "/slash", "/temporary", "/permanent", "/nothing", "/decoded", "/decoded/x", "/other", "/double", "/head")),
    get("/variables?x=1&y=2", "User-Agent: me", "X-One: 1", "Cookie: a=1; b=2", host="A.test:81"),
    get("/variables", version="1.0"),
    post("/variables/a%20b?x", "body", "Content-Type: text/x"),
    get("/variables", "User-Agent: one", "User-Agent: two", "X-One: 1", "X-One: 2", "Cookie: a=1", "Cookie: b=2; a=3"),
    get("/variables", 'Cookie: xa=0; a="quoted"; b=', name="cookies that look alike"),
    get("/lengths"),
    head("/head"),
    head("/page.html"),
    head("/error"),
    head("/301"),
    head("/404"),
    head("/204"),
    *(ask(method, "/head", body="body") for method in ("POST", "PUT", "DELETE", "PROPFIND", "OPTIONS", "PATCH",
                                                       "XYZZY")),
    *(ask(method, "/301", body="") for method in ("POST", "OPTIONS")),
    get("/page.html", "Range: bytes=0-2"),
    *(get("/page.html", field) for field in ("If-None-Match: *", 'If-None-Match: "x"', "If-Match: *", 'If-Match: "x"')),
    get("/error", "If-None-Match: *"),
    head("/page.html", "If-None-Match: *"),
    get("/302", "If-None-Match: *"),
    get("/page.html", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
    get("/redirect/", version="1.0"),
    get("/redirect/", version="1.0", host=None, differs="no address in redirects"),
    get("/redirect/", host="b.test:99"),
    get("/redirect/", host="unknown.test"),
    get("/x", host="always.test"),
    get("/x?y", host="always.test"),
    get("/decoded%0d%0aX:y", differs="control byte"),
    get("/decoded/a%20b%25", differs="Location escaped"),
    get("/decoded/%C3%A4", differs="Location escaped"),
]
