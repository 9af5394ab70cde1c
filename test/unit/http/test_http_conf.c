#include "conf_text.h"
#include "http/conf/http_conf.h"
#include "http/files/http_files_conf.h"
#include "http/language/http_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What `frontd -t` says. In `location` and `server` the text stands inside such a block, on line 1.
 */
struct finding_case {
    const char *text, *findings;
};

#define CONDITION_FORMS "= write `if ($x)`, `if ($x = text)`, `if ($x ~ regex)` or `if (-f file)`\n"
#define SERVER(body)    "http{server{" body "}}"
#define LOCATION(body)  "http{server{location /{" body "}}}"

/* clang-format off */
static const struct finding_case finding_cases[] = {
    {"http{map $host $x { a 1; default 2; }}", ""},
    {"http{map $host x { a 1; }}", "1:16: error: `x` is no name of a variable\n= write `$name`\n"},
    {"http{map $host $uri { a 1; }}",
     "1:16: error: `$uri` is a variable of frontd's own\n= choose another name\n"},
    {"http{map $hots $x { a 1; }}",
     "1:10: error: unknown variable `$hots`\n= did you mean `$host`?\n"},
    {"http{map $host $name { a 1; } server{location /{return 200 $nmae;}}}",
     "1:60: error: unknown variable `$nmae`\n= did you mean `$name`?\n"},
    {"http{map $host $x { a 1; A 2; default 3; default 4; ~( 5; hostname; b; c 1 2; }}",
     "1:26: error: there is a line for `A` already\n"
     "1:42: error: there is a line for `default` already\n"
     "1:53: error: missing closing parenthesis behind `(`, at byte 1 of the regular expression\n"
     "= https://www.pcre.org/current/doc/html/pcre2syntax.html has the syntax\n"
     "1:59: error: a line of `map` is a key and a value\n= write `key value;`\n"
     "1:69: error: a line of `map` is a key and a value\n= write `key value;`\n"
     "1:72: error: a line of `map` is a key and a value\n= write `key value;`\n"},
    {"http{geo $x { default 1; 10.0.0.0/8 2; ::1 3; delete ::1; proxy ::1; proxy_recursive; }}", ""},
    {"http{geo $x { ranges; default 1; 1.2.3.4-1.2.3.9 4; delete 1.2.3.4-1.2.3.9; ranges; }}", ""},
    {"http{geo $x { default 1; ranges; }}",
     "1:26: error: `ranges` stands behind networks\n"
     "= write it before them\n"},
    {"http{geo $x { ranges; 10.0.0.0/8 1; }}",
     "1:23: error: `10.0.0.0/8` is no range of IPv4 addresses\n"
     "= write `192.0.2.1-192.0.2.9`\n"},
    {"http{geo $x { 1.2.3.4-1.2.3.9 1; }}",
     "1:15: error: `1.2.3.4-1.2.3.9` is no network\n"
     "= write `ranges;` before all ranges\n"},
    {"http{geo $x { ranges; 1.2.3.4-1.2.3.9 1; 1.2.3.9-1.2.3.10 2; }}",
     "1:42: error: the range `1.2.3.9-1.2.3.10` overlaps an earlier one\n"
     "= a range may lie within an earlier one\n"},
    {"http{geo $x { ranges; 1.2.3.4-1.2.3.9 1; 1.2.3.4-1.2.3.9 2; delete 1.2.3.4-1.2.3.5; }}",
     "1:42: warning: `1.2.3.4-1.2.3.9` is there already: this value counts\n"
     "1:68: warning: there is no `1.2.3.4-1.2.3.5` to delete\n"},
    {"http{geo $x { delete 10.0.0.0/8; delete x; proxy y; proxy; }}",
     "1:22: warning: there is no `10.0.0.0/8` to delete\n"
     "1:41: error: `x` is no network\n"
     "= write `192.0.2.0/24` or `2001:db8::/32`\n"
     "1:50: error: `y` is no network\n"
     "= write `192.0.2.0/24` or `2001:db8::/32`\n"
     "1:53: error: a line of `geo` is a network and a value\n"
     "= write `192.0.2.0/24 value;`\n"},
    {"http{}", ""},
    {SERVER(""), ""},
    {SERVER("listen 80; listen [::]:80 ipv6only=on; listen 127.0.0.1:8080 default_server "
            "backlog=511 reuseport so_keepalive=on deferred fastopen=3;"),
     ""},
    {SERVER("listen *:8080; listen [::1]; listen 192.0.2.1;"), ""},
    {SERVER("listen 0;"), "1:20: error: a port is a number from 1 to 65535\n"},
    {SERVER("listen 127.0.0.1:65536;"), "1:20: error: a port is a number from 1 to 65535\n"},
    {SERVER("listen ::1;"), "1:20: error: an IPv6 address needs brackets\n= write `[::]:80`\n"},
    {SERVER("listen localhost:80;"), "1:20: error: `localhost:80` is no address\n"
                                     "= write an address: `80`, `192.0.2.1:80`, `[::]:80`\n"},
    {SERVER("listen unix:/x;"), "1:20: error: listening on a UNIX socket is not possible\n"
                                "= listen on 127.0.0.1 instead\n"},
    {SERVER("listen 443 quic;"), "1:24: error: `quic` is not supported yet\n"
                                 "= HTTP/3 comes later; leave it out\n"},
    {SERVER("listen 443 proxy_protocol;"), "1:24: error: `proxy_protocol` is not supported yet\n"
                                           "= the PROXY protocol comes later; leave it out\n"},
    {SERVER("listen [::]:80 ipv6only=off;"),
     "1:28: error: `ipv6only=off` is not supported yet\n"
     "= write a second `listen` with the IPv4 address instead\n"},
    {SERVER("listen 80; listen 0.0.0.0:80;"),
     "1:31: error: this server listens on 0.0.0.0:80 already (1)\n"},
    {SERVER("listen 127.0.0.1:443 ssl;"),
     "1:20: error: this server speaks TLS on 127.0.0.1:443 without a certificate\n"
     "= add `ssl_certificate` and `ssl_certificate_key` to the server or to http\n"},
    {"http{server{listen 443 ssl;server_name first;}\n"
     "server{listen 443;server_name late;}}",
     "1:20: error: this server speaks TLS on 0.0.0.0:443 without a certificate\n"
     "= add `ssl_certificate` and `ssl_certificate_key` to the server or to http\n"
     "2:15: error: this server speaks TLS on 0.0.0.0:443 without a certificate\n"
     "= add `ssl_certificate` and `ssl_certificate_key` to the server or to http\n"},
    {"http{server{listen 80 default_server;server_name a;}\n"
     "server{listen 80 default_server;server_name b;}}",
     "2:15: error: 0.0.0.0:80 has a default server already (1)\n"},
    {"http{server{server_name a B;}\nserver{server_name b;}}",
     "2:20: warning: two servers are called `b` on 0.0.0.0:80 (1)\n"},
    {"http{server{server_name .a;}\nserver{server_name *.a;}}",
     "2:20: warning: two servers are called `*.a` on 0.0.0.0:80 (1)\n"},
    {"http{server{}\nserver{}}", "2:1: warning: two servers without a name on 0.0.0.0:80 (1)\n"},
    {"http{server{listen 80 default;}\nserver{listen 80 default;}}",
     "2:15: error: 0.0.0.0:80 has a default server already (1)\n"},
    {"http{server{listen 80;}\nserver{listen 81;listen 80;}}",
     "2:1: warning: two servers without a name on 0.0.0.0:80 (1)\n"},
    {"http{server{server_name a a;}\nserver{server_name b a;}\nserver{server_name c *.a;}}",
     "2:22: warning: two servers are called `a` on 0.0.0.0:80 (1)\n"},
    {"http{server{listen 80;server_name a;}\nserver{listen 81;server_name a;}}", ""},
    {"http{http2 on;server{listen 80 http2;http2 off;http2_max_concurrent_streams 10;}}", ""},
    {SERVER("server_name ~^a(?<x>b)$; location / { return 200 $x; }"), ""},
    {SERVER("server_name a.*.b;"),
     "1:25: error: `a.*.b` is no server name\n"
     "= write `www.example.org`, `*.example.org`, `.example.org` or `www.*`\n"},
    {SERVER("server_name a:80;"),
     "1:25: error: `a:80` is no server name\n"
     "= write `www.example.org`, `*.example.org`, `.example.org` or `www.*`\n"},
    {SERVER("server_name _ \"\" *.a .b c.*;"), ""},
    {SERVER("location /a{} location ^~ /b{} location = /a{} location =/c{}"), ""},
    {SERVER("location /a{}\nlocation ^~ /a{}"),
     "2:13: error: there is a location `/a` in this server already (1)\n"},
    {SERVER("location ~ x{} location ~*\\.php$ {} location @x{} location /a{location ~ b{}}"), ""},
    {SERVER("location ~ x({}"),
     "1:24: error: missing closing parenthesis behind `x(`, at byte 2 of the regular expression\n"
     "= https://www.pcre.org/current/doc/html/pcre2syntax.html has the syntax\n"},
    {SERVER("location /a{location /b{}}"),
     "1:34: error: `/b` is outside of the location `/a` around it\n"
     "= put it beside that location\n"},
    {SERVER("location = /a{location = /a{}}"),
     "1:38: error: no location can be inside `/a`\n= put it beside that location\n"},
    {SERVER("location /a{location @b{}}"),
     "1:34: error: a named location cannot be inside another one\n"
     "= put it right into the server\n"},
    {SERVER("location /a{location /ab{} location /ab{}}"),
     "1:49: error: there is a location `/ab` in this location already (1)\n"},
    {SERVER("location @a{} location @a{}"),
     "1:36: error: there is a location `@a` in this server already (1)\n"},
    {LOCATION("limit_except GET PROPFIND { deny all; auth_basic off; }"), ""},
    {LOCATION("limit_except GTE { deny all; }"),
     "1:37: error: unknown method `GTE`\n= did you mean `GET`?\n"},
    {SERVER("location ~ a{}\nlocation ~ a{}"),
     "2:12: warning: no path reaches this location: the first regular expression that matches "
     "counts (1)\n= put it before the other one\n"},
    {SERVER("location ~ a{}\nlocation ~* a{} location ~ ab{}"), ""},
    {SERVER("location ~ ^/{}\nlocation ~ b{}"),
     "2:12: warning: no path reaches this location: the first regular expression that matches "
     "counts (1)\n= put it before the other one\n"},
    {SERVER("location ^~ /i/{}\nlocation ~ ^/i/x[.]gif{}"),
     "2:12: warning: no path reaches this location: `^~` goes before regular expressions (1)\n"
     "= leave out `^~`, or put this one inside that location\n"},
    {SERVER("location ^~ /i/{} location /i/x/{} location ~ ^/i/x[.]gif{} location ~ ^/i{}"
            " location ~ ^/i/|x{} location ^~ /i/y/ {} location ~ ^/i/y?{}"), ""},
    {LOCATION("return 301 https://$host$uri;"),
     "1:24: note: `$uri` in a redirect is decoded: it is not what the client asked for\n"
     "= write `$request_uri`, which has the query, too\n"},
    {LOCATION("auth_basic a; auth_basic_user_file u; return 200 secret;"),
     "1:62: warning: `return` answers before anybody is asked for a password (1)\n"
     "= as in nginx; leave out `auth_basic` here, or serve a file\n"},
    {SERVER("if ($host){return 404;} set $a 1; rewrite ^/x(.*) /y$1?z last; break;"), ""},
    {LOCATION("if ($a = 1){set $a 2; root /x;} if (-f $request_filename){break;}"
              "if ($host !~* \"(a b)\"){} if ( $uri != \"/x\" ) { return 204; }"), ""},
    {LOCATION("if $host {} if ($host == a){} if ($host = a b){} if (-q /x){} if (){} if (x){}"),
     "1:27: error: a condition stands in parentheses\n" CONDITION_FORMS
     "1:46: error: `==` is no operator\n" CONDITION_FORMS
     "1:68: error: this is no condition\n" CONDITION_FORMS
     "1:76: error: this is no condition\n" CONDITION_FORMS
     "1:89: error: this is no condition\n" CONDITION_FORMS
     "1:97: error: this is no condition\n" CONDITION_FORMS},
    {SERVER("location == /x{}"), "1:22: error: `==` is no way to match a path\n"
                                 "= write `location = /path`, `location ^~ /path`, `location ~ regex`\n"},
    {SERVER("location x{}"),
     "1:22: warning: a path begins with \"/\": this location matches nothing\n"},
    {LOCATION("proxy_pass http://127.0.0.1:81;"), ""},
    {LOCATION("proxy_pass http://[::1]:81/x/;"), ""},
    {LOCATION("proxy_pass https://a;"),
     "1:35: note: this backend's certificate is not verified, as in nginx\n"
     "= `proxy_ssl_verify on;` with `proxy_ssl_trusted_certificate` does that\n"},
    {LOCATION("proxy_ssl_verify on; proxy_pass https://a;"),
     "1:56: error: proxy_ssl_verify trusts nobody\n"
     "= add `proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;`\n"},
    {LOCATION("proxy_ssl_verify on; proxy_ssl_trusted_certificate /none; proxy_pass https://a;"),
     "1:93: error: cannot read /none: No such file or directory\n"},
    {LOCATION("proxy_redirect http https; proxy_pass http://127.0.0.1;"),
     "1:39: warning: `http` is also the beginning of `https`: that becomes `httpss`\n"
     "= write `http://` and `https://`\n"},
    {LOCATION("proxy_redirect x; proxy_pass http://127.0.0.1;"),
     "1:39: error: `x` alone means nothing\n= write what it is to be replaced by, too\n"},
    {LOCATION("proxy_cookie_flags a secur;"),
     "1:45: error: unknown flag `secur`\n= did you mean `secure`?\n"},
    {LOCATION("resolver localhost;"),
     "1:33: error: `localhost` is no address\n"
     "= write the address of a DNS server: `resolver 127.0.0.11;`\n"},
    {LOCATION("resolver 127.0.0.11 [::1]:53 valid=30s ipv6=off; resolver_timeout 3s;"), ""},
    {LOCATION("proxy_ssl_certificate x;"),
     "1:24: error: `proxy_ssl_certificate` is not supported\n"
     "= no process that meets the network has a key to show: let the backend know frontd by its "
     "address\n"},
    {LOCATION("proxy_pass http://$nobody;"), "1:35: error: unknown variable `$nobody`\n"},
    {LOCATION("proxy_pass http://$host:$server_port$uri;"), ""},
    {LOCATION("proxy_pass ftp://$host;"),
     "1:35: error: `ftp://$host` does not begin with http:// or a variable\n"
     "= write `proxy_pass http://$host:port;`\n"},
    {"http{upstream a{server b;} upstream A{server c:81 weight=5 max_fails=0 fail_timeout=3s "
     "max_conns=9 down resolve;}}",
     "1:37: error: there is an upstream `A` already (1)\n"},
    {"http{upstream a{}}", "1:6: error: this upstream has no server\n= add `server host:port;`\n"},
    {"http{upstream a{server b weigth=5;}}",
     "1:26: error: unknown parameter `weigth=5`\n= did you mean `weight=`?\n"},
    {"http{upstream a{server b weight=0;}}", "1:26: error: invalid value in `weight=0`\n"},
    {"http{upstream a{server unix:/x;}}",
     "1:24: error: backends on UNIX sockets are not supported\n"
     "= let the backend listen on 127.0.0.1\n"},
    {"http{upstream a{server b; server c backup; ip_hash;}}",
     "1:34: error: `ip_hash` knows no backup servers\n= leave out `backup` or `ip_hash`\n"},
    {"http{upstream a{server b backup; hash $uri; server c;}}",
     "1:24: error: `hash` knows no backup servers\n= leave out `backup` or `hash`\n"},
    {"http{upstream a{hash $uri consistent; random two; server c;}}",
     "1:6: error: this upstream has both `hash` and `random`\n= keep one of them\n"},
    {"http{upstream a{hash $uri consistent; server b weight=9999; server c weight=2;}}",
     "1:6: error: the weights of a consistent hash add up to more than 10000\n"
     "= divide them all by the same number\n"},
    {"http{upstream a{random two least_time=header; server c;}}",
     "1:28: error: `least_time` is of NGINX Plus alone\n= write `random two least_conn`\n"},
    {"http{upstream a{random two least_conn; server c;}}", ""},
    {"http{upstream a{server c; health_check /x interval=1s mandatory persistent;}}", ""},
    {"http{upstream a{server c; health_check match=ok;}}",
     "1:40: error: `match=ok` is of NGINX Plus alone\n"
     "= leave it out: a status from 200 to 399 passes\n"},
    {"http{upstream a{server c; health_check \"/a b\";}}",
     "1:40: error: `/a b` is no path for a request\n"},
    {"http{upstream a{server c; health_check interval=1ms fails=0;}}",
     "1:40: error: invalid value in `interval=1ms`\n"},
    {"http{upstream a{server c; health_check fail=3;}}",
     "1:40: error: unknown parameter `fail=3`\n= did you mean `fails=`?\n"},
    {"http{upstream a{server c; health_check;} server{location /{proxy_pass http://a; "
     "health_check;}}}",
     "1:81: error: `a` has a health_check already (1)\n"},
    {LOCATION("health_check;"),
     "1:24: error: there is nobody to check: no proxy_pass stands here\n"
     "= write it beside proxy_pass, or in an upstream\n"},
    {LOCATION("proxy_pass http://$host; health_check;"),
     "1:49: error: who is checked depends on a request here\n"
     "= write `health_check` in the upstream\n"},
    {LOCATION("proxy_pass https://b; proxy_ssl_name $host; health_check;"),
     "1:68: error: a check knows no variables for proxy_ssl_name\n= write the name in proxy_ssl_name\n"
     "1:35: note: this backend's certificate is not verified, as in nginx\n"
     "= `proxy_ssl_verify on;` with `proxy_ssl_trusted_certificate` does that\n"},
    {"http{upstream a{server c; check interval=3000 type=http;}}",
     "1:27: error: `check` is not supported\n"
     "= write `health_check /path interval=3s fails=5 passes=2;`\n"},
    {"http{upstream a{server b; least_conn; ip_hash;}}",
     "1:6: error: this upstream has both `least_conn` and `ip_hash`\n= keep one of them\n"},
    {"http{upstream a{server b;} server{location /{proxy_pass http://A:81;}}}",
     "1:57: error: upstream `a` may not have a port\n= leave the port out: its servers have theirs\n"},
    {"http{upstream a{server b; zone x 64k; keepalive 8; keepalive_timeout 9s; least_conn;"
     "keepalive_requests 7; keepalive_time 2h;} server{location /{proxy_pass http://a/x;}}}",
     ""},
    {LOCATION("proxy_pass a:80;"), "1:35: error: `a:80` does not begin with http:// or https://\n"
                                   "= write `proxy_pass http://host:port;`\n"},
    {LOCATION("proxy_pass http://a b:80;"),
     "1:44: error: `proxy_pass` takes 1 word, not 2\n"
     "= write `proxy_pass http://host[:port][/path];`\n"},
    {LOCATION("proxy_pass http://a:0;"), "1:35: error: `http://a:0` has no host with a port\n"
                                         "= write `proxy_pass http://host:port;`\n"},
    {LOCATION("proxy_pass http://unix:/x;"),
     "1:35: error: backends on UNIX sockets are not supported\n"
     "= let the backend listen on 127.0.0.1\n"},
    {LOCATION("proxy_set_header Host $hots;"),
     "1:46: error: unknown variable `$hots`\n= did you mean `$host`?\n"},
    {LOCATION("proxy_set_header Content-Length 1;"),
     "1:41: error: frontd says itself how long a body is\n= leave it out\n"},
    {LOCATION("proxy_set_header \"a b\" 1;"),
     "1:41: error: `a b` is no name of a header field\n"},
    {LOCATION("return 200 \"${host\";"), "1:35: error: \"${\" without \"}\"\n"},
    {LOCATION("return abc;"),
     "1:31: error: `abc` is no status code\n"
     "= write `return 404;`, `return 200 text;` or `return 301 https://…;`\n"},
    {LOCATION("return 301 https://$host$request_uri; return 404; return 200 ok;"), ""},
    {LOCATION("access_log /x combined; access_log off;"), ""},
    {LOCATION("access_log /x combned;"),
     "1:38: error: unknown log format `combned`\n= did you mean `combined`?\n"},
    {LOCATION("access_log /x combined buffer=32k flush=5m if=$host;"), ""},
    {LOCATION("access_log /x combined gzip;"), ""},
    {LOCATION("access_log /x combined gzip=0;"),
     "1:47: error: gzip has levels from 1 to 9, not `0`\n"},
    {LOCATION("access_log /x combined flush=5m;"),
     "1:35: error: there is no buffer that `flush=` could write out\n"
     "= add `buffer=32k` or `gzip`\n"},
    {LOCATION("access_log /x combined gzip; access_log /x;"),
     "1:64: error: this log is written elsewhere with another buffer (1)\n"},
    {LOCATION("access_log syslog:server=x;"), "1:35: error: logging to syslog is not supported\n"
                                              "= name a file, or /dev/stdout\n"},
    {"http{log_format a escape=json '{' '\"a\":\"$status\"' '}'; access_log /x a; server{}}", ""},
    {"http{log_format a x; log_format a y;}",
     "1:33: error: there is a log format `a` already\n"},
    {"http{log_format a $reqest;}",
     "1:19: error: unknown variable `$reqest`\n= did you mean `$request`?\n"},
    {LOCATION("sendfile on; tcp_nopush on; types_hash_max_size 2048; server_tokens off;"), ""},
    {LOCATION("types { text/html html htm; } types { image/png png; } default_type a/b;"), ""},
    {LOCATION("types { text/html; }"),
     "1:32: error: a line of `types` is a type and its extensions\n= write `text/html html htm;`\n"},
    {LOCATION("keepalive_timeout 5s 4s; index a b; index c;"), ""},
    {LOCATION("proxy_connect_timeout 1s; proxy_send_timeout 1m; client_body_timeout 500ms; "
              "send_timeout 1h 30m;"),
     "1:116: error: `send_timeout` takes 1 word, not 2\n= write `send_timeout time;`\n"},
    {LOCATION("proxy_connect_timeout 1s; proxy_send_timeout 1m; client_body_timeout 500ms; "
              "send_timeout 1h30m;"),
     ""},
    {LOCATION("keepalive_timeout soon;"),
     "1:42: error: `soon` is no time\n= write 75s, 5m, 1h 30m\n"},
    {LOCATION("index /a b;"),
     "1:30: error: what begins with / is not looked for: nothing behind it counts\n= put it last\n"},
    {LOCATION("alias /x; root /y;"),
     "1:30: error: `root` and `alias` in the same location\n= `root` adds the whole path, `alias` "
     "replaces that of the location: choose one\n"},
    {LOCATION("try_files /a =600;"), "1:37: error: `=600` is no status code\n= write `=404`\n"},
};
/* clang-format on */

