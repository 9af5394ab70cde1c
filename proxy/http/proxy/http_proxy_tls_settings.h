#pragma once

#include "tls/tls_client.h"

struct conf;
struct http_proxy_conf;

/* What `proxy` says. False: what it trusts cannot be read, *error says why. */
bool http_proxy_tls_settings(const struct conf *conf, const struct http_proxy_conf *proxy,
                             struct tls_client_settings *settings, int *error);
