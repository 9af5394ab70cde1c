"""Every variable of nginx 1.22 that frontd has, in each place that takes variables. What differs by its nature
is compared by its form."""

from differential.cases import ask, basic, get, head, post
from differential.origin import ok

# With the same value in both.
SAME = """
arg_a args query_string content_length content_type cookie_c document_root document_uri host
hostname http_host http_x_one http_none http_referer http_user_agent http_via https is_args limit_rate
proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr proxy_protocol_port
proxy_protocol_server_addr proxy_protocol_server_port realip_remote_addr remote_addr remote_user request
request_filename request_length request_method request_uri scheme
server_name server_protocol ssl_client_s_dn ssl_client_verify ssl_client_cert ssl_client_escaped_cert
ssl_client_fingerprint ssl_client_i_dn ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn_legacy
ssl_client_serial ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_early_data ssl_protocol
ssl_server_name ssl_session_reused ssl_alpn_protocol status uri http2
upstream_cache_status upstream_status upstream_addr upstream_http_x_answer upstream_http_none upstream_cookie_u
upstream_response_length limit_req_status limit_conn_status realpath_root
sent_http_x_sent sent_http_content_type sent_http_location sent_http_none gzip_ratio pipe connection_requests
upstream_trailer_x sent_trailer_x request_body_file request_completion
""".split()

# With a value of the same form.
FORMS = {
    "binary_remote_addr": "^[\\\\x00-\\\\xff]{4}$",
    "body_bytes_sent": "^[0-9]+$",
    "bytes_sent": "^[0-9]+$",
    "connection": "^[0-9]+$",
    "connection_time": "^[0-9]+\\\\.[0-9]{3}$",
    "connections_active": "^[0-9]+$",
    "connections_reading": "^[0-9]+$",
    "connections_waiting": "^[0-9]+$",
    "connections_writing": "^[0-9]+$",
    "date_gmt": "^[A-Z][a-z]+day, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8} GMT$",
    "date_local": "^[A-Z][a-z]+day, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:]{8} [A-Z]+$",
    "msec": "^[0-9]{10}\\\\.[0-9]{3}$",
    "nginx_version": "^[0-9]+\\\\.[0-9.]+$",
    "pid": "^[0-9]+$",
    "realip_remote_port": "^[0-9]+$",
    "remote_port": "^[0-9]+$",
    "request_id": "^[0-9a-f]{32}$",
    "request_time": "^[0-9]\\\\.[0-9]{3}$",
    "server_addr": "^127\\\\.0\\\\.0\\\\.[12]$",
    "server_port": "^[0-9]+$",
    "ssl_cipher": "^(TLS_AES_.*_GCM_SHA.*)$",
    "ssl_curve": "^[A-Za-z0-9]+$",
    "tcpinfo_rcv_space": "^[0-9]+$",
    "tcpinfo_rtt": "^[0-9]+$",
    "tcpinfo_rttvar": "^[0-9]+$",
    "tcpinfo_snd_cwnd": "^[0-9]+$",
    "time_iso8601": "^[0-9-]{10}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}$",
    "time_local": "^[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}$",
    "upstream_bytes_received": "^[0-9]+$",
    "upstream_bytes_sent": "^[0-9]+$",
    "upstream_connect_time": "^[0-9]\\\\.[0-9]{3}$",
    "upstream_header_time": "^[0-9]\\\\.[0-9]{3}$",
    "upstream_response_time": "^[0-9]\\\\.[0-9]{3}$",
}

_MAPS = "\n".join(f'    map ${name} $form_{name} {{ "" empty; "~{form}" good; default "<${name}>"; }}'
                  for name, form in FORMS.items())
_MAPS += "\n" + "\n".join(f'    map "${name}" $map_{name} {{ "" empty; default "<${name}>"; }}' for name in SAME)

_VALUES = [*SAME, *(f"form_{name}" for name in FORMS)]
_TEXT = "\n".join(f"{name}=[${name}]" for name in _VALUES)
_LOG = "|".join(f"{name}=[${name}]" for name in _VALUES if not name.startswith("form_")) + " "
_LOG += " ".join(f"{name}=${name}" for name in _VALUES if name.startswith("form_"))
_MAPPED = " ".join(f"{name}=$map_{name}" for name in SAME)

# How much was sent before the answer is over is nobody's business; nginx looks among variables with a hash.
_NOT_IN_PAGES = ("form_body_bytes_sent", "proxy_add_x_forwarded_for")

