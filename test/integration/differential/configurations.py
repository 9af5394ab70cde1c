"""Small configurations that nginx and frontd both take, or both refuse; where they do not agree, why. Each row is
what stands in a block: `h` in http, `s` in server, `l` in location, `u` in upstream."""

ROWS = r'''
l root /a; root /b;
l index a.html; index b.html;
l gzip on; gzip off;
l gzip yes;
l gzip On;
l gzip;
l gzip on off;
l gzip_comp_level 0;
l gzip_comp_level 9;
l gzip_comp_level 10;
l gzip_comp_level x;
l gzip_types text/css text/css;
l gzip_types text/html;
l gzip_types *;
l gzip_proxied off any;
l gzip_proxied any expired;
l gzip_proxied nonsense;
l gzip_http_version 1.2;
l gzip_disable "(";
l gzip_disable msie6 "x";
l gzip_min_length 1k;
l gzip_min_length 1.5k;
l gzip_min_length -1;
l gzip_static maybe;
l gzip_vary on;
l expires 30d;
l expires +30d;
l expires -1;
l expires 0;
l expires @15h30m;
l expires @25h;
l expires @-1h;
l expires modified 1d;
l expires modified;
l expires modified @1h;
l expires epoch;
l expires max;
l expires off;
l expires never;
l expires 1d 2d;
l expires 1h30m;
l expires "1h 30m";
l expires 1y;
l expires 2M;
l expires 3w;
l expires 1ms;
l add_header X;
l add_header X 1 always;
l add_header X 1 sometimes;
l add_header X 1; add_header X 1;
l add_header "" x;
l client_max_body_size 0;
l client_max_body_size 10M;
l client_max_body_size 1g;
l client_max_body_size 1t;
l client_max_body_size -1;
l client_max_body_size 10 m;
l client_max_body_size 99999999999999999999;
l client_body_timeout 60;
l client_body_timeout 1m30s;
l client_body_timeout 500ms;
l client_body_timeout 1h1h;
l client_body_timeout 30s1m;
l client_body_timeout x;
l client_body_timeout "";
l send_timeout 2y;
l keepalive_timeout 0;
l keepalive_timeout 75s 70s;
l keepalive_timeout 75s 70s 65s;
l keepalive_requests 0;
l keepalive_requests -1;
l error_page 404;
l error_page 404 /x;
l error_page 404 403 500 /x;
l error_page 404 =200 /x;
l error_page 404 = /x;
l error_page 404 =x /x;
l error_page 299 /x;
l error_page 300 /x;
l error_page 599 /x;
l error_page 600 /x;
l error_page 499 /x;
l error_page 404 =200;
l error_page x /x;
l error_page 404 @named;
l return;
l return 200;
l return 200 text;
l return 200 text text;
l return 1000;
l return 999;
l return 0;
l return 99;
l return x;
l return http://x;
l return https://x;
l return $scheme://x;
l return /x;
l return 301;
l return 301 /x;
l return 444;
l return 204;
l rewrite ^ /x;
l rewrite ^;
l rewrite ( /x;
l rewrite ^ /x last;
l rewrite ^ /x later;
l rewrite ^ /x last break;
l rewrite ^(.*)$ $2;
l set a b;
l set $a;
l set $a b c;
l set $ b;
l set $a "";
l if ($a) { }
l set $a 1; if ($a) { }
l if ($host) { }
l if ($host = a) { }
l if ($host == a) { }
l if ($host = a b) { }
l if ($host ~ ^a) { }
l if ($host ~ ( ) { }
l if ($host !~* ^a) { }
l if (-f /x) { }
l if (!-f /x) { }
l if (-z /x) { }
l if (! -f /x) { }
l if ( $host ) { }
l if ($host) { return 200; } else { return 404; }
l if $host { }
l if () { }
l if ($host && $uri) { }
l if ($host) { if ($uri) { } }
l if ($host) { proxy_set_header X y; }
l if ($host) { root /x; }
l if ($host) { alias /x; }
l if ($host) { location /x { } }
l if ($host) { add_header X y; expires 1h; }
l if ($host) { try_files $uri =404; }
l break;
l break x;
l try_files $uri;
l try_files $uri =404;
l try_files $uri =x;
l try_files $uri =1000;
l try_files $uri @x;
l try_files $uri $uri/ /index.html?$args;
l alias /x;
l alias /x; root /y;
l location /inner { }
l location /test/inner { }
l location /test/ { }
l location ~ ^/test { }
l location = /test/x { }
l location @x { }
s location / { } location / { }
s location = / { } location / { }
s location / { } location ^~ / { }
s location ~ a { } location ~ a { }
s location ~ a { } location ~* a { }
s location @a { } location @a { }
s location ~ ( { }
s location ~* "^/a{2}$" { }
s location ~ ^/a{2}$ { }
s location { }
s location / /x { }
s location =/ { }
s location ~^/x { }
s location ^~/x { }
s location ! /x { }
s location /a { location /b { } }
s location /a { location /a/b { } }
s location = /a { location /a/b { } }
s location ~ /a { location ~ /b { } }
s location @a { location /b { } }
s location @a { internal; }
s location @a { alias /x; }
s location ~ /a(.*) { alias /x/$1; }
s location /a { proxy_pass http://127.0.0.1:1; root /x; }
s location /a { proxy_pass 127.0.0.1:1; }
s location /a { proxy_pass http://; }
s location /a { proxy_pass http://127.0.0.1:99999; }
s location /a { proxy_pass http://127.0.0.1:x; }
s location /a { proxy_pass http://127.0.0.1:1 x; }
s location /a { proxy_pass http://unix:/x; }
s location /a { proxy_pass http://unix:/x:/uri; }
s location /a { proxy_pass http://[::1]:80; }
s location /a { proxy_pass http://[::1; }
s location /a { proxy_pass ftp://x; }
s location /a { proxy_pass http://127.0.0.1:1; proxy_pass http://127.0.0.1:2; }
s location ~ /a { proxy_pass http://127.0.0.1:1/x; }
s location ~ /a { proxy_pass http://127.0.0.1:1; }
s location ~ /a { proxy_pass http://127.0.0.1:1/; }
s location @a { proxy_pass http://127.0.0.1:1/x; }
s location /a { if ($host) { proxy_pass http://127.0.0.1:1/x; } }
s location /a { limit_except GET { proxy_pass http://127.0.0.1:1/x; } }
s location /a { limit_except GET { proxy_pass http://127.0.0.1:1; } }
s location /a { limit_except GET HEAD POST { deny all; } }
s location /a { limit_except FOO { deny all; } }
s location /a { limit_except GET; }
s location /a { limit_except GET { return 403; } }
s location /a { limit_except GET { allow all; } limit_except POST { allow all; } }
s proxy_pass http://127.0.0.1:1;
s server_name a; server_name b;
s server_name;
s server_name "";
s server_name _;
s server_name *.x.org .x.org www.*;
s server_name *.x.*;
s server_name x*.org;
s server_name www.*.org;
s server_name *;
s server_name .;
s server_name ~^(?<name>.+)\.org$;
s server_name ~(;
s server_name a/b;
s server_name "a b";
s server_name a a;
s server_name $host;
s server_name $hostname;
s listen 19998; listen 19998;
s listen 127.0.0.1:19998 default_server; listen 127.0.0.1:19998;
s listen 127.0.0.1:19998 default;
s listen 127.0.0.1:19998 bind backlog=5 rcvbuf=1k sndbuf=1k;
s listen 127.0.0.1:19998 deferred reuseport so_keepalive=on;
s listen 127.0.0.1:19998 so_keepalive=30m::10;
s listen 127.0.0.1:19998 nonsense;
s listen 127.0.0.1:0;
s listen 127.0.0.1:65536;
s listen *:19998;
s listen [::1]:19998 ipv6only=on;
s listen [::1]:19998 ipv6only=maybe;
s listen localhost:19998;
s listen 127.0.0.1:19998 proxy_protocol;
s listen 127.0.0.1:19998 setfib=1;
s listen 127.0.0.1:19998 ssl;
s listen 127.0.0.1:19998 http2;
s listen unix:@home@/sock;
s listen 127.0.0.1:19990-19992;
s listen;
s allow all; deny all;
s allow 127.0.0.1; allow 10.0.0.0/8; allow ::1; allow 2001:db8::/32; allow unix:;
s allow 10.0.0.1/8;
s allow 10.0.0.0/33;
s allow 256.0.0.1;
s allow x;
s allow localhost;
s satisfy any;
s satisfy some;
s auth_basic off;
s auth_basic "x"; auth_basic_user_file @home@/pw;
s auth_basic "x";
s auth_request off;
s auth_request /x;
s auth_request x;
s auth_request_set a b;
s auth_request_set $a b;
s resolver 127.0.0.1;
s resolver 127.0.0.1 valid=5s ipv6=off;
s resolver 127.0.0.1 valid=x;
s resolver 127.0.0.1:53 [::1]:53;
s resolver;
s resolver 127.0.0.1 status_zone=x;
s limit_rate 1k;
s limit_rate x;
s limit_rate_after 1m;
s limit_req zone=none;
s limit_req zone=z burst=5 nodelay delay=3;
s limit_req zone=z burst=5 delay=3;
s limit_req zone=z burst=-1;
s limit_req zone=z burst=x;
s limit_req burst=5;
s limit_req zone=z; limit_req zone=z;
s limit_req_status 429;
s limit_req_status 200;
s limit_req_status 600;
s limit_conn z 1;
s limit_conn none 1;
s limit_conn c 0;
s limit_conn c 70000;
s limit_conn c x;
s limit_conn c 1; limit_conn c 2;
s limit_conn_status 399;
s limit_req_log_level debug;
s limit_req_log_level info;
s access_log off;
s access_log logs/a.log;
s access_log logs/a.log nothing;
s access_log logs/a.log combined;
s access_log logs/a.log combined buffer=32k flush=5s;
s access_log logs/a.log combined gzip;
s access_log logs/a.log combined gzip=9 buffer=64k;
s access_log logs/a.log combined gzip=10;
s access_log logs/a.log combined flush=5s;
s access_log logs/a.log combined buffer=x;
s access_log logs/a.log combined nonsense=1;
s access_log off; access_log logs/a.log;
s access_log logs/a.log; access_log off;
s access_log logs/a.log combined if=$host;
s access_log syslog:server=127.0.0.1;
s access_log /dev/stdout;
s access_log;
s error_log logs/e.log;
s error_log logs/e.log loud;
s error_log logs/e.log debug_http;
s error_log /dev/null emerg;
s error_log stderr;
s error_log off;
s error_log syslog:server=127.0.0.1;
s types { }
s types { text/html html htm; }
s types { text/html html; text/plain html; }
s types { text/html; }
s types { include mime.none; }
s types text/html;
s default_type text/plain;
s default_type;
s charset utf-8;
s charset off;
s charset $host;
s charset_types *;
s override_charset on;
s autoindex on;
s autoindex_format yaml;
s ssi on; ssi_types text/css;
s ssi_types text/css text/css;
s merge_slashes off;
s root;
s root "";
s root relative;
s root $document_root;
s index;
s index index.html $host.html /x.html;
s etag off;
s if_modified_since before;
s if_modified_since after;
s max_ranges 0;
s max_ranges x;
s server_tokens off;
s server_tokens build;
s server_tokens none;
s stub_status;
s stub_status on;
s stub_status off;
s internal;
l internal;
l internal on;
l stub_status on;
s large_client_header_buffers 4 8k;
s large_client_header_buffers 4;
s large_client_header_buffers 0 8k;
s client_header_buffer_size 1k;
s client_header_timeout 1x;
s ssl_protocols TLSv1.2 TLSv1.3;
s ssl_protocols SSLv3;
s ssl_protocols TLSv9;
s ssl_ciphers HIGH:!aNULL;
s ssl_ciphers nonsense;
s ssl_session_cache shared:SSL:10m;
s ssl_session_cache shared:SSL;
s ssl_session_cache shared:SSL:1k;
s ssl_session_cache builtin:1000;
s ssl_session_cache none;
s ssl_session_cache off;
s ssl_session_cache x;
s ssl_session_timeout 1d;
s ssl_session_tickets maybe;
s ssl_verify_client maybe;
s ssl_verify_client optional_no_ca;
s ssl_verify_depth x;
s ssl_ecdh_curve X25519:prime256v1;
s ssl_ecdh_curve nonsense;
s ssl_ecdh_curve auto;
s ssl_prefer_server_ciphers on;
s ssl_stapling on;
s ssl on;
s ssl off;
s ssl_buffer_size 4k;
s set_real_ip_from 10.0.0.0/8;
s set_real_ip_from unix:;
s set_real_ip_from localhost;
s real_ip_header X-Real-IP;
s real_ip_header proxy_protocol;
s real_ip_header;
s real_ip_recursive yes;
l proxy_set_header X;
l proxy_set_header X "";
l proxy_set_header X a b;
l proxy_http_version 1.0;
l proxy_http_version 2;
l proxy_method POST;
l proxy_hide_header X;
l proxy_hide_header X Y;
l proxy_ignore_headers X-Accel-Redirect Vary;
l proxy_ignore_headers X-Nothing;
l proxy_next_upstream error timeout off;
l proxy_next_upstream off;
l proxy_next_upstream http_418;
l proxy_next_upstream error error;
l proxy_redirect off;
l proxy_redirect default;
l proxy_redirect a b;
l proxy_redirect a;
l proxy_redirect off; proxy_redirect a b;
l proxy_redirect ~( b;
l proxy_cookie_path a;
l proxy_cookie_path off;
l proxy_cookie_domain a b;
l proxy_cookie_flags a secure httponly samesite=lax;
l proxy_cookie_flags a samesite=x;
l proxy_cookie_flags a;
l proxy_cookie_flags off;
l proxy_buffers 8 4k;
l proxy_buffers 8;
l proxy_buffers x 4k;
l proxy_buffer_size 4k;
l proxy_buffers 8 4k; proxy_buffer_size 128k;
l proxy_busy_buffers_size 1k;
l proxy_read_timeout 0;
l proxy_connect_timeout 75s;
l proxy_limit_rate 1m;
l proxy_max_temp_file_size 0;
l proxy_ssl_protocols TLSv1.3;
l proxy_ssl_ciphers nonsense;
l proxy_ssl_verify on;
l proxy_pass https://127.0.0.1:1; proxy_ssl_verify on;
l proxy_ssl_name x;
l proxy_ssl_trusted_certificate /nowhere;
l proxy_next_upstream_tries x;
u server 127.0.0.1:2 weight=5 max_fails=3 fail_timeout=30s;
u server 127.0.0.1:2 weight=0;
u server 127.0.0.1:2 weight=x;
u server 127.0.0.1:2 backup;
u server 127.0.0.1:2 down;
u server 127.0.0.1:2 max_conns=10;
u server 127.0.0.1:2 nonsense;
u server unix:/x;
u server 127.0.0.1;
u server localhost;
u server http://x;
u server 127.0.0.1:2/x;
u server;
u keepalive 16;
u keepalive 0;
u keepalive x;
u keepalive 16; keepalive 17;
u ip_hash;
u ip_hash; least_conn;
u least_conn; keepalive 3;
u keepalive 3; least_conn;
u keepalive_timeout 5s;
u keepalive_requests 5;
u keepalive_time 5m;
u zone u 64k;
u zone u;
u ip_hash; server 127.0.0.1:3 backup;
h map $host $x { default a; }
h map $host x { default a; }
h map $host { default a; }
h map $host $x { a b; a c; }
h map $host $x { default a; default b; }
h map $host $x { hostnames; *.x.org b; .y.org c; www.* d; }
h map $host $x { ~( b; }
h map $host $x { ~*a b; ~a$ c; }
h map $host $x { a; }
h map $host $x { a b c; }
h map $host $x { volatile; a b; }
h map $host $x { include nothing*.map; }
h map $host $x { include nothing.map; }
h map $host $x { a $y; }
h map "$host$uri" $x { a b; }
h map $nothing $x { a b; }
h geo $x { default 0; 10.0.0.0/8 1; }
h geo $remote_addr $x { 10.0.0.0/8 1; }
h geo $x { ranges; 10.0.0.0-10.0.0.9 1; }
h geo $x { ranges; 10.0.0.0/8 1; }
h geo $x { 10.0.0.0-10.0.0.9 1; }
h geo $x { 10.0.0.0/8 1; 10.0.0.0/8 2; }
h geo $x { delete 10.0.0.0/8; }
h geo $x { proxy 10.0.0.1; proxy_recursive; 1.2.3.4 a; }
h geo $x { nonsense 1; }
h split_clients $host $x { 50% a; * b; }
h split_clients "$host$uri" $x { 0.5% a; 2.05% b; 10% c; }
h split_clients $host $x { 60% a; 50% b; }
h split_clients $host $x { 100% a; * b; }
h split_clients $host $x { * a; 10% b; }
h split_clients $host $x { 0% a; }
h split_clients $host $x { 10 a; }
h split_clients $host $x { x% a; }
h split_clients $host $x { 0.005% a; }
h split_clients $host $x { 50% a b; }
h split_clients $host $x { }
h split_clients $host x { * a; }
h split_clients $host { * a; }
h log_format x "a";
h log_format x;
h log_format x "a" "b";
h log_format x "a"; log_format x "b";
h log_format combined "b";
h log_format x escape=json "$uri";
h log_format x escape=xml "$uri";
h log_format x "$nothing";
h limit_req_zone $host zone=a:1m rate=1r/s;
h limit_req_zone $host zone=a:1m rate=1r/h;
h limit_req_zone $host zone=a:1m rate=0r/s;
h limit_req_zone $host zone=a rate=1r/s;
h limit_req_zone $host zone=a:1k rate=1r/s;
h limit_req_zone host zone=a:1m rate=1r/s;
h limit_req_zone $host rate=1r/s;
h limit_req_zone $host zone=a:1m rate=1r/s; limit_req_zone $host zone=a:1m rate=1r/s;
h limit_conn_zone $host zone=a:1m; limit_conn_zone $host zone=a:1m;
h limit_conn_zone $host zone=a:1m; limit_req_zone $host zone=a:1m rate=1r/s;
h upstream a { server 127.0.0.1:1; } upstream a { server 127.0.0.1:1; }
h upstream a { }
h upstream { server 127.0.0.1:1; }
h server { listen 127.0.0.1:19997 default_server; } server { listen 127.0.0.1:19997 default_server; }
h server { listen 127.0.0.1:19997; server_name a; } server { listen 127.0.0.1:19997; server_name a; }
h server { } 
h include nothing*;
h include nothing;
h include n[o]thing;
h include;
h types_hash_max_size x;
h sendfile maybe;
h keepalive_timeout 65
h root "/a b";
h root '/a'b;
h root "/a"b;
h root /a\ b;
h add_header X "a\nb";
h # comment
h root /x; # comment } ; "
h root /x#y;
h add_header X ${host};
h add_header X "${host";
h add_header X $;
h add_header X "$";
h add_header X "a$";
h add_header X "\$host";
h {}
h ;
h root /x;;
h server_names_hash_bucket_size 64;
'''.strip().splitlines()

