"""Variables, locations of every kind, and what is done before a location answers."""

from differential.cases import ask, get, head, post

CONFIG = r"""
http {
    default_type text/plain;
    types { text/html html; }
    map $uri $by_path { default none; /map/one 1; /map/TWO two; ~^/map/(?<word>[a-z]+)-(\d+)$ "$word:$2"; ~*\.GIF$ gif; }
    map "$arg_a$arg_b" $combined { 12 both; "" empty; default other; }
    map $arg_host $by_host { hostnames; default none; plain.test plain; .dot.test dot; *.star.test star; www.* www; *.deep.star.test deep; }
    map $arg_v $nested { default "[$by_path]"; x $arg_x; }
    map $arg_a $late { volatile; default "<$arg_a>"; }
    map $http_absent $absent { default ""; }
    map $arg_e $escaped { \default literal; default fallback; }
    geo $near { default far; 127.0.0.0/8 loopback; 127.0.0.1 host; }
    geo $arg_ip $network { default none; 10.0.0.0/8 ten; 10.1.0.0/16 "ten one"; 2001:db8::/32 six; 192.0.2.1 one; }
    geo $arg_ip $range { ranges; default none; 10.0.0.1-10.0.0.9 low; 10.0.1.0-10.0.1.255 high; }
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        location / { return 200 "/ $uri|$args\n"; }
        location /map/ { return 200 "$by_path|$combined|$by_host|$nested|$late|$absent|$escaped|$word\n"; }
        location /geo/ { return 200 "$near|$network|$range\n"; }
        location ~ \.gif$ { return 200 "gif $uri\n"; }
        location ~* \.(gif|jpe?g)$ { return 200 "picture $1 $uri\n"; }
        location ^~ /raw/ { return 200 "raw $uri\n"; }
        location = /exact.gif { return 200 "exact\n"; }
        location ~ ^/cap/(?<first>[^/]+)/([^/]+)(/(.*))?$ { return 200 "$first|$1|$2|$3|$4|$5\n"; }
        location /nest/ {
            location /nest/in/ { return 200 "in $uri\n"; }
            location ~ \.php$ { return 200 "php $uri\n"; }
            location ^~ /nest/strong/ { return 200 "strong $uri\n"; }
            location = /nest/e.gif { return 200 "e\n"; }
            return 200 "nest $uri\n";
        }
        location ~ ^/outer/ { location ~ x$ { return 200 "outer x\n"; } return 200 "outer\n"; }
        location /hidden/ { internal; return 200 "hidden $uri $request_uri\n"; }
        location /to-hidden/ { rewrite ^/to-hidden/(.*) /hidden/$1; }
        location /slash/ { proxy_pass http://@backend@; }
        location ~ ^/slash$ { return 200 "never\n"; }
    }
    server {
        listen @http@;
        server_name named.test;
        root @site@;
        location / { try_files $uri @fallback; }
        location /strict/ { try_files $uri @missing; }
        location @fallback { return 200 "fallback $uri|$args|$request_uri\n"; }
        location /error/ { error_page 404 = @error; error_page 403 @error; return 404; }
        location /forbidden/ { error_page 403 @error; return 403; }
        location @error { return 202 "error $uri $status\n"; }
        location /rewrites/ { try_files /nothing @rewrites; }
        location @rewrites { rewrite ^/rewrites/(.*)$ /named/$1 last; return 200 never; }
        location /named/ { return 200 "named $uri|$request_uri\n"; }
        location /proxied/ { try_files $uri @proxied; }
        location @proxied { proxy_pass http://@backend@; }
        location /loop/ { try_files /nothing @loop; }
        location @loop { try_files /nothing @loop; }
        location /if-try/ { try_files /file.txt =404; if ($arg_x) { set $y 1; } }
        location /@fallback { return 200 "a path\n"; }
    }
    server {
        listen @http@;
        server_name limited.test;
        root @site@;
        location / { limit_except GET { deny all; } proxy_pass http://@backend@; }
        location /two/ { limit_except GET POST { deny all; } return 200 "two\n"; }
        location /other/ { limit_except GET { proxy_pass http://@other@; } proxy_pass http://@backend@; }
        location /open/ { deny all; limit_except POST { allow all; } proxy_pass http://@backend@; }
        location /rewrites/ { limit_except GET { deny 10.0.0.0/8; } proxy_pass http://@backend@; }
        location /file.txt { limit_except POST { deny all; } }
    }
    server {
        listen @http@;
        server_name rewrite.test;
        root @site@;
        set $server_set "server $uri";
        rewrite ^/server/(.*)$ /after/$1;
        rewrite ^/server-last/(.*)$ /after/$1 last;
        rewrite ^/server-break/(.*)$ /after/$1 break;
        rewrite ^/twice/(.*) /server-once/$1;
        rewrite ^/server-once/(.*) /after/once-$1;
        if ($arg_stop) { return 403; }
        if ($http_x_test ~ "^(a+)(b*)$") { return 200 "test $1 $2\n"; }
        if ($request_method = MKCOL) { return 200 "made\n"; }
        location /after/ { return 200 "after $uri|$args|$request_uri|$server_set\n"; }
        location /none/ { rewrite ^/none/(.*)$ /after/$1; return 200 "not reached $uri\n"; }
        location /none2/ { rewrite ^/none2/(.*)$ /after/$1; }
        location /last/ { rewrite ^/last/(.*)$ /after/$1 last; return 200 never; }
        location /break/ { rewrite ^/break/(.*)$ /files/$1 break; return 200 "not reached\n"; }
        location /file/ { rewrite ^/file/(.*)$ /$1 break; }
        location /redirect/ { rewrite ^/redirect/(.*)$ /to/$1 redirect; }
        location /permanent/ { rewrite ^/permanent/(.*)$ /to/$1 permanent; }
        location /absolute/ { rewrite ^/absolute/(.*)$ http://x.test/$1; return 200 never; }
        location /absolute2/ { rewrite ^/absolute2/(.*)$ https://x.test/$1?a=$1 permanent; }
        location /scheme/ { rewrite ^/scheme/(.*)$ $scheme://x.test/$1?; }
        location /query/ { rewrite ^/query/(.*)$ /after/?x=$1; }
        location /query-end/ { rewrite ^/query-end/(.*)$ /after/$1?; }
        location /query-own/ { rewrite ^/query-own/(.*)$ /after/q?x=$1&y=$arg_y?; }
        location /query-two/ { rewrite ^/query-two/(.*)$ /after/q?x=?$1; }
        location /arg-redirect/ { rewrite ^/arg-redirect/(.*)$ /to?x=$1 redirect; }
        location /loop/ { rewrite ^/loop/(.*)$ /loop/x$1; }
        location /nine/ { rewrite "^/nine/(x{9})$" /after/$1 last; rewrite ^/nine/(.*)$ /nine/x$1 last; }
        location /ten/ { rewrite "^/ten/(x{10})$" /after/$1 last; rewrite ^/ten/(.*)$ /ten/x$1 last; }
        location /empty/ { rewrite ^/empty/(.*)$ $arg_none?; }
        location /case/ { rewrite ^/CASE/ /after/ last; rewrite (?i)^/CASE/i /after/i last; return 200 "case\n"; }
        location /set/ { set $a 1; set $a "${a}2"; set $b $a$uri; set $a 3; return 200 "$a|$b|$c|$server_set\n"; }
        location /set-c/ { set $c 1; return 200 "$c\n"; }
        location /args/ { set $args "new=1&$args"; return 200 "$args|$query_string|$is_args|$arg_new|$arg_a|$request_uri\n"; }
        location /no-args/ { set $args ""; return 200 "$args|$is_args|\n"; }
        location /if/ {
            set $said "";
            if ($arg_x) { set $said "${said}x"; }
            if ($arg_y = yes) { set $said "${said}y"; }
            if ($arg_y != yes) { set $said "${said}n"; }
            if ($arg_z ~ ^(\d)(\d)?) { set $said "${said}z$1,$2"; }
            if ($arg_z !~ ^(\d)) { set $said "${said}-"; }
            if ($arg_z ~* ^A) { set $said "${said}a"; }
            if ($arg_z !~* ^A) { set $said "${said}-"; }
            if (-f @site@/file.txt) { set $said "${said}f"; }
            if (!-f @site@/nothing) { set $said "${said}F"; }
            if (-d @site@/directory) { set $said "${said}d"; }
            if (!-d @site@/file.txt) { set $said "${said}D"; }
            if (-e @site@/directory) { set $said "${said}e"; }
            if (!-e @site@/nothing) { set $said "${said}E"; }
            if (-x @site@/program) { set $said "${said}p"; }
            if (!-x @site@/file.txt) { set $said "${said}P"; }
            if (-f $request_filename) { set $said "${said}r"; }
            return 200 "$said\n";
        }
        location /if-file { if (-f $request_filename) { return 200 "is a file\n"; } return 200 "is none\n"; }
        location /if-break/ { if ($arg_x) { set $seen yes; break; } set $seen no; rewrite ^ /after/$seen last; }
        location /if-root/ { if ($arg_x) { root @site@/other; } }
        location /if-return/ { if ($arg_x) { return 204; } if ($arg_y) { return 301 /y; } return 200 "neither\n"; }
        location /if-rewrite/ { if ($arg_x) { rewrite ^/if-rewrite/(.*) /after/if-$1 last; } return 200 "no\n"; }
        location /if-capture/ { if ($uri ~ ^/if-capture/(.*)) { return 200 "captured $1\n"; } }
        location /captures/ { if ($arg_x ~ (.)(.)) { set $p "$1-$2"; } rewrite ^/captures/(.*)/(.*)$ /after/$2/$1/$p last; }
        location /proxy/ { proxy_pass http://@backend@; }
        location /proxy-rewrite/ { rewrite ^/proxy-rewrite/(.*)$ /seen/$1 break; proxy_pass http://@backend@; }
        location /proxy-uri/ { rewrite ^/proxy-uri/x(.*)$ /seen/$1 break; proxy_pass http://@backend@/base/; }
        location /proxy-if/ { proxy_pass http://@backend@/outer/; if ($arg_x) { set $y 1; } if ($arg_other) { proxy_pass http://@other@; } }
        location /proxy-set/ { set $where @backend@; proxy_pass http://$where; }
        location /proxy-args/ { set $args "only=this"; proxy_pass http://@backend@; }
        location /proxy-jump/ { rewrite ^/proxy-jump/(.*)$ /proxy/$1 last; }
        location ~ ^/proxy-regex/(\w+)/(.*)$ { proxy_pass http://@backend@/$2/$1; }
    }
    server { listen @http@; server_name ~^(?<sub>\w+)\.(\w+)\.pattern\.test$; return 200 "$sub $2 $server_name\n"; }
    server { listen @http@; server_name "~^second\d+\."; set $n $1; location / { return 200 "second [$n]\n"; } }
    server { listen @http@; server_name early.test; rewrite ^/a/(.*) /b/$1 break; rewrite ^/b/ /c/; location / { return 200 "$uri\n"; }
        location /c/ { return 200 "c $uri\n"; } }
    server { listen @http@; server_name index.test; root @site@; index first.html second.html;
        location / { } location ~ \.html$ { return 200 "found $uri|$args\n"; } location /directory/closed/ { return 403; }
        rewrite ^/again/(.*) /directory/$1; }
}
"""

