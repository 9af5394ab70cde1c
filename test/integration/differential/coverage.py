"""What the themes have to use: nginx's directives that concern http and that frontd takes, and those of
frontd's tables that nginx has, too, in each kind of block that they may stand in."""

import re

from support.frontd import binary
from support.manual import is_refused, is_without_effect, read_manual
from support.nginx_names import NAMES

REQUESTS = 2150
REQUESTS_OVER_HTTP2 = 2100

DIRECTIVES = frozenset("""
http server listen server_name location root alias index try_files error_page internal types default_type
client_max_body_size client_body_timeout client_header_timeout client_header_buffer_size
large_client_header_buffers keepalive_timeout keepalive_requests send_timeout server_tokens log_not_found
absolute_redirect port_in_redirect server_name_in_redirect merge_slashes satisfy resolver resolver_timeout
etag if_modified_since max_ranges limit_except underscores_in_headers ignore_invalid_headers
disable_symlinks chunked_transfer_encoding limit_rate limit_rate_after reset_timedout_connection
if set rewrite return break map geo allow deny
auth_basic auth_basic_user_file auth_request auth_request_set auth_delay
add_header expires access_log log_format
gzip gzip_comp_level gzip_types gzip_min_length gzip_vary gzip_proxied gzip_http_version gzip_disable gzip_static
ssi ssi_types ssi_silent_errors ssi_last_modified
autoindex autoindex_exact_size autoindex_localtime autoindex_format charset charset_types override_charset
proxy_pass proxy_set_header proxy_redirect proxy_http_version proxy_buffering proxy_buffer_size proxy_buffers
proxy_request_buffering proxy_read_timeout proxy_send_timeout proxy_connect_timeout proxy_hide_header
proxy_pass_header proxy_pass_request_body proxy_pass_request_headers proxy_method proxy_intercept_errors
proxy_ignore_client_abort proxy_ignore_headers proxy_next_upstream proxy_next_upstream_tries
proxy_next_upstream_timeout proxy_cookie_path proxy_cookie_domain proxy_cookie_flags proxy_ssl_verify
proxy_ssl_name proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_protocols
proxy_ssl_session_reuse proxy_max_temp_file_size proxy_limit_rate proxy_socket_keepalive
upstream keepalive least_conn ip_hash hash random set_real_ip_from real_ip_header real_ip_recursive
ssl_certificate ssl_certificate_key ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_protocols
ssl_ciphers ssl_prefer_server_ciphers ssl_ecdh_curve ssl_dhparam ssl_trusted_certificate
ssl_client_certificate ssl_verify_client ssl_verify_depth ssl_conf_command ssl_reject_handshake
ssl_password_file
limit_req_zone limit_req limit_req_status limit_conn_zone limit_conn limit_conn_status stub_status
""".split())

# nginx 1.22 does not know these: http2, add_header_inherit, max_headers.

NOT_YET = frozenset("""
ssl_password_file
""".split())


LEVELS = {"`http`": "http", "`server` (http)": "server", "`location`": "location", "`if` (server)": "if in server",
          "`if` (location)": "if in location", "`limit_except`": "limit_except", "`upstream`": "upstream"}

# frontd takes these there; nginx 1.22 does not
FRONTD_ONLY = frozenset((name, "if in location") for name in """
chunked_transfer_encoding etag server_tokens gzip_comp_level gzip_disable gzip_http_version gzip_min_length
gzip_proxied gzip_static gzip_types gzip_vary override_charset recursive_error_pages
ssi_last_modified ssi_silent_errors ssi_types charset_types
""".split()) | {("resolver", "upstream"), ("resolver_timeout", "upstream")}

# `ssl on` is refused with its replacement; `off` is what nginx has without it
NOT_USED = frozenset({("ssl", "http"), ("ssl", "server")})

_TOKEN = re.compile(r"""(?:^|(?<=\s))\#[^\n]*            # a comment
                        |"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
                        |[;{}]
                        |(?:\\.|\$\{\w+\}|[^\s;{}])+""", re.X | re.S)


def words(texts):
    """What stands where a directive begins."""
    return {name for name, _ in uses(texts)}


def uses(texts):
    """(directive, the block around it) of all configurations."""
    return {use for text in texts for use in _uses(text)}


def _uses(text):
    blocks, line = ["main"], []
    for token in (match[0] for match in _TOKEN.finditer(text)):
        if token == "}":
            blocks.pop()
            line = []
        elif token in ";{":
            if line:
                yield line[0], blocks[-1]
            if token == "{":
                blocks.append(f"if in {blocks[-1]}" if line[0] == "if" else line[0])
            line = []
        elif not token.startswith("#") or line:
            line.append(token)


def of_the_tables():
    """(directive, block) that frontd's tables have, with an effect, and nginx too."""
    return {(entry.name, LEVELS[context])
            for entry in read_manual(binary()) if not is_refused(entry) and not is_without_effect(entry)
            for context in entry.contexts if entry.name in NAMES and context in LEVELS}