CONFIG = f"""
http {{
    variables_hash_max_size 4096;
    map_hash_max_size 4096;
    map_hash_bucket_size 256;
{_MAPS}
    types {{ text/html html; }}
    default_type text/plain;
    server_tokens off;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    ssl_protocols TLSv1.2 TLSv1.3;
    limit_req_zone $server_name zone=plenty:1m rate=1000r/s;
    limit_conn_zone $server_name zone=many:1m;
    log_format combined-like '$uri $args';
    log_format all '{_LOG}';
    server {{
        listen @http@;
        listen @https@ ssl;
        server_name a.test;
        root @site@;
        add_header X-Sent sent;
        set_real_ip_from 127.0.0.9;
        real_ip_header X-Real-IP;
        access_log off;
        location /return {{ return 200 "{_TEXT}\n"; }}
        location /set {{ {" ".join(f'set $set_{name} "<${name}>";' for name in _VALUES)}
            return 200 "{" ".join(f"$set_{name}" for name in _VALUES)}\n"; }}
        location /if {{ set $true ""; {" ".join(f'if (${name}) {{ set $true "$true {name}"; }}' for name in _VALUES)}
            return 200 "$true\n"; }}
        location /map {{ return 200 "{_MAPPED}\n"; }}
        location /header/ {{ alias @site@/folder/; limit_req zone=plenty burst=50 nodelay; limit_conn many 50;
            {" ".join(f'add_header X-{name.replace("_", "-")} "<${name}>";' for name in _VALUES)} }}
        location /backend/ {{ proxy_pass http://@backend@;
            {" ".join(f'proxy_set_header X-{name.replace("_", "-")} "<${name}>";' for name in _VALUES)} }}
        location /answer/ {{ proxy_pass http://@backend@;
            {" ".join(f'add_header X-{name.replace("_", "-")} "<${name}>";' for name in _VALUES)} }}
        location /log/ {{ access_log logs/all.log all; root @site@; }}
        location /log/limited {{ access_log logs/all.log all; limit_req zone=plenty burst=50 nodelay; limit_conn many 50; return 204; }}
        location /log/packed/ {{ access_log logs/all.log all; gzip on; gzip_min_length 0; }}
        location /log/backend/ {{ access_log logs/all.log all; proxy_pass http://@backend@; }}
        location /log/dead/ {{ access_log logs/all.log all; proxy_pass http://@dead@; }}
        location /log/return {{ access_log logs/all.log all; return 301 /x; }}
        location /page/ {{ ssi on; }}

        location /try/ {{ try_files /by-$arg_a /by-$cookie_c /by-$http_x_one /by$uri /$scheme/$host/$request_method =404; }}
        location /root/ {{ root @site@/$host/$scheme; }}
        location /alias/ {{ alias @site@/$request_method/; }}
        location /index/ {{ index $arg_a.html $host.html; }}
        location /rewrite/ {{ rewrite ^ /shown?m=$request_method&h=$host&s=$scheme&u=$uri&a=$arg_a? last; }}
        location /shown {{ return 200 "$args\n"; }}
        location /redirect/ {{ return 302 $scheme://$host/$request_method$request_uri; }}
        location /error/ {{ error_page 404 /shown?$request_method&$status&$uri; }}
        location /error-at/ {{ error_page 404 @$arg_a; error_page 403 =402 http://$host/$status; if ($arg_deny) {{ return 403; }} }}
        location @there {{ return 200 "there\n"; }}
        location /realm/ {{ auth_basic "for $host, $request_method"; auth_basic_user_file @site@/passwords; }}
        location /charset/ {{ charset $arg_a; }}
        location /expires/ {{ expires $arg_a; }}
        location /rate/ {{ limit_rate $arg_a; limit_rate_after $arg_a; }}
        location /method/ {{ proxy_method $arg_a; proxy_pass http://@backend@; }}
        location /pass/ {{ proxy_pass http://$arg_to/$request_method; }}
        location /changed/ {{
            proxy_redirect http://$host/ $scheme://$http_host/changed/;
            proxy_redirect ~^http://(?<there>[^/]+)/ /$there/$request_method/;
            proxy_cookie_domain $host "$arg_a.test";
            proxy_cookie_path /$arg_a/ /$request_method/;
            proxy_cookie_flags $arg_a secure $arg_flag;
            proxy_pass http://@backend@;
        }}
        location /asked/ {{ auth_request /auth; auth_request_set $asked "$upstream_http_x_answer $upstream_status"; add_header X-Asked $asked; }}
        location = /auth {{ internal; proxy_pass http://@backend@; proxy_set_header X-Uri $request_uri; proxy_set_header X-Own-Uri $uri; }}
        location /logged/ {{ access_log logs/if.log combined-like if=$arg_a; access_log logs/if.log combined-like if=$arg_b$cookie_c; }}
    }}
}}
"""