FILES = {
    "file.txt": "file\n",
    "if-file.txt": "here\n",
    "directory/second.html": "second\n",
    "directory/closed/first.html": "closed\n",
    "program": ("mode", 0o755, "#!/bin/sh\n"),
    "other/if-root/x.txt": "other\n",
    "if-root/x.txt": "own\n",
    "files/x.txt": "x\n",
}

BACKENDS = {"backend": {}, "other": {}}

DIFFERS = ("name", "connection kept", "backend 1.1")

_A = [
    "/", "/x", "/map/one", "/map/ONE", "/map/two", "/map/none", "/map/abc-12", "/map/abc-", "/map/x.gif",
    "/map/?a=1&b=2",
    "/map/?a=12", "/map/?a=1", "/map/?host=plain.test", "/map/?host=PLAIN.test", "/map/?host=plain.test.",
    "/map/?host=dot.test", "/map/?host=x.y.dot.test", "/map/?host=x.star.test", "/map/?host=star.test",
    "/map/?host=x.deep.star.test", "/map/?host=www.x", "/map/?host=.", "/map/?v=x&x=value", "/map/?v=y",
    "/map/?e=default",
    "/map/?e=x",
    *(f"/geo/?ip={ip}" for ip in ("10.0.0.0", "10.0.0.1", "10.0.0.9", "10.0.0.10", "10.0.1.7", "10.1.2.3", "11.0.0.0",
                                  "192.0.2.1", "192.0.2.2", "x", "", "2001:db8::1", "2001:db9::1", "::")),
    "/x.gif", "/x.GIF", "/x.jpeg", "/x.jpg/", "/x.gif?y", "/raw/x.gif", "/exact.gif", "/exact.gif/x.gif", "/cap/a/b",
    "/cap/a/b/c/d", "/cap/a", "/cap/a%20b/c%2Fd", "/nest/", "/nest/x", "/nest/in/x", "/nest/x.php", "/nest/in/x.php",
    "/nest/strong/x.php", "/nest/strong/x.gif", "/nest/x.gif", "/nest/e.gif", "/outer/", "/outer/x", "/outer/y.gif",
    "/hidden/", "/hidden/x", "/to-hidden/x", "/to-hidden/x?y", "/slash", "/slash?x", "/%6eest/in/x", "/nest//in/",
]

