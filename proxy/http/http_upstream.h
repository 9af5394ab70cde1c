#pragma once

#include "http/http_upstream_conf.h"

/* A worker's balancers: one for each upstream of the configuration. */

struct http_content;
struct http_proxy_conf;

/* Once, before the worker confines itself: it says which ports are connected to. */
void http_upstream_start(struct http_content *content);
void http_upstream_stop(struct http_content *content);

struct balancer *http_upstream_balancer(const struct http_content *content,
                                        const struct http_upstream *upstream);
