"""map, geo, and variables wherever nginx takes them."""

from differential.cases import get, post

CONFIG = """
http {
    default_type text/plain;
    map $arg_a $exact {
        default other;
        one 1;
        TWO 2;
        "three four" 34;
        "" empty;
        \\default literal;
        ~^re(.*)$ "regex $1";
        ~*^FOLD(?<rest>.*)$ "fold $rest";
        ~x$ last;
        ~^both first;
        ~^both second;
        variable $uri;
        mixed "<$arg_b>";
    }
    map $host $hosts {
        hostnames;
        default none;
        a.test exact;
        *.wild.test star;
        .dot.test dot;
        www.* www;
        ~^re\\. regex;
    }
    map $exact $chained { default "chained $exact"; 1 one; }
    map "$arg_a-$arg_b" $combined { default no; "x-y" yes; "-" nothing; }
    map $arg_none $undefined { one 1; }
    map $arg_v $volatile_one { volatile; default $arg_v; }
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    geo $area {
        default far;
        127.0.0.0/8 loop;
        127.0.0.1 here;
        127.0.0.128/25 upper;
        ::1 here6;
    }
    geo $arg_ip $given {
        default none;
        10.0.0.0/8 ten;
        10.1.0.0/16 ten-one;
        10.1.2.3 single;
        10.9.0.0/16 removed;
        192.168.0.0/16 $fixed;
        2001:db8::/32 doc;
        ::/0 six;
    }
    geo $arg_ip $ranged { ranges; default out; 10.0.0.0-10.0.0.9 low; 10.0.0.10-10.0.0.20 high; }
    geo $arg_ip $deleted {
        default none;
        10.0.0.0/8 ten;
        10.1.0.0/16 ten-one;
        delete 10.1.0.0/16;
        delete 172.16.0.0/12;
        2001:db8::/32 doc;
        2001:db8:1::/48 inner;
        delete 2001:db8:1::/48;
        255.255.255.255 nobody;
        0.0.0.0/0 four;
    }
    geo $arg_ip $cut {
        ranges;
        default out;
        10.0.0.0-10.3.255.255 wide;
        10.0.0.10-10.0.0.20 inner;
        10.1.0.0-10.1.255.255 again;
        10.0.0.12-10.0.0.12 innermost;
        delete 10.0.0.10-10.0.0.11;
        delete 10.2.0.0-10.2.255.255;
        delete 10.3.0.0-10.3.0.255;
        255.255.255.0-255.255.255.254 nobody;
        include @site@/ranges.conf;
    }
    geo $forwarded { default far; proxy 127.0.0.1; proxy 10.0.0.0/8; 10.0.0.0/8 ten; 10.1.2.3 host; 2001:db8::/32 doc; 127.0.0.1 here; }
    geo $forwarded_far { proxy_recursive; default far; proxy 127.0.0.1; proxy 10.0.0.0/8; 10.0.0.0/8 ten; 192.0.2.0/24 doc; 127.0.0.1 here; }
    geo $arg_ip $forwarded_given { default far; proxy 10.0.0.0/8; 10.0.0.0/8 ten; 192.0.2.0/24 doc; }
    log_format values '$exact $hosts $area $chained $status';
    server {
        listen @http@;
        server_name a.test *.wild.test .dot.test www.x re.y;
        root @site@;
        access_log logs/values.log values;
        location = /map { return 200 "[$exact] [$chained] [$combined] [$undefined] [$volatile_one]\\n"; }
        location = /hosts { return 200 "$hosts\\n"; }
        location = /deleted { return 200 "$deleted $cut\\n"; }
        location = /forwarded { return 200 "$forwarded $forwarded_far $forwarded_given\\n"; }
        location = /geo { return 200 "$area $given $ranged\\n"; }
        location = /twice { set $one $exact; set $two $exact; return 200 "$one $two $exact\\n"; }
        location = /if { if ($exact = 1) { return 200 "one\\n"; } if ($hosts ~ ex(.*)) { return 200 "host $1\\n"; } return 200 "none\\n"; }
        location /redirect { return 301 /to/$exact; }
        location /set { set $exact_copy "${exact}x${arg_b}y"; return 200 "$exact_copy\\n"; }
        location /captures/ { if ($uri ~ "^/captures/(.)(.)") { set $all "$1-$2-$exact-$1"; } return 200 "$all|$2\\n"; }
        location /proxied/ { proxy_pass http://@backend@; proxy_set_header X-Map $exact; proxy_set_header X-Geo "$area/$given"; proxy_set_header Connection $connection_upgrade; }
        location /to/ { set $backend @backend@; proxy_pass http://$backend; }
        location /to-uri/ { set $backend @backend@; proxy_pass http://$backend/fixed; }
        location /to-all/ { set $backend @backend@; proxy_pass http://$backend$request_uri; }
        location /to-scheme/ { set $proto http; set $backend @backend@; proxy_pass $proto://$backend/x/$arg_a; }
        location ~ ^/to-regex/(.*)$ { proxy_pass http://@backend@/$1; }
        location ~ ^/to-regex2/(.*)$ { proxy_pass http://@backend@/$1$is_args$args; }
        location ~ ^/to-plain/ { proxy_pass http://@backend@; }
        location /all { return 200 "a:$args b:$arg_a c:$binary_remote_addr d:$body_bytes_sent e:$content_length f:$content_type g:$cookie_x
h:$document_root i:$document_uri j:$host k:$http_x_one l:$https m:$is_args n:$limit_rate o:$query_string p:$realpath_root
q:$remote_addr r:$remote_user s:$request t:$request_completion u:$request_filename v:$request_method w:$request_uri x:$scheme y:$server_name
z:$server_port A:$server_protocol B:$status C:$uri D:$proxy_host E:$proxy_port F:$proxy_add_x_forwarded_for G:$upstream_addr H:$upstream_status
I:$http_host J:$request_body K:$bytes_sent L:$connection_requests M:$ssl_protocol N:$ssl_cipher O:$proxy_protocol_addr P:$http_cookie
Q:$sent_http_x R:$upstream_http_x S:$upstream_cache_status T:$ssl_server_name U:$http_user_agent V:$http_referer W:$http_via X:$http_x_forwarded_for\\n"; }
        location /assign { set $args x=1; return 200 "$args $query_string $arg_x $is_args $request_uri\\n"; }
        location /assign-proxied { set $args x=1; proxy_pass http://@backend@/y; }
        location /root/ { root @site@/$exact; }
        location /types { default_type text/$arg_a; return 200 x; }
    }
}
"""