_REWRITE = [
    "/server/x", "/server/x?y=1", "/server-last/x", "/server-break/x", "/twice/x", "/none/x", "/none2/x", "/none2/x?y",
    "/last/x", "/last/", "/break/x.txt", "/file/file.txt", "/file/nothing", "/redirect/x", "/redirect/x?y=1",
    "/permanent/x%20y", "/permanent/a+b", "/permanent/%C3%A4", "/permanent/a%26b", "/permanent/a%3Fb", "/absolute/x",
    "/absolute/x?y",
    "/absolute2/x%20y?z", "/scheme/x?y", "/query/x", "/query/x?y=1", "/query/a%20b%26c", "/query/a+b",
    "/query-end/x?y=1",
    "/query-own/x?y=1", "/query-two/x", "/query-two/x?y", "/arg-redirect/a%20b%26c?d", "/arg-redirect/ab", "/loop/",
    "/nine/",
    "/ten/", "/empty/x", "/case/i", "/case/x", "/set/", "/set/x", "/set-c/", "/args/", "/args/?a=1", "/no-args/?a=1",
    "/if/",
    "/if/?x=1", "/if/?x=0", "/if/?x=00", "/if/?x=", "/if/?y=yes", "/if/?y=no", "/if/?z=1", "/if/?z=12", "/if/?z=abc",
    "/if/?x=1&y=yes&z=A1", "/if-file", "/if-file.txt", "/if-break/", "/if-break/?x=1", "/if-root/x.txt",
    "/if-root/x.txt?x=1",
    "/if-return/", "/if-return/?x=1", "/if-return/?y=1", "/if-rewrite/z", "/if-rewrite/z?x=1", "/if-capture/a%20b",
    "/captures/a/b", "/captures/a/b?x=12", "/proxy/x", "/proxy/a%20b/%2e%2e/c?d", "/proxy-rewrite/x",
    "/proxy-rewrite/a%20b?c",
    "/proxy-rewrite/a%2Fb//c", "/proxy-uri/xy", "/proxy-uri/y", "/proxy-uri/xa%20b?c", "/proxy-if/y", "/proxy-if/y?x=1",
    "/proxy-if/y?other=1", "/proxy-set/x%20y?z", "/proxy-args/x?y", "/proxy-jump/a%20b?c", "/proxy-regex/a/b?c",
    "/x?stop=1",
    "/x?stop=0", "/server/x?stop=1",
]

