"""if, set, rewrite, break, return: in which order, and what becomes of the URI."""

from differential.cases import get, head, post

CONFIG = """
http {
    types { text/html html; text/css css; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        set $where server;
        set $early "$uri";
        set $counter a;
        set $counter "${counter}b";
        if ($http_x_first) { set $where "first $http_x_first"; }
        if ($request_method = TRACK) { return 405; }
        if ($arg_stop = "1") { return 403 "stopped\\n"; }
        if ($arg_go) { rewrite ^ /went/$arg_go; }
        rewrite ^/old/(.*)$ /new/$1;
        rewrite ^/chain/a /chain/b;
        rewrite ^/chain/b /chain/c;
        rewrite ^/stop/a /stop/b last;
        rewrite ^/stop/b /stop/c;
        rewrite ^/break/a /break/b break;
        rewrite ^/break/b /break/c;

        location / { return 200 "/ uri=$uri args=$args request=$request_uri where=$where\\n"; }
        location /new/ { return 200 "new uri=$uri args=$args\\n"; }
        location /went/ { return 200 "went uri=$uri args=$args early=$early counter=$counter\\n"; }
        location /set { set $a 1; set $b "$a-$uri"; set $a 2; return 200 "$a $b $where\\n"; }
        location /conditions {
            set $r "";
            if ($arg_a) { set $r "${r}true "; }
            if ($arg_a = b) { set $r "${r}equal "; }
            if ($arg_a != b) { set $r "${r}unequal "; }
            if ($arg_a ~ ^b) { set $r "${r}match "; }
            if ($arg_a ~* ^b) { set $r "${r}fold "; }
            if ($arg_a !~ ^b) { set $r "${r}nomatch "; }
            if ($arg_a !~* ^b) { set $r "${r}nofold "; }
            if ($arg_a ~ "^(.)(.)(.*)$") { set $r "${r}[$1|$2|$3] "; }
            if ($arg_a ~ (?<named>c.*)) { set $r "${r}named=$named "; }
            return 200 "$r\\n";
        }
        location /files/ {
            set $r "";
            if (-f $request_filename) { set $r "${r}f "; }
            if (!-f $request_filename) { set $r "${r}!f "; }
            if (-d $request_filename) { set $r "${r}d "; }
            if (!-d $request_filename) { set $r "${r}!d "; }
            if (-e $request_filename) { set $r "${r}e "; }
            if (!-e $request_filename) { set $r "${r}!e "; }
            if (-x $request_filename) { set $r "${r}x "; }
            if (!-x $request_filename) { set $r "${r}!x "; }
            return 200 "$r\\n";
        }
        location /raw {
            if ($request_uri ~ (.*/)index.html$) { return 301 $1; }
            return 200 "raw $uri\\n";
        }
        location /last { rewrite ^/last/(.*)$ /files/$1 last; return 200 "not reached $uri\\n"; }
        location /broken/ { rewrite ^/broken/(.*)$ /$1 break; }
        location /breaking { set $b before; break; set $b after; return 200 "never\\n"; }
        location /none { rewrite ^/none/(.*)$ /elsewhere/$1; set $where none; }
        location /elsewhere { return 200 "elsewhere $uri $where\\n"; }
        location /redirect { rewrite ^/redirect/(.*)$ /to/$1 redirect; }
        location /permanent { rewrite ^/permanent/(.*)$ /to/$1 permanent; }
        location /http { rewrite ^/http/(.*)$ http://other.test/$1; }
        location /https { rewrite ^/https/(.*)$ https://other.test/$1?; }
        location /scheme { rewrite ^/scheme/(.*)$ $scheme://other.test/$1 permanent; }
        location /query1 { rewrite ^ /elsewhere?x=1; }
        location /query2 { rewrite ^ /elsewhere?x=1? ; return 200 "$uri $args\\n"; }
        location /query3 { rewrite ^ /shown?; }
        location /query4 { rewrite ^/query4/(.*) /shown?a=$1&b=$arg_b; }
        location /query5 { rewrite ^ /to?x=1 redirect; }
        location /query6 { rewrite ^ /to?x=1? redirect; }
        location /shown { return 200 "shown $uri $args|$is_args|$query_string\\n"; }
        location /loop { rewrite ^/loop(.*)$ /loop/x$1 last; }
        location /fold { rewrite (?i)^/FOLD/(.*)$ /shown/$1 last; }
        location /dots { rewrite ^/dots/x.html$ /shown/dot last; return 200 "dots\\n"; }
        location /unanchored { rewrite anch /shown last; }
        location /named { rewrite ^/named/(?<first>[^/]*)/(?<second>.*)$ /shown/$second/$first last; }
        location /inside {
            set $v outside;
            if ($arg_in) { set $v inside; }
            if ($arg_in = 2) { rewrite ^ /shown?v=$v last; }
            if ($arg_in = 3) { return 201 "three $v\\n"; }
            return 200 "inside $v\\n";
        }
        location /nomatch { rewrite ^/something /else; return 200 "nomatch $uri\\n"; }
        location /captures {
            if ($uri ~ "^/captures/([a-z]+)/([0-9]+)$") { return 200 "1=$1 2=$2 3=$3\\n"; }
            return 200 "no 1=$1\\n";
        }
        location ~ ^/regex/(\\w+)/(\\w+)$ { return 200 "regex $1 $2\\n"; }
        location ~ ^/both/(\\w+) { if ($args ~ "(x+)(y*)") { return 200 "inner $1 $2\\n"; } return 200 "outer $1\\n"; }
        location ~ ^/then/(\\w+) { rewrite ^/then/(..)(.*) /shown/$2/$1 last; }
        location /proxied/ { rewrite ^/proxied/(.*)$ /rewritten/$1 break; proxy_pass http://@backend@; }
        location /proxied2/ { rewrite ^/proxied2/(.*)$ /rewritten/$1 break; proxy_pass http://@backend@/ignored/; }
        location /proxied3/ { rewrite ^/proxied3/(.*)$ /rewritten/$1?y=2 break; proxy_pass http://@backend@; }
        location /proxied4/ { if ($arg_x) { proxy_pass http://@backend@; } return 200 "not proxied\\n"; }
        location /proxied5/ { set $seen $uri; proxy_set_header X-Seen $seen; proxy_pass http://@backend@/up/; }
        location /error { if ($arg_code = 403) { return 403; } if ($arg_code = 444) { return 444; } return 204; }
        location /only-if { if ($arg_x) { return 200 "x\\n"; } }
        location /zero { if ($arg_z) { return 200 "true\\n"; } return 200 "false\\n"; }
    }
    server {
        listen @http@;
        server_name always.test;
        rewrite ^(.*)$ http://a.test$1 permanent;
    }
    server {
        listen @http@;
        server_name return.test;
        set $x one;
        return 302 /$x;
        set $x two;
    }
    server {
        listen @http@;
        server_name ~^(?<sub>[a-z]+)\\.(?<tld>re|gex)$;
        if ($sub = special) { return 200 "special $tld\\n"; }
        return 200 "sub=$sub tld=$tld 1=$1\\n";
    }
    server {
        listen @http@;
        server_name auth.test;
        if ($http_auth_method = none) { rewrite /auth /fine break; }
        if ($http_auth_method != none) { rewrite /auth /fail break; }
        location = /fine { return 200 "fine\\n"; }
        location = /fail { return 200 "fail\\n"; }
        location / { return 200 "auth $uri\\n"; }
    }
}
"""

