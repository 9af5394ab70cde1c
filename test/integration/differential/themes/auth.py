"""auth_basic, and what comes before and behind it."""

from differential.cases import ask, basic, get, head, post

CONFIG = """
http {
    log_format user '$status [$remote_user] [$http_authorization]';
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        auth_basic "huh?";
        auth_delay 20ms;
        auth_basic_user_file @site@/passwords;
        access_log logs/user.log user;
        location / { }
        location /open/ { auth_basic off; }
        location /robots.txt { return 200 "all\\n"; }
        location /p/ { proxy_pass http://@backend@; }
        location /realm/ { auth_basic "for $host"; }
        location /quoted/ { auth_basic "a \\"quoted\\" one"; }
        location /missing/ { auth_basic_user_file @site@/nowhere; }
        location /user { proxy_pass http://@backend@; proxy_set_header X-User $remote_user; proxy_set_header Authorization ""; }
        location /small { client_max_body_size 3; proxy_pass http://@backend@; }
    }
}
"""

# Each user's password is "secret".
FILES = {
    "passwords": """# somebody:commented
des:abNANd1rDfiNc
one:$1$saltsalt$9xy1btjgzLYfb7hivXtC//
apr:$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0
sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r
ssha:{SSHA}8bX4JQDfZqtTfvnQ4ssDmWb17/FTQUxU:1000:1000::/home:extra
plain:{PLAIN}secret
twice:{PLAIN}secret
twice:{PLAIN}second
u.s-e+r@x:{PLAIN}secret
empty:
no colon at all
last:{PLAIN}secret""",
    "index.html": "home\n", "open/index.html": "open\n", "realm/index.html": "realm\n", "quoted/index.html": "quoted\n",
    "missing/index.html": "missing\n",
}

BACKENDS = {"backend": {}}

LOGS = ["user.log"]

DIFFERS = ("name", "connection kept", "backend 1.1")

_USERS = ["des", "one", "apr", "sha", "ssha", "plain", "twice", "u.s-e+r@x", "last", "empty", "nobody", "somebody",
          "# somebody", "PLAIN", ""]

_FORMS = ["basic cGxhaW46c2VjcmV0", "BASIC     cGxhaW46c2VjcmV0", "Basic cGxhaW46c2VjcmV0==", "Basic c2hhOnNlY3JldA",
          "Basic c2hhOnNlY3JldA=", "Basic c2hhc2VjcmV0", "Basic", "Bearer cGxhaW46c2VjcmV0", "cGxhaW46c2VjcmV0",
          "Basic !!!!"]

CASES = [
    *(get("/", basic(user)) for user in _USERS),
    *(get("/", basic(user, "wrong")) for user in ("des", "apr", "plain", "twice")),
    get("/", basic("twice", "second")),
    get("/", basic("des", "secretXX")),
    *(get("/", "Authorization: " + form) for form in _FORMS),
    get("/"),
    head("/"),
    head("/", basic("plain")),
    get("/none", basic("plain")),
    get("/none"),
    get("/open/"),
    get("/open/", basic("nobody")),
    get("/robots.txt"),
    get("/realm/"),
    get("/quoted/"),
    get("/missing/", basic("plain")),
    get("/p/x"),
    get("/p/x", basic("plain")),
    post("/p/x", "body"),
    post("/p/x", "body", basic("apr")),
    get("/user", basic("plain")),
    ask("PROPFIND", "/p/x", basic("plain"), body="<x/>"),
    ask("DELETE", "/p/x"),
    post("/small", "1234"),
    post("/small", "1234", basic("plain")),
]