FILES = {
    "folder/file": "file\n", "log/file.html": "x" * 500, "log/packed/file.html": "text " * 500,
    "page/all.html": "".join(f'<!--#echo var="{name}" -->\n' for name in _VALUES if name not in _NOT_IN_PAGES),
    "by-one": "one\n", "by-two": "two\n", "by-three": "three\n", "by/try/four": "four\n",
    "http/a.test/GET": "five\n", "https/a.test/GET": "six\n", "a.test/http/root/file": "seven\n", "GET/file": "eight\n",
    "index/one.html": "nine\n", "index/a.test.html": "ten\n", "passwords": "user:{PLAIN}secret\n",
    **{f"{name}/file": "x\n" for name in ("charset", "expires", "asked", "logged", "realm", "rate")},
}

BACKENDS = {"backend": {
    "moved": ok(b"", "Location: http://a.test/x", "Set-Cookie: one=1; Domain=a.test; Path=/one/x", status="302 Found"),
    "away": ok(b"", "Location: http://other.test/x", "Set-Cookie: two=1; Domain=a.test; Path=/one/x",
               status="302 Found"),
    "": ok(b"answer", "X-Answer: <answer>", "Set-Cookie: u=given; Path=/", "Content-Type: text/x-answer"),
}}

LOGS = ("all.log", "if.log")

DIFFERS = ("name", "connection kept", "backend 1.1")

_FIELDS = ("X-One: three", "Cookie: c=two; d=e", "User-Agent: me", "Referer: you", "Via: 1.1 z",
           "X-Forwarded-For: 1.2.3.4", "Content-Type: text/x", basic("user"))

_ALL = ("/return", "/set", "/if", "/map", "/header/file", "/backend/x", "/answer/x", "/page/all.html")

CASES = [
    *(get(path) for path in _ALL),
    *(get(f"{path}?a=one&b", *_FIELDS, host="A.test:99") for path in _ALL),
    *(get(path, version="1.0", host=None) for path in ("/return", "/set", "/map")),
    *(get(f"{path}?a=b", port="https", tls=True) for path in ("/return", "/set", "/map", "/if", "/header/file")),
    *(get(path, "X-Real-IP: 1.2.3.4", source="127.0.0.9") for path in ("/return", "/backend/x")),
    post("/return?x", "body"),
    head("/header/file"),
    *(get(path, *_FIELDS) for path in ("/log/file.html", "/log/none", "/log/backend/x?a=z", "/log/dead/x",
                                       "/log/return", "/log/limited")),
    get("/log/packed/file.html", "Accept-Encoding: gzip"),
    post("/log/backend/x", "body"),
    get("/log/file.html", port="https", tls=True),
    *(get(path) for path in ("/try/x?a=one", "/try/x", "/try/four", "/root/file", "/alias/file", "/index/?a=one",
                             "/index/", "/rewrite/x%20y?a=b%20c", "/redirect/x?y", "/error/none", "/error-at/x?a=there",
                             "/error-at/x?a=nowhere", "/error-at/x?deny=1", "/realm/file", "/charset/file?a=koi8-r",
                             "/charset/file?a=", "/charset/file?a=off", "/expires/file?a=1h", "/expires/file?a=epoch",
                             "/expires/file?a=off", "/expires/file?a=nonsense", "/expires/file", "/rate/file?a=1m",
                             "/rate/file", "/method/x?a=PURGE", "/changed/moved?a=one", "/changed/moved?a=one&flag=samesite=lax",
                             "/changed/moved?a=one&flag=nonsense", "/changed/away?a=two", "/asked/file", "/logged/file", "/logged/file?a=1",
                             "/logged/file?a=0", "/logged/file?a=0&b=1")),
    get("/method/x", differs="method never empty"),
    get("/logged/file?b=0", "Cookie: c=0"),
    get("/try/x", "Cookie: c=two"),
    get("/try/x", "X-One: three"),
    get("/try/x", port="https", tls=True),
    get("/redirect/x", port="https", tls=True),
    ask("PROPFIND", "/return"),
]
