"""Locations of every kind, alias, try_files, error_page, internal jumps, index."""

from differential.cases import ask, basic, get, head, post, raw
from differential.origin import ok

CONFIG = """
http {
    types { text/html html; image/png png; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;

        location / { return 200 "/ $uri\\n"; }
        location ~ \\.php$ { return 200 "php $uri\\n"; }
        location ~* \\.(jpg|jpeg)$ { return 200 "jpg $1 $uri\\n"; }
        location ~ ^/Case/ { return 200 "case\\n"; }
        location ~* ^/nocase/ { return 200 "nocase\\n"; }
        location /prefix/ { return 200 "prefix $uri\\n"; }
        location ^~ /strong/ { return 200 "strong $uri\\n"; }
        location = /exact.php { return 200 "exact\\n"; }
        location ~ ^/(?<word>[a-z]+)/(?<number>[0-9]+)$ { return 200 "word=$word number=$number 1=$1 2=$2\\n"; }
        location ~ ^/deep/(?<outer>[a-z]+)/ {
            location ~ ^/deep/(?<same>[a-z])[a-z]*/(?<middle>[0-9]+) {
                location ~ (?<same>[a-z])(?<inner>[a-z]+)$ { return 200 "$outer $same $middle $inner 1=$1 2=$2\\n"; }
                location ~ \\.none$ { return 200 "never\n"; }
                location ~ /bare$ { return 200 "bare $outer $same $middle 1=$1\\n"; }
                return 200 "middle $outer $same $middle $inner 1=$1 2=$2\\n";
            }
            return 200 "outer $outer $same $middle 1=$1\\n";
        }
        location ~ /first/ { return 200 "first\\n"; }
        location ~ /first/second { return 200 "second\\n"; }
        location ~ "^/with blank/(.{2,3})$" { return 200 "blank [$1]\\n"; }

        location /nested/ {
            default_type text/x-nested;
            location /nested/inner/ {
                location = /nested/inner/exact { return 200 "nested exact\\n"; }
                location ~ \\.txt$ { return 200 "nested txt\\n"; }
                return 200 "nested inner\\n";
            }
            location ~ \\.php$ { return 200 "nested php\\n"; }
            location ~ ^/nested/(.*)\\.x$ { return 200 "nested x $1\\n"; }
            return 200 "nested\\n";
        }
        location ^~ /nested2/ { location ~ \\.php$ { return 200 "nested2 php\\n"; } return 200 "nested2\\n"; }

        location /alias/ { alias @site@/aliased/; }
        location /alias-file { alias @site@/aliased/file.html; }
        location = /alias-exact { alias @site@/aliased/file.html; }
        location ~ ^/alias-regex/(.*)\\.(html|png)$ { alias @site@/aliased/$1.$2; }
        location /alias-variable/ { alias @site@/$arg_dir/; }
        location /names/ { alias @site@/aliased/; return 200 "$request_filename $document_root\\n"; }
        location /names2/ { return 200 "$request_filename $document_root\\n"; }
        location /root-variable/ { root @site@/$arg_dir; }

        location /try/ { try_files $uri $uri/ /page.html; }
        location /try-code/ { try_files $uri =404; }
        location /try-code2/ { try_files $uri =403; }
        location /try-named/ { try_files $uri @fallback; }
        location /try-args/ { try_files $uri /shown?a=$args&u=$uri; }
        location /try-dir/ { try_files $uri/ /shown; }
        location /try-empty/ { try_files '' /page.html =404; }
        location /try-types/ { default_type text/x-tried; try_files /aliased/image.png =404; }
        location /try-proxy/ { try_files $uri @backend; }
        location /try-index/ { try_files $uri $uri/index.html =404; }
        location /try-alias/ { alias @site@/aliased/; try_files $uri =404; }
        location /try-internal/ { try_files $uri /hidden/page.html; }
        location /try-loop/ { try_files /nothing /try-loop/x; }
        location @fallback { return 200 "fallback $uri $args\\n"; }
        location @backend { proxy_pass http://@backend@; }
        location /shown { return 200 "shown $uri $args\\n"; }

        location /hidden/ { internal; }
        location = /hidden-exact { internal; return 200 "never from outside\\n"; }

        location /error/ {
            error_page 404 /page.html;
            error_page 403 = /shown;
            error_page 410 =200 /page.html;
            error_page 500 502 =503 /error.html;
            error_page 401 http://elsewhere.test/;
            error_page 402 =301 http://elsewhere.test/x;
            error_page 405 @named;
            error_page 406 = @named;
            error_page 409 /missing.html;
            error_page 429 /hidden/page.html;
            error_page 415 /shown?from=$uri;
            error_page 416 =204 @named204;
            location /error/403 { return 403; }
            location /error/410 { return 410; }
            location /error/500 { return 500; }
            location /error/502 { return 502; }
            location /error/401 { return 401; }
            location /error/402 { return 402; }
            location /error/405 { return 405; }
            location /error/406 { return 406; }
            location /error/409 { return 409; }
            location /error/415 { return 415; }
            location /error/416 { return 416; }
            location /error/429 { return 429; }
            location /error/404 { return 404; }
            location /error/text { return 404 "its own text\\n"; }
            location /error/own { error_page 404 /shown; return 404; }
            location /error/proxied/ { proxy_pass http://@dead@; }
            location /error/backend/ { proxy_pass http://@backend@; }
            location /error/intercepted/ { proxy_intercept_errors on; proxy_pass http://@backend@; }
            location /error/auth/ { auth_basic "who"; auth_basic_user_file @site@/passwords; error_page 401 =200 /page.html; }
            location /error/large/ { client_max_body_size 3; error_page 413 /shown; proxy_pass http://@backend@; }
        }
        location @named { return 200 "named $uri $status\\n"; }
        location @named204 { return 204; }

        location /index/ { index missing.html $arg_name.html index.html /page.html; }
        location /index-path/ { index missing.html /page.html; }
        location /index-only-path/ { index /page.html; }
        location /not-allowed/ { error_page 405 = @named; location /not-allowed/kept/ { error_page 405 @named; } }
        location /slash/ { proxy_pass http://@backend@; }
        location ~ ^/slash-regex/ { proxy_pass http://@backend@; }
        location /folder { }
        location ~ ^/secure/ { satisfy any; deny all; auth_basic "s"; auth_basic_user_file @site@/passwords; return 200 "secure\\n"; }
    }
    server {
        listen @http@;
        server_name errors.test;
        root @site@;
        error_page 404 /page.html;
        error_page 400 413 414 /shown;
        location / { }
        location /shown { return 200 "shown $uri\\n"; }
        location /replaced { error_page 403 /page.html; }
        location /exact404 { return 404; }
    }
    server {
        listen @http@;
        server_name regex.test;
        location ~ ^/(.*) { return 200 "any $1\\n"; }
        location ^~ /strong { return 200 "strong\\n"; }
        location /strong/longer { return 200 "longer\\n"; }
        location = / { return 200 "exact\\n"; }
    }
}
"""

