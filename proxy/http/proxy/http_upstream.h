#pragma once

#include "http/proxy/http_upstream_conf.h"

/* A worker's balancers: one for each upstream of the configuration. */

struct http_content;
struct http_location;

/* Once, before the worker confines itself: it says which ports are connected to. */
void http_upstream_start(struct http_content *content);
void http_upstream_stop(struct http_content *content);

/* The same for a location that hands to a backend. */
void http_proxy_start(struct http_content *content, const struct http_location *location);

/* Does the configuration say that a server of it is this very frontd? Only addresses tell: what
 * names mean is not known at the start. */
bool http_upstream_leads_here(const struct http_content *content,
                              const struct http_upstream *upstream);

struct balancer *http_upstream_balancer(const struct http_content *content,
                                        const struct http_upstream *upstream);