static void finds_what_would_not_work(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof finding_cases / sizeof finding_cases[0]; i++) {
        struct conf_text text;
        struct arena arena;
        struct slice findings;

        arena_init(&arena, ARENA_UNLIMITED);
        conf_text_read(&text, finding_cases[i].text, false);
        findings = conf_text_findings(&text, &arena);
        if (!slice_equal(findings, slice_of(finding_cases[i].findings))) {
            print_error("%s\n--- said\n%.*s--- instead of\n%s", finding_cases[i].text,
                        (int)findings.len, findings.at, finding_cases[i].findings);
            failures++;
        }
        conf_text_free(&text);
        arena_deinit(&arena);
    }
    assert_int_equal(failures, 0);
}

/* nginx's directives that tune what needs no tuning here: accepted in http, and looked at. */
static const char *const unused[] = {
    "aio threads",
    "client_body_temp_path /x 1 2 3",
    "directio 4m",
    "fastcgi_temp_path /x 1 2",
    "keepalive_disable msie6 safari",
    "lingering_close always",
    "lingering_time 30s",
    "open_file_cache max=1000 inactive=20s",
    "open_file_cache_min_uses 2",
    "output_buffers 2 32k",
    "proxy_cache_path /x keys_zone=a:1m",
    "proxy_cache_bypass $http_x",
    "proxy_no_cache $http_x",
    "proxy_temp_path /x",
    "scgi_temp_path /x",
    "sendfile on",
    "sendfile_max_chunk 1m",
    "ssl_stapling on",
    "tcp_nodelay off",
    "types_hash_max_size 2048",
    "uwsgi_temp_path /x",
};

