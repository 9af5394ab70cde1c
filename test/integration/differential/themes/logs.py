"""access_log: what the lines say."""

from differential.cases import get, head, post, raw
from differential.origin import until_end

CONFIG = """
http {
    log_format main '$remote_addr - $remote_user "$request" $status "$http_referer" "$http_user_agent"';
    log_format json escape=json '{"uri":"$uri","agent":"$http_user_agent","referer":"$http_referer","none":"$http_x_none"}';
    log_format bytes '$uri $status $body_bytes_sent';
    log_format bare escape=none '$uri [$http_user_agent] [$http_x_none]';
    log_format more '$uri $args $host $server_name $server_port $scheme $request_method $request_uri $server_protocol '
                    '$content_length $content_type $sent_http_content_type $sent_http_location $sent_http_x_one '
                    '$request_length $connection_requests $status $upstream_status $is_args $cookie_a $arg_a';
    access_log logs/main.log main;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location /big { access_log logs/bytes.log bytes; }
        location /more { access_log logs/more.log more; return 200 "more"; }
        location /chunks { access_log logs/bytes.log bytes; proxy_pass http://@backend@; }
        location /p/ { access_log logs/more.log more; proxy_pass http://@backend@; }
        location /json { access_log logs/json.log json; return 200 "json"; }
        location /bare { access_log logs/bare.log bare; return 200 "bare"; }
        location /both { access_log logs/json.log json; access_log logs/bare.log bare; return 200 "both"; }
        location /off { access_log off; return 200 "off"; }
        location /closed { return 444; }
        location /gone { return 499; }
        location /late { return 408; }
    }
}
"""

FILES = {"index.html": "home\n", "big": "x" * 100_000}

BACKENDS = {"backend": {"/chunks": until_end(b"a body without a length")}}

LOGS = ["main.log", "bytes.log", "more.log", "json.log", "bare.log"]

DIFFERS = ("name", "connection kept", "backend 1.1")

_AGENTS = ["plain", 'qu"ote', "back\\slash", "tab\there", "8-bit \xc3\xa4", "", "{}'<>"]

CASES = [
    *(get(path, f"User-Agent: {agent}", "Referer: http://x/\"") for agent in _AGENTS for path in ("/", "/json", "/bare",
        "/both")),
    get("/"),
    head("/big"),
    get("/big"),
    get("/big", "Range: bytes=0-9"),
    get("/none"),
    get("/chunks"),
    get("/chunks", version="1.0"),
    get("/off"),
    get("/closed"),
    get("/gone"),
    get("/late"),
    get("/json?a=b"),
    get("/more?a=1", "Cookie: a=b"),
    get("/more", version="1.0"),
    post("/p/x?y", "body", "Content-Type: text/x"),
    get("/p/x"),
    raw("malformed", "nonsense\r\n\r\n"),
    raw("no Host", "GET /x HTTP/1.1\r\n\r\n"),
    raw("lower-case version", "GET /x http/1.1\r\nHost: a.test\r\n\r\n"),
    raw("two requests",
        "GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        methods=["GET", "GET"]),
]