FILES = {
    "page.html": "page\n", "error.html": "error\n", "aliased/file.html": "aliased\n", "aliased/image.png": "png",
    "aliased/index.html": "aliased index\n", "aliased/dir/index.html": "aliased dir\n", "aliased/bare/x": "x",
    "try/file.html": "tried\n", "try/dir/index.html": "tried dir\n", "try-code/file": "tried\n",
    "try-index/x/index.html": "x index\n",
    "try-dir/x/y": "y", "hidden/page.html": "hidden\n", "index/a/index.html": "a\n", "index/b/named.html": "b\n",
    "index/c/x": "c",
    "folder/index.html": "folder\n", "folder/x": "x\n", "passwords": "user:{PLAIN}secret\n", "try-empty/x": "x", "index-path/x/file": "x",
    "one/root-variable/x": "one\n", "missing/x": "x\n",
}

BACKENDS = {"backend": {
    "/404$": ok(b"backend's 404", status="404 Nothing"),
    "/403$": ok(b"backend's 403", status="403 No"),
    "/500$": ok(b"backend's 500", "X-Backend: 1", status="500 Broken"),
}}

DIFFERS = ("name", "connection kept", "backend 1.1", "allow")
DIFFERS_OVER_HTTP2 = {"errors.test, a long line": ("414 said",)}

