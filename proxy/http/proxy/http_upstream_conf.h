#pragma once

#include "conf/conf_types.h"
#include "http/proxy/http_health_conf.h"
#include "http/proxy/http_upstream_method.h"
#include "relay/backend.h"
#include "relay/balancer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The servers behind one name: what `upstream` says, or what follows from a proxy_pass that names a
 * host. Constant once the configuration is read. */

struct http_proxy_conf;

struct http_upstream_servers {
    struct balancer_server *items;
    struct conf_place *places;
    size_t count;
};

struct http_upstream {
#include "conf/conf_members.inc"
#include "http/proxy/http_upstream.def"

    /* Worked out when everything is read. */
    struct slice name;
    struct balancer_conf balancer;
    struct backend_keep keep;
    const struct http_proxy_conf *proxy; /* whose resolver is asked; may be NULL */
    uint32_t number;
    bool is_block; /* the name was given by `upstream`: no host is called so */
    struct conf_place place;
};

struct http_upstreams {
    const struct http_upstream **items; /* by number */
    size_t count;
    struct http_health_uses checks;
};

extern const struct conf_group http_upstream_group;

struct http_proxy_pass;

/* Finds or makes the upstream of every proxy_pass in `http` and numbers them: http_main.upstreams.
 * Looks, if the reader checks the disk, whether the names resolve. */
void http_upstream_conf_link(struct conf_reader *reader, const struct conf_scope *http);

/* The block of that name, in any case of letters; NULL. */
const struct http_upstream *http_upstream_find(const struct http_upstreams *upstreams,
                                               struct slice name);