static bool is_taken(const char *directive, size_t findings)
{
    char source[256];
    struct conf_text text;
    bool good;

    snprintf(source, sizeof source, "http{%s;server{}}", directive);
    conf_text_read(&text, source, false);
    good = text.good && text.report.count == findings;
    conf_text_free(&text);
    return good;
}

static void accepts_what_has_no_meaning_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
        if (!is_taken(unused[i], 0))
            fail_msg("%s", unused[i]);
}

static const char *const wrong[] = {
    "sendfile 1",        "lingering_time 3x", "sendfile_max_chunk on",
    "ssl_stapling sure", "tcp_nodelay",       "open_file_cache_min_uses x"};

static void looks_at_what_has_no_meaning_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (is_taken(wrong[i], 0))
            fail_msg("%s", wrong[i]);
}

/* Not supported, and not wanted either. */
static const char *const turned_off[] = {"proxy_cache off", "sub_filter_once off", "brotli off",
                                         "modsecurity off"};

static void takes_what_is_only_turned_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof turned_off / sizeof turned_off[0]; i++)
        if (!is_taken(turned_off[i], 0))
            fail_msg("%s", turned_off[i]);
}

struct refused_case {
    const char *name, *around; /* with a %s for the directive */
    bool is_block;
};

/* clang-format off */
static const struct refused_case refused[] = {
    {"add_header", "http{%s}", false},
    {"brotli_comp_level", "http{%s}", false},
    {"fastcgi_pass", LOCATION("%s"), false},
    {"fastcgi_split_path_info", SERVER("%s"), false},
    {"content_by_lua_block", LOCATION("%s"), true},
    {"geoip_country", "http{%s}", false},
    {"more_set_headers", "http{%s}", false},
    {"stream", "%s", true},
    {"grpc_pass", LOCATION("%s"), false},
    {"proxy_cache", "http{%s}", false},
    {"scgi_pass", LOCATION("%s"), false},
    {"ssl", "http{%s}", false},
    {"sub_filter", "http{%s}", false},
    {"uwsgi_pass", LOCATION("%s"), false},
};
/* clang-format on */

