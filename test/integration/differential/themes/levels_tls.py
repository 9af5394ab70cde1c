"""What http and server blocks say of TLS holds inside, unless said again."""

from differential.cases import get

CONFIG = """
http {
    default_type text/plain;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    ssl_verify_client optional_no_ca;
    ssl_verify_depth 2;
    ssl_client_certificate @authority@;
    ssl_trusted_certificate @authority@;
    ssl_password_file @site@/phrases;
    ssl_early_data off;
    ssl_session_tickets off;
    ssl_session_cache none;
    http2_max_concurrent_streams 64;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 2;
    proxy_ssl_trusted_certificate @authority@;
    proxy_ssl_name a.test;
    proxy_ssl_server_name on;
    proxy_ssl_protocols TLSv1.2;
    proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256;
    proxy_ssl_session_reuse off;
    server {
        listen @first@ ssl;
        server_name a.test;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        ssl_protocols TLSv1.3;
        ssl_ciphers HIGH;
        ssl_prefer_server_ciphers off;
        ssl_session_timeout 1m;
        ssl_session_tickets on;
        ssl_ecdh_curve X25519:prime256v1;
        ssl_conf_command Options -SessionTicket;
        ssl_early_data off;
        ssl_password_file @site@/others;
        http2_max_concurrent_streams 32;
        location / { return 200 "$ssl_protocol $ssl_client_verify $ssl_server_name\\n"; }
        location /p/ { proxy_pass https://@inner@; }
        location /own/ {
            proxy_ssl_verify_depth 1;
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_ciphers DEFAULT;
            proxy_ssl_name wrong.test;
            proxy_pass https://@inner@;
        }
        location /unverified/ { proxy_ssl_verify off; proxy_ssl_name wrong.test; proxy_pass https://@inner@; }
        location /quiet/ { proxy_ssl_server_name off; proxy_pass https://@inner@; }
    }
    server {
        listen @first@ ssl;
        server_name own.test;
        proxy_ssl_verify off;
        proxy_ssl_verify_depth 1;
        proxy_ssl_trusted_certificate @authority@;
        proxy_ssl_name $host;
        proxy_ssl_server_name on;
        proxy_ssl_protocols TLSv1.2 TLSv1.3;
        proxy_ssl_ciphers DEFAULT;
        proxy_ssl_session_reuse on;
        location /p/ { proxy_pass https://@inner@; }
    }
    server {
        listen @inner@ ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        server_name a.test;
        location / { return 200 "$ssl_protocol [$ssl_server_name]\\n"; }
    }
    server {
        listen @first@ ssl;
        server_name sealed.test;
        ssl_certificate @cert_sealed@;
        ssl_certificate_key @key_sealed@;
        location / { return 200 "sealed\\n"; }
    }
    server { listen @closed@ ssl; server_name a.test; ssl_reject_handshake on; }
}
"""

FILES = {"phrases": "not this one\nsealed\n", "others": "nothing is sealed by this\n"}

DIFFERS = ("name", "connection kept")

CASES = [
    *(get(path, port="first", tls=True) for path in ("/", "/p/x", "/own/x", "/unverified/x", "/quiet/x")),
    get("/p/x", host="own.test", port="first", tls="own.test"),
    get("/", host="own.test", port="first", tls=True, differs="421 kept"),
    get("/", host="sealed.test", port="first", tls="sealed.test"),
    get("/", port="closed", tls=True),
    get("/", port="inner", tls=True),
]