FILES = {"ranges.conf": "192.168.0.0-192.168.255.255 included;\n", "1/root/file": "one\n", "other/root/file": "other\n"}

BACKENDS = {"backend": {}}

LOGS = ["values.log"]

DIFFERS = ("name", "connection kept", "backend 1.1")

_A = ["", "one", "ONE", "two", "TWO", "three+four", "three%20four", "default", "reset", "re", "foldX", "FoLd", "abcx",
      "both", "variable", "mixed", "x", "onex"]

CASES = [
    *(get(f"/map?a={a}") for a in _A),
    get("/map"),
    get("/map?a=x&b=y"),
    get("/map?a=mixed&b=%20z"),
    get("/map?v=vol"),
    *(get("/hosts", host=host) for host in ("a.test", "A.TEST", "x.wild.test", "x.y.wild.test", "dot.test",
                                            "x.dot.test", "www.x", "re.y", "none")),
    *(get(f"/geo?ip={ip}") for ip in ("", "10.0.0.5", "10.0.0.10", "10.0.0.20", "10.0.0.21", "10.1.5.5", "10.1.2.3",
                                      "10.9.1.1", "192.168.0.1",
                                     "2001:db8::1", "fe80::1", "1.2.3.4", "nonsense")),
    *(get(f"/deleted?ip={ip}")
      for ip in ("", "10.0.0.5", "10.0.0.9", "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.20", "10.0.0.21", "10.1.0.0",
                 "10.1.255.255", "10.2.7.7", "10.3.0.0", "10.3.1.0", "10.4.0.0", "172.16.0.1", "192.168.7.7", "2001:db8:1::1", "2001:db8:2::1",
                 "::ffff:10.0.0.12", "::", "255.255.255.255", "255.255.255.7", "nonsense", "10.0.0")),
    *(get("/forwarded?ip=10.9.9.9", *(f"X-Forwarded-For: {list}" for list in lists), source=source)
      for lists in ((), ("10.1.2.3",), ("192.0.2.1, 10.1.2.3",), ("192.0.2.1", "10.1.2.3"), ("192.0.2.1, 10.7.7.7", "10.1.2.3, 10.2.2.2"),
                    ("2001:db8::1",), ("[2001:db8::1]:80, 10.4.4.4:99",), ("nonsense",), ("10.1.2.3, nonsense",), ("nonsense, 10.1.2.3",), ("",))
      for source in ("127.0.0.1", "127.0.0.9")),
    *(get("/geo", source=source) for source in ("127.0.0.1", "127.0.0.9", "127.0.0.200", "127.1.2.3")),
    get("/twice?a=variable"),
    *(get(path) for path in ("/if?a=one", "/if", "/redirect?a=one", "/redirect?a=variable", "/set?a=one&b=two",
                             "/captures/x",
                             "/proxied/x?a=one", "/to/a%20b%2Fc?x=%41", "/to-uri/x?y", "/to-all/x%20y?z",
                             "/to-scheme/x?a=one", "/to-regex/12p3.html?q=1",
                             "/to-regex/a/b", "/to-regex2/a?q=1", "/to-plain/x%20y?z", "/assign?y=2",
                             "/assign-proxied?y=2", "/root/file?a=one", "/root/file", "/types?a=css")),
    get("/captures/xy?a=re9", differs="captures"),
    get("/if", host="unknown.test"),
    get("/proxied/x", "Upgrade: websocket", source="127.0.0.200", differs="upgrade"),
    get("/all"),
    get("/all?a=1&b", "X-One: 1", "Cookie: x=1", "User-Agent: me", "Referer: you", "Via: 1.1 z",
        "X-Forwarded-For: 1.2.3.4", host="A.test:99"),
    post("/all", "body", "Content-Type: text/x"),
    get("/all", version="1.0"),
    get("/all", version="1.0", host=None),
]