/* Puts `directive` where `around` says "%s". */
static struct slice put_into(struct arena *arena, const char *around, struct slice directive)
{
    struct slice before = slice_of(around), after;

    after = slice_from(before, slice_find(before, '%') + 2);
    before = slice_part(before, 0, slice_find(before, '%'));
    return arena_format(arena, "%.*s%.*s%.*s", (int)before.len, before.at, (int)directive.len,
                        directive.at, (int)after.len, after.at);
}

static void refuses_with_what_to_do_instead(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct arena arena;
        struct conf_text text;
        struct slice directive, source;

        arena_init(&arena, ARENA_UNLIMITED);
        directive =
            arena_format(&arena, refused[i].is_block ? "%s x { a b; }" : "%s x;", refused[i].name);
        source = put_into(&arena, refused[i].around, directive);
        conf_text_read(&text, source.at, false);
        if (text.report.count != 1 || text.report.findings[0].help[0].len == 0)
            fail_msg("%s\n%s", source.at, conf_text_findings(&text, &arena).at);
        conf_text_free(&text);
        arena_deinit(&arena);
    }
}

static void looks_at_the_disk_only_when_asked(void **state)
{
    static const char source[] = LOCATION("root /nonexistent/x; proxy_pass http://127.0.0.1;");
    struct conf_text text;

    (void)state;
    conf_text_read(&text, source, false);
    assert_int_equal(text.report.warnings, 0);
    conf_text_free(&text);
    conf_text_read(&text, source, true);
    assert_true(text.good);
    assert_int_equal(text.report.warnings, 1);
    conf_text_free(&text);
}

