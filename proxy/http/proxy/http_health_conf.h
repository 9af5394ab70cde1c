#pragma once

#include "base/slice.h"
#include "conf/conf_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What health_check says, in `upstream {}` or, as NGINX Plus has it, beside a proxy_pass. */

struct http_proxy_conf;
struct http_upstream;
struct http_upstreams;
struct shared_zones;

struct http_health_conf {
    bool present, is_mandatory;
    uint16_t port; /* 0: the server's own */
    uint32_t interval_ms, jitter_ms, timeout_ms;
    uint32_t fails, passes;
    struct slice uri, host; /* host empty: that of proxy_pass */
    struct conf_place place;
};

/* An upstream and how it is checked. */
struct http_health_use {
    const struct http_upstream *upstream;
    const struct http_health_conf *conf;
    const struct http_proxy_conf
        *proxy;        /* whose TLS and whose name; NULL: no proxy_pass names it */
    struct slice host; /* for the field Host */
    struct slice name; /* in the table of all workers */
};

struct http_health_uses {
    struct http_health_use *items;
    size_t count;
};

extern const struct conf_type http_type_health_check;

/* Finds all that are checked: upstreams->checks. When every proxy_pass knows its upstream. */
void http_health_conf_link(struct conf_reader *reader, const struct conf_scope *http,
                           struct http_upstreams *upstreams);

/* Adds the table of all checks, if there are any (struct protocol_conf). */
#define HTTP_HEALTH_ZONE SLICE("health_check")
void http_health_zones(const struct conf *conf, struct shared_zones *zones);