CASES = [
    *(ask(method, f"/not-allowed/{name}", body="x") for method in ("PUT", "DELETE") for name in ("x", "kept/x")),
    post("/not-allowed/kept", "x"),
    *(get(path) for path in (
        "/", "/x", "/x.php", "/x.php/y", "/x.PHP", "/a.jpg", "/a.JPEG", "/Case/x", "/case/x", "/NoCase/", "/prefix/x",
        "/prefix/x.php",
        "/strong/x.php", "/exact.php", "/exact.phpx", "/abc/123", "/abc/123x", "/first/second", "/x/first/",
        "/with%20blank/ab",
        "/with%20blank/abcd", "/x%2Ephp", "/x.php?y.jpg",
        "/nested/", "/nested/x", "/nested/inner/", "/nested/inner/exact", "/nested/inner/x.txt", "/nested/inner/x.php",
        "/nested/x.php",
        "/nested/a/b.x", "/nested/x.jpg", "/nested2/x.php", "/nested2/x", "/nested2/x.jpg",
        "/alias/", "/alias/file.html", "/alias/image.png", "/alias/dir", "/alias/dir/", "/alias/bare/", "/alias/none",
        "/alias",
        "/alias-file", "/alias-exact", "/alias-regex/file.html", "/alias-regex/image.png", "/alias-regex/none.png",
        "/alias-variable/file.html?dir=aliased",
        "/alias-variable/x?dir=none", "/names/x/y", "/names/", "/names2/x", "/root-variable/x?dir=one",
        "/root-variable/x?dir=two",
        "/try/file.html", "/try/dir", "/try/dir/", "/try/none", "/try/", "/try-code/file", "/try-code/none",
        "/try-code2/none", "/try-named/x?y", "/try-args/x?y=z",
        "/try-dir/x", "/try-dir/none", "/try-empty/x", "/try-types/x", "/try-proxy/a%20b?x=1", "/try-index/x",
        "/try-index/x/", "/try-alias/file.html",
        "/try-alias/none", "/try-internal/x", "/try-loop/x", "/shown?x",
        "/hidden/page.html", "/hidden/", "/hidden-exact",
        "/error/none",
        *(f"/error/{code}" for code in (403, 410, 500, 502, 401, 402, 405, 406, 409, 415, 416, 429, 404)),
        "/error/text", "/error/own",
        "/error/proxied/x", "/error/backend/404", "/error/intercepted/404", "/error/intercepted/403",
        "/error/intercepted/x", "/error/auth/",
        "/index/a/", "/index/b/?name=named", "/index/b/", "/index/c/", "/index/none/", "/index-path/x/", "/index-path/none/",
        "/index-path/x/file/", "/index-only-path/none/", "/slash", "/slash?x=y", "/slash-regex",
        "/folder", "/folder/", "/folder/x", "/folderx", "/secure/x",
    )),
    get("/error/intercepted/500", differs="500 of a backend"),
    get("/secure/x", basic("user")),
    get("/error/auth/", basic("user")),
    post("/error/large/x", "1234"),
    post("/error/404", "body"),
    post("/error/405", "body"),
    ask("PUT", "/try/file.html", body="x"),
    head("/error/404"),
    head("/error/410"),
    head("/try/none"),
    get("/error/410", "If-None-Match: *"),
    get("/error/404", "Range: bytes=0-1"),
    *(get(path, host="errors.test") for path in ("/", "/none", "/none.png", "/page.html", "/replaced/none", "/exact404",
                                                 "/page.html/")),
    post("/none", "x", host="errors.test"),
    get("/" + "x" * 9000, host="errors.test", name="errors.test, a long line"),
    raw("errors.test, no length", "GET / HTTP/1.1\r\nHost: errors.test\r\nContent-Length: x\r\n\r\n"),
    *(get(path) for path in ("/deep/word/", "/deep/word/12", "/deep/word/12/inner", "/deep/word/12/7", "/deep/word/x",
                             "/deep/word/12/bare", "/deep/word/12/x", "/deep/7/12/x")),
    *(get(path, host="regex.test") for path in ("/", "/x", "/strong", "/strong/longer", "/strong/longer/x", "/stron")),
]