static const struct http_server *server_of(const struct conf_text *text)
{
    const struct conf_scope *http = conf_first(text->conf.main, CONF_HTTP);

    return conf_values(&text->conf, conf_first(http, CONF_SERVER), &http_server_group);
}

static void has_the_defaults_of_nginx(void **state)
{
    struct conf_text text;
    const struct http_location *location;

    (void)state;
    conf_text_read(&text, SERVER("location /{}"), false);
    assert_true(text.good);
    location = server_of(&text)->locations[0];
    assert_int_equal(server_of(&text)->client_header_timeout, 60000);
    assert_int_equal(location->client_max_body_size, 1 << 20);
    assert_int_equal(location->keepalive_timeout.timeout_ms, 75000);
    assert_int_equal(location->keepalive_requests, 1000);
    assert_int_equal(location->proxy->proxy_read_timeout, 60000);
    assert_true(slice_equal(location->default_type, SLICE("text/plain")));
    assert_int_equal(location->access_log.count, 1);
    assert_true(slice_equal(location->access_log.items[0].path, SLICE("/test/logs/access.log")));
    assert_true(slice_equal(location->access_log.items[0].format->name, SLICE("combined")));
    assert_int_equal(location->files->index.count, 1);
    assert_false(location->proxy->pass.present);
    assert_null(location->program);
    conf_text_free(&text);
}

