"""What becomes of each directive of nginx and of its usual modules: taken with its meaning, taken without effect,
or refused with what to do instead. Each row is a name, or the beginning of several with a *."""

import fnmatch
import functools

import pytest
from support.frontd import binary
from support.manual import is_refused, is_without_effect, read_manual

WITH_MEANING = """
daemon pid user worker_processes worker_connections events error_log include worker_shutdown_timeout
http server listen server_name location root alias index try_files error_page internal types default_type
client_max_body_size client_body_timeout client_header_timeout large_client_header_buffers
keepalive_timeout keepalive_requests send_timeout server_tokens log_not_found absolute_redirect port_in_redirect
server_name_in_redirect merge_slashes satisfy resolver resolver_timeout http2 etag if_modified_since max_ranges
limit_except underscores_in_headers disable_symlinks chunked_transfer_encoding limit_rate
limit_rate_after max_headers recursive_error_pages
if set rewrite return break map geo split_clients allow deny
auth_basic auth_basic_user_file auth_request auth_request_set auth_delay
add_header add_header_inherit expires access_log log_format
gzip gzip_comp_level gzip_types gzip_min_length gzip_vary gzip_proxied gzip_http_version gzip_disable gzip_static
ssi ssi_types ssi_silent_errors ssi_last_modified
autoindex autoindex_exact_size autoindex_localtime autoindex_format charset charset_types
proxy_pass proxy_set_header proxy_redirect proxy_http_version proxy_request_buffering
proxy_read_timeout proxy_send_timeout proxy_connect_timeout proxy_hide_header proxy_pass_header
proxy_pass_request_body proxy_pass_request_headers proxy_method proxy_intercept_errors proxy_ignore_client_abort
proxy_ignore_headers proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout
proxy_cookie_path proxy_cookie_domain proxy_cookie_flags proxy_ssl_verify proxy_ssl_name proxy_ssl_server_name
proxy_ssl_trusted_certificate proxy_ssl_protocols proxy_ssl_session_reuse proxy_limit_rate proxy_socket_keepalive
upstream keepalive least_conn ip_hash set_real_ip_from real_ip_header real_ip_recursive
ssl_certificate ssl_certificate_key ssl_session_timeout ssl_session_tickets ssl_protocols
ssl_ciphers ssl_prefer_server_ciphers ssl_ecdh_curve ssl_trusted_certificate ssl_client_certificate
ssl_verify_client ssl_verify_depth ssl_conf_command ssl_reject_handshake
limit_req_zone limit_req limit_req_status limit_conn_zone limit_conn limit_conn_status stub_status health_check
mail protocol starttls xclient timeout max_errors smtp_auth smtp_capabilities smtp_greeting_delay
""".split()

# What they tune frontd does by itself.
WITHOUT_EFFECT = """
load_module pcre_jit multi_accept use accept_mutex worker_cpu_affinity worker_priority
thread_pool sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio directio output_buffers postpone_output
open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors open_log_file_cache
types_hash_max_size types_hash_bucket_size server_names_hash_max_size server_names_hash_bucket_size
variables_hash_max_size variables_hash_bucket_size map_hash_max_size map_hash_bucket_size
proxy_headers_hash_max_size proxy_headers_hash_bucket_size client_body_buffer_size client_body_temp_path
proxy_temp_path proxy_temp_file_write_size proxy_busy_buffers_size gzip_buffers ssi_value_length
ssi_min_file_chunk ssl_buffer_size lingering_close lingering_time lingering_timeout ssl_stapling
ssl_stapling_verify ssl_stapling_file ssl_stapling_responder rewrite_log
proxy_buffering proxy_buffer_size proxy_buffers proxy_max_temp_file_size client_header_buffer_size
reset_timedout_connection ignore_invalid_headers ssl_session_cache ssl_dhparam override_charset proxy_cache_path proxy_cache_key proxy_cache_valid proxy_cache_bypass proxy_no_cache
proxy_cache_use_stale proxy_cache_lock proxy_cache_methods proxy_cache_revalidate
""".split()

REFUSED = """
fastcgi_pass fastcgi_param fastcgi_index fastcgi_split_path_info fastcgi_* uwsgi_pass uwsgi_* scgi_pass scgi_*
memcached_pass memcached_* grpc_pass grpc_*
proxy_cache proxy_store proxy_store_access slice
sub_filter sub_filter_once sub_filter_types add_before_body add_after_body addition_types
xslt_stylesheet image_filter image_filter_buffer mp4 mp4_buffer_size flv hls gunzip
perl perl_modules js_content js_set js_import
lua_package_path lua_shared_dict content_by_lua content_by_lua_block content_by_lua_file access_by_lua_block
access_by_lua_file rewrite_by_lua_block set_by_lua_block header_filter_by_lua_block body_filter_by_lua_block
log_by_lua_block init_by_lua_block init_worker_by_lua_block ssl_certificate_by_lua_block balancer_by_lua_block
dav_methods dav_access dav_ext_methods create_full_put_path userid empty_gif random_index
api status upstream_conf keyval keyval_zone auth_jwt auth_oidc oidc_provider zone_sync session_log
match mgmt
geoip_country geoip_city geoip_org geoip_proxy geoip2 geoip2_proxy
http3 quic_retry spdy_headers_comp stream
modsecurity modsecurity_rules_file modsecurity_rules brotli brotli_static brotli_comp_level brotli_types
zstd zstd_static pagespeed more_set_headers more_clear_headers more_set_input_headers headers_more_x
passenger_enabled nchan_pubsub push_stream_publisher rtmp redis_pass echo auth_ldap auth_pam auth_digest
vhost_traffic_status vhost_traffic_status_zone opentracing otel_exporter testcookie fancyindex upload_pass
set_md5 set_sha1 subs_filter encrypted_session_key array_split
""".split()

# Not of frontd's trade, or third-party and rare: no row says what to do, but the name is told and what is near.
UNKNOWN = """
proxy_pas sever_name listne gzip_type add_headers concat trim footer dyups_interface jsonp
""".split()


@functools.lru_cache(maxsize=None)
def _entries():
    return tuple(read_manual(binary()))


def _of(name):
    return [entry for entry in _entries() if fnmatch.fnmatchcase(name.replace("*", "x"), entry.name)]


@pytest.mark.parametrize("name", [name for name in WITH_MEANING if name != "include"])
def test_it_is_taken_and_means_something(name):
    assert any(not is_refused(entry) and not is_without_effect(entry) for entry in _of(name))


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_it_is_taken_and_changes_nothing(name):
    assert any(is_without_effect(entry) for entry in _of(name))


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_what_to_do_instead(name):
    refused = _of(name)
    assert refused and all(is_refused(entry) for entry in refused)
    assert all(len(entry.meaning) > 20 for entry in refused)


@pytest.mark.parametrize("name", UNKNOWN)
def test_it_is_unknown_and_told_by_name(name, frontd_files):
    config = f"http {{ server {{ listen 127.0.0.1:@http@; location / {{ {name} x; }} }} }}"
    result = frontd_files(config).command("-t", check=False)
    assert result.returncode == 1
    assert f"unknown directive `{name}`" in result.stdout + result.stderr
