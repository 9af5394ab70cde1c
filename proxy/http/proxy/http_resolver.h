#pragma once

/* A worker's resolvers: one for each `resolver` of the configuration that says something else. */

struct dns_resolver;
struct http_content;
struct http_proxy_conf;

/* The worker's own where the configuration names none. Before the worker confines itself. */
struct dns_resolver *http_resolver_get(struct http_content *content,
                                       const struct http_proxy_conf *conf);
void http_resolver_stop(struct http_content *content);