static void lists_are_inherited_whole_or_not_at_all(void **state)
{
    struct conf_text text;
    const struct http_server *server;

    (void)state;
    conf_text_read(&text,
                   "http{proxy_set_header A 1;proxy_set_header B 2;access_log /a;"
                   "server{location /x{} location /y{proxy_set_header C 3;access_log off;}}}",
                   false);
    assert_true(text.good);
    server = server_of(&text);
    assert_int_equal(server->locations[0]->proxy->set_header.count, 2);
    assert_int_equal(server->locations[0]->access_log.count, 1);
    assert_int_equal(server->locations[1]->proxy->set_header.count, 1);
    assert_true(server->locations[1]->access_log.off);
    conf_text_free(&text);
}

static const struct http_return *answer_of(const struct http_location *location)
{
    assert_int_equal(location->program->steps[0].kind, HTTP_STEP_RETURN);
    return location->program->steps[0].as.answer;
}

static void reads_backends_and_returns(void **state)
{
    struct conf_text text;
    const struct http_server *server;

    (void)state;
    conf_text_read(&text,
                   SERVER("location /a{proxy_pass http://[::1]:81/x?y;}"
                          "location /b{proxy_pass http://host;}"
                          "location /c{return https://x;} location /d{return 301 /x;}"
                          "location /e{return 200 text; return 404;}"),
                   false);
    assert_true(text.good);
    server = server_of(&text);
    assert_true(slice_equal(server->locations[0]->proxy->pass.target.host, SLICE("::1")));
    assert_int_equal(server->locations[0]->proxy->pass.target.port, 81);
    assert_true(slice_equal(server->locations[0]->proxy->pass.authority, SLICE("[::1]:81")));
    assert_true(slice_equal(server->locations[0]->proxy->pass.uri, SLICE("/x?y")));
    assert_int_equal(server->locations[1]->proxy->pass.target.port, 80);
    assert_false(server->locations[1]->proxy->pass.has_uri);
    assert_int_equal(answer_of(server->locations[2])->status, 302);
    assert_true(answer_of(server->locations[2])->is_redirect);
    assert_int_equal(answer_of(server->locations[3])->status, 301);
    assert_int_equal(answer_of(server->locations[4])->status, 200);
    assert_false(answer_of(server->locations[4])->is_redirect);
    conf_text_free(&text);
}