CASES = [
    *(get(target) for target in _A),
    get("/geo/", source="127.0.0.9"),
    *(get(target, host="rewrite.test") for target in _REWRITE),
    get("/after/x", "X-Test: aab", host="rewrite.test"),
    get("/after/x", "X-Test: c", host="rewrite.test"),
    ask("MKCOL", "/x", host="rewrite.test"),
    head("/redirect/x", host="rewrite.test"),
    post("/redirect/x", "body", host="rewrite.test"),
    post("/proxy-rewrite/x", "body", host="rewrite.test"),
    *(get("/", host=host) for host in ("one.two.pattern.test", "ONE.two.pattern.test", "two.pattern.test", "second12.x",
                                       "second.x")),
    *(get(path, host="named.test") for path in (
        "/file.txt", "/x%20y?z", "/strict/x", "/error/x", "/forbidden/x", "/rewrites/a%20b?c", "/proxied/a%20b//c?d",
        "/loop/",
        "/if-try/", "/if-try/?x=1", "/@fallback", "/@error")),
    post("/error/x", "body", host="named.test"),
    *(ask(method, path, host="limited.test") for method in ("GET", "HEAD", "POST", "PROPFIND", "XYZZY")
      for path in ("/x", "/two/", "/other/", "/open/", "/rewrites/")),
    *(ask(method, "/file.txt", host="limited.test") for method in ("GET", "PROPFIND")),
    ask("POST", "/file.txt", host="limited.test", differs="allow"),
    *(get(path, host="early.test") for path in ("/a/x", "/b/x", "/x")),
    *(get(path, host="index.test") for path in ("/directory/", "/directory/?x", "/directory/closed/", "/again/",
                                                "/other/")),
]
