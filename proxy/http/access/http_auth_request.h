#pragma once

#include "conf/conf_types.h"
#include "http/http_exchange.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* auth_request: a step of the access phase that asks another location with a subrequest. */

struct http_auth_uri {
    struct slice path, query; /* path.at == NULL: off; query.at == NULL: none */
};

struct http_auth_set {
    uint32_t variable;
    struct http_template value; /* as the subrequest sees it */
};

struct http_auth_sets {
    struct http_auth_set *items;
    size_t count;
};

/* A location points to it only if it has an auth_request. */
struct http_auth_request {
#include "conf/conf_members.inc"
#include "http/access/http_auth_request.def"
};

extern const struct conf_group http_auth_request_group; /* http_auth_request_conf.c */

/* The step: see struct http_access_step. */
bool http_auth_request_applies(const struct http_location *location);
void http_auth_request_begin(struct http_exchange *exchange);