static void puts_servers_together_by_address(void **state)
{
    struct conf_text text;
    struct arena arena;
    struct listen_list list = {0};
    const http_server_pointer *servers;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    conf_text_read(&text,
                   "http{server{listen 80;server_name a;} server{listen 80 default_server;listen "
                   "127.0.0.1:81;server_name b;} server{listen 80;server_name c;}}",
                   false);
    http_protocol_conf.listens(&text.conf, &arena, &list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.listens[0].server_count, 3);
    servers = list.listens[0].servers;
    assert_true(slice_equal(servers[0]->name, SLICE("b")));
    assert_true(slice_equal(servers[1]->name, SLICE("a")));
    assert_true(slice_equal(servers[2]->name, SLICE("c")));
    assert_false(list.listens[0].tls);
    assert_int_equal(http_conf_location_count(&text.conf), 3);
    conf_text_free(&text);
    arena_deinit(&arena);
}

#define MANY 20000

/* Comparing each server with each would take longer than a test may. Two of them claim one name,
 * two more to be the default one. */
static void checks_very_many_servers(void **state)
{
    struct conf_text text;
    struct arena arena;
    size_t len;
    char *source;
    FILE *out = open_memstream(&source, &len);

    (void)state;
    assert_non_null(out);
    fputs("http{", out);
    for (int i = 0; i < MANY; i++)
        fprintf(out, "server{listen 80 %s;listen 127.0.%d.%d;server_name s%d www.s%d;}\n",
                i == 7 || i == MANY - 1 ? "default_server" : "", i / 250, i % 250,
                i == MANY - 2 ? 3 : i, i);
    fputs("}", out);
    assert_int_equal(fclose(out), 0);
    conf_text_read(&text, source, true);
    arena_init(&arena, ARENA_UNLIMITED);
    assert_string_equal(arena_keep(&arena, conf_text_findings(&text, &arena)).at,
                        "20000:15: error: 0.0.0.0:80 has a default server already (8)\n"
                        "19999:51: warning: two servers are called `s3` on 0.0.0.0:80 (4)\n");
    arena_deinit(&arena);
    conf_text_free(&text);
    free(source);
}