FILES = {
    "files/plain": "plain", "files/program": ("mode", 0o755, "x"), "files/folder/x": "x", "page.html": "page\n",
    "only-if": "a file\n", "breaking": "a file, too\n", "folder/index.html": "folder\n",
}

BACKENDS = {"backend": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

CASES = [
    *(get(path) for path in (
        "/", "/x?y=z", "/?stop=1", "/?stop=2", "/?go=x", "/any?go=x&a=b", "/old/x/y?z", "/chain/a", "/chain/b",
        "/stop/a", "/stop/b",
        "/break/a", "/break/b", "/set", "/went/x", "/x?go=0", "/x?go=",
        *(f"/conditions?a={value}" for value in ("", "0", "00", "b", "B", "bc", "Bcd", "xyz", "1", "%62", "b%20c",
                                                 "abcdef")),
        "/conditions",
        *(f"/files/{name}" for name in ("plain", "program", "folder", "folder/", "none", "folder/x", "plain/")),
        "/raw/index.html", "/raw/index.html?x", "/raw/indexQhtml", "/raw/a/b/index.html", "/raw/%69ndex.html", "/raw",
        "/last/plain", "/last/none", "/last", "/broken/page.html", "/broken/none", "/broken/folder/", "/broken/folder",
        "/breaking", "/none/x", "/elsewhere/y",
        "/redirect/a%20b", "/redirect/x?y=z", "/redirect/a%25b", "/redirect/%C3%A4", "/permanent/x", "/permanent/a+b;c",
        "/http/x?y", "/http/a%20b", "/https/x?y", "/scheme/x?y", "/query1", "/query1?y=2", "/query2", "/query2?y=2",
        "/query3?y=2", "/query4/a?b=1",
        "/query4/a%20b%26c?b=1", "/query4/a%3Fb", "/query5?y", "/query6?y", "/loop", "/fold/x", "/dots/x.html",
        "/dots/xQhtml", "/dots/x.html.bak",
        "/unanchored", "/named/a/b", "/named/a/b/c", "/inside", "/inside?in=1", "/inside?in=2", "/inside?in=3",
        "/nomatch",
        "/captures/abc/123", "/captures/abc/x", "/regex/one/two", "/regex/one", "/both/a?xxyy", "/then/abcdef",
        "/proxied/a%20b%2Fc", "/proxied/x?y=z", "/proxied/%C3%A4%25", "/proxied2/x", "/proxied3/x", "/proxied3/x?y=1",
        "/proxied4/x", "/proxied4/x?x=1",
        "/proxied5/x?y", "/error", "/error?code=403", "/error?code=444", "/only-if", "/only-if?x=1", "/zero",
        "/zero?z=0", "/zero?z=00", "/zero?z=1",
        "/zero?z=", "/old/a%2Fb", "/old/a%20b?c=%20", "/redirect/a'b")),
    get("/redirect/a%3Fb"),
    get('/redirect/"<>', differs="Location escaped"),
    get("/both/a", differs="captures"),
    get("/both/a?zz", differs="captures"),
    get("/x", "X-First: 1"),
    get("/x", "X-First: 0"),
    get("/x", "X-First:"),
    head("/old/x"),
    head("/redirect/x"),
    post("/old/x", "body"),
    post("/proxied/x", "body"),
    post("/redirect/x", "body"),
    *(get(path, host="always.test") for path in ("/", "/x%20y?z=%41", "/a?")),
    get("/y", host="return.test"),
    *(get("/", host=host) for host in ("abc.re", "ABC.gex", "special.re", "abc.regex", "a1.re")),
    get("/auth", "Auth-Method: none", host="auth.test"),
    get("/auth", "Auth-Method: plain", host="auth.test"),
    get("/auth", host="auth.test"),
    get("/other/auth/x", host="auth.test"),
]