# frontd takes these, nginx does not.
FRONTD_TAKES = {
    r'l expires 1ms;': "a time is a time",
    r's resolver 127.0.0.1 status_zone=x;': "counts for NGINX Plus",
    r's server_tokens none;': "frontd's own word",
    r's ssl_session_cache shared:SSL:1k;': "there is no cache that could be too small",
    r'l proxy_redirect default;': "its meaning does not depend on the order",
    r'l proxy_redirect off; proxy_redirect a b;': "off wins, wherever it stands",
    r'l proxy_buffers 8;': "sizes of buffers have no effect",
    r'l proxy_buffers x 4k;': "sizes of buffers have no effect",
    r'l proxy_buffers 8 4k; proxy_buffer_size 128k;': "sizes of buffers have no effect",
    r'l proxy_busy_buffers_size 1k;': "sizes of buffers have no effect",
    r'u zone u;': "zones of upstreams have no effect",
    r'h log_format combined "b";': "the usual format may be replaced",
    r'h limit_conn_zone $host zone=a:1m; limit_req_zone $host zone=a:1m rate=1r/s;': "each kind has names of its own",
}

# nginx takes these, frontd does not.
NGINX_TAKES = {
    r'h split_clients $host $x { 50% a b; }': "a part has one value",
    r'l add_header "" x;': "a field without a name is none",
    r'l return 0;': "no status",
    r'l return 99;': "no status",
    r's location @a { } location @a { }': "one of them would never answer",
    r's location /a { proxy_pass http://unix:/x; }': "no backends on UNIX sockets",
    r's location /a { proxy_pass http://unix:/x:/uri; }': "no backends on UNIX sockets",
    r'u server unix:/x;': "no backends on UNIX sockets",
    r's server_name *.x.*;': "no host has this name",
    r's server_name x*.org;': "no host has this name",
    r's server_name www.*.org;': "no host has this name",
    r's server_name a/b;': "no host has this name",
    r's server_name $host;': "no host has this name",
    r's listen localhost:19998;': "an address is a number: -t asks nobody for names",
    r's listen 127.0.0.1:19998 proxy_protocol;': "comes later",
    r's listen unix:@home@/sock;': "no listening on UNIX sockets",
    r's listen 127.0.0.1:19990-19992;': "one port for each listen",
    r's auth_basic "x";': "it protects nothing",
    r's auth_request x;': "a path begins with a slash",
    r's access_log syslog:server=127.0.0.1;': "no syslog",
    r's error_log syslog:server=127.0.0.1;': "no syslog",
    r's error_log logs/e.log debug_http;': "one level of debugging",
    r's types { text/html; }': "a type without an extension",
    r's root "";': "a directory has a name",
    r's ssl_protocols SSLv3;': "broken",
    r's ssl_ciphers nonsense;': "nginx tries only where there is a certificate",
    r's set_real_ip_from localhost;': "an address is a number",
    r's real_ip_header proxy_protocol;': "comes later",
    r'l proxy_cookie_flags a samesite=x;': "no such value",
    r'u ip_hash; least_conn;': "the last one would win in silence",
}