static void says_what_will_run(void **state)
{
    struct conf_text text;
    char memory[256];
    struct text summary = text_in(memory, sizeof memory);

    (void)state;
    conf_text_read(&text,
                   "http{server{server_name a;} server{server_name b c;} server{server_name *.d;}"
                   "server{server_name e;}}",
                   false);
    http_protocol_conf.summary(&text.conf, &summary);
    assert_true(slice_equal(text_slice(&summary), SLICE("ok  4 sites       a, b, *.d, …\n")));
    conf_text_free(&text);
}

static void names_every_log_it_writes_to(void **state)
{
    struct conf_text text;
    struct log_files files = {0};

    (void)state;
    conf_text_read(&text,
                   "http{access_log /all;server{location /x{access_log /x;} location /y{access_log "
                   "off;} location /z{access_log /x;access_log z;}}}",
                   false);
    http_protocol_conf.logs(&text.conf, &files);
    assert_int_equal(files.count, 3);
    assert_true(slice_equal(files.files[0].path, SLICE("/all")));
    assert_true(slice_equal(files.files[1].path, SLICE("/x")));
    assert_true(slice_equal(files.files[2].path, SLICE("/test/z")));
    free(files.files);
    conf_text_free(&text);
}

static void its_tables_are_consistent(void **state)
{
    struct arena arena;
    struct slice why = SLICE_NONE;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    if (!conf_groups_consistent(http_protocol_conf.groups, &arena, &why))
        fail_msg("%.*s", (int)why.len, why.at);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_would_not_work),
        cmocka_unit_test(accepts_what_has_no_meaning_here),
        cmocka_unit_test(looks_at_what_has_no_meaning_here),
        cmocka_unit_test(takes_what_is_only_turned_off),
        cmocka_unit_test(refuses_with_what_to_do_instead),
        cmocka_unit_test(looks_at_the_disk_only_when_asked),
        cmocka_unit_test(has_the_defaults_of_nginx),
        cmocka_unit_test(lists_are_inherited_whole_or_not_at_all),
        cmocka_unit_test(reads_backends_and_returns),
        cmocka_unit_test(puts_servers_together_by_address),
        cmocka_unit_test(checks_very_many_servers),
        cmocka_unit_test(says_what_will_run),
        cmocka_unit_test(names_every_log_it_writes_to),
        cmocka_unit_test(its_tables_are_consistent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
