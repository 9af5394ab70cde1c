"""What the themes have to use: nginx's directives that concern http and that frontd takes, and those of
frontd's tables that nginx has, too, in each kind of block that they may stand in."""

import pathlib
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
""".split())


LEVELS = {"`http`": "http", "`server` (http)": "server", "`location`": "location", "`if` (server)": "if in server",
          "`if` (location)": "if in location", "`limit_except`": "limit_except", "`upstream`": "upstream"}

# frontd takes these there; nginx 1.22 does not
FRONTD_ONLY = frozenset((name, "if in location") for name in """
chunked_transfer_encoding etag server_tokens gzip_comp_level gzip_disable gzip_http_version gzip_min_length
gzip_proxied gzip_static gzip_types gzip_vary recursive_error_pages
ssi_last_modified ssi_silent_errors ssi_types charset_types
""".split()) | {("resolver", "upstream"), ("resolver_timeout", "upstream"),
                                ("health_check", "upstream"), ("health_check", "location")}

# `ssl on` is refused with its replacement; `off` is what nginx has without it
NOT_USED = frozenset({("ssl", "http"), ("ssl", "server")})

# reference/http.md 1.14: the variables that configurations use
VARIABLES = """
args query_string body_bytes_sent bytes_sent host http_ remote_addr remote_user request_method request_time
request_uri scheme server_name status time_local time_iso8601 uri arg_ binary_remote_addr connection
content_length content_type cookie_ document_root document_uri http_host https is_args limit_rate msec pid
proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr realpath_root remote_port request
request_filename request_id request_length sent_http_ server_addr server_port server_protocol ssl_cipher
ssl_protocol ssl_server_name ssl_client_verify ssl_early_data upstream_addr upstream_status
upstream_response_time upstream_http_ upstream_cache_status
""".split()

# nginx has more to say there: bodies are not kept, and what a client offers and its session are nobody's business
EMPTY_VARIABLES = frozenset("request_body ssl_ciphers ssl_curves ssl_session_id".split())

# Directives whose documentation says that they take variables. The themes use each with one.
WITH_VARIABLES = frozenset("""
access_log add_header alias auth_basic auth_request_set charset error_page expires geo if index limit_conn_zone
limit_rate limit_rate_after limit_req_zone log_format map proxy_cookie_domain proxy_cookie_flags
proxy_cookie_path proxy_method proxy_pass proxy_redirect proxy_set_header proxy_ssl_name return rewrite root set
split_clients try_files disable_symlinks
""".split())

# The same, but refused: files are opened when frontd starts, before anybody asks for anything
NO_VARIABLES = frozenset("auth_basic_user_file ssl_certificate ssl_certificate_key".split())

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
    return ((line[0], block) for line, block in _lines(text))


def with_variables(texts):
    """The directives that have a word with a variable."""
    return {line[0] for text in texts for line, _ in _lines(text) if any(re.search(r"\$[{\w]", word) for word in line[1:])}


def _lines(text):
    """([directive, its words…], the block around it)"""
    blocks, line = ["main"], []
    for token in (match[0] for match in _TOKEN.finditer(text)):
        if token == "}":
            blocks.pop()
            line = []
        elif token in ";{":
            if line:
                yield line, blocks[-1]
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


def variables_of_the_table():
    """The names of frontd's variables; those that begin families end in _."""
    root = pathlib.Path(__file__).resolve().parents[3]
    table = (root / "proxy/http/language/http_variables.def").read_text("utf-8")
    return re.findall(r'^VARIABLE\(\w+, "(\w+)"', table, re.M)
