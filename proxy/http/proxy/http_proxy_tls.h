#pragma once

#include "conf/conf_block.h"

/* https:// backends: proxy_ssl_…. */

struct http_content;
struct http_proxy_conf;
struct tls_client;

/* The check of the group: reads what is trusted, so that workers get it, too. */
void http_proxy_tls_check(struct conf_reader *reader, const struct conf_scope *scope, void *values);

/* For a worker: the settings that `conf` says, shared with the locations that say the same. */
struct tls_client *http_proxy_tls_get(struct http_content *content,
                                      const struct http_proxy_conf *conf);
void http_proxy_tls_stop(struct http_content *content);
