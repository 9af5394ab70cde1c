#pragma once

#include "base/slice.h"
#include "conf/conf_types.h"
#include "http/language/http_template.h"
#include "http/message/http_message.h"
#include "http/proxy/http_health_conf.h"
#include "http/proxy/http_proxy_rules.h"
#include "relay/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the configuration says about backends: the rows of http_proxy.def. Constant once it is read,
 * lives as long as the struct conf. A location points to its own (http_location.proxy). */

struct http_upstream;

/* resolver */
struct http_resolver_conf {
    bool present;
    bool no_ipv4, no_ipv6;
    uint32_t valid_ms;    /* 0: as the answers say */
    struct slice servers; /* for dns_options; ended by NUL */
    const uint16_t *ports;
    size_t count;
};

/* proxy_pass */
struct http_proxy_pass {
    bool present;
    bool has_port; /* written */
    bool has_uri;  /* a path is written: it replaces what the location matched */
    bool is_tls;
    struct backend_target target;
    struct slice authority; /* $proxy_host: host[:port] as written */
    struct slice uri;
    const struct http_upstream *upstream; /* worked out; NULL with variables */
    struct http_template text; /* with variables: all of it, worked out for each request */
    bool has_variables;
    uint16_t constant_port; /* the port, if no variable says it; else 0 */
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

/* Bits of proxy_ignore_headers that mean something here. */
enum http_ignorable {
    HTTP_IGNORE_REDIRECT,
    HTTP_IGNORE_LIMIT_RATE,
};

enum http_forwarded { HTTP_FORWARDED_OFF, HTTP_FORWARDED_AUTO };
enum http_websocket { HTTP_WEBSOCKET_AUTO, HTTP_WEBSOCKET_OFF };
enum http_proxy_version { HTTP_PROXY_1_0, HTTP_PROXY_1_1 };

struct http_proxy_conf {
#include "conf/conf_members.inc"
#include "http/proxy/http_proxy.def"
};

extern const struct conf_group http_proxy_group;

/* Gives each location in `scope` its http_proxy_conf: before anything else looks at them. */
void http_proxy_conf_link(struct conf_reader *reader, const struct conf_scope *scope);

/* "host", "host:port", "[v6]", "[v6]:port". */
bool http_conf_authority(struct slice authority, uint16_t port, struct backend_target *target);

/* An absolute URL with http:// or https:// taken apart: *pass gets is_tls, authority, target, uri,
 * has_port and has_uri. What is wrong with it in words, or NULL. */
const char *http_proxy_parse_url(struct slice url, struct http_proxy_pass *pass);
