#pragma once

#include "base/slice.h"
#include "conf/conf_types.h"
#include "http/http_message.h"
#include "http/http_template.h"
#include "relay/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the configuration says about backends: the rows of http_proxy.def. Constant once it is read,
 * lives as long as the struct conf. A location points to its own (http_location.proxy). */

/* proxy_pass */
struct http_proxy_pass {
    bool present;
    struct backend_target target;
    struct slice authority; /* $proxy_host: host[:port] as written */
    bool has_uri;           /* a path is written: it replaces what the location matched */
    struct slice uri;
    struct conf_place place;
};

/* proxy_set_header */
struct http_set_header {
    struct slice name;
    enum http_field_id id;
    struct http_template value; /* no parts: the field is not sent */
};

struct http_set_headers {
    struct http_set_header *items;
    size_t count;
};

struct http_proxy_conf {
#include "conf/conf_members.inc"
#include "http/http_proxy.def"
};

extern const struct conf_group http_proxy_group;

/* Gives each location in `scope` its http_proxy_conf: before anything else looks at them. */
void http_proxy_conf_link(struct conf_reader *reader, const struct conf_scope *scope);
