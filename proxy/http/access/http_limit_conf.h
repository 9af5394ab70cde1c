#pragma once

#include "conf/conf_types.h"
#include "http/access/http_limit_table.h"
#include "http/language/http_template.h"
#include "relay/shared_zone.h"

#include <stdbool.h>
#include <stddef.h>

/* limit_req and its like: http_limit.def. */

struct http_req_zone {
    struct slice name, key_text;
    struct slice shared; /* its name among the zones of all protocols */
    struct http_template key;
    uint64_t size;
    uint32_t rate; /* thousandths of a request in a second */
    struct conf_place place;
};

struct http_req_zones {
    struct http_req_zone *items;
    size_t count;
};

struct http_req_limit {
    struct slice zone_name;
    struct conf_place place;
    const struct http_req_zone *zone; /* found when everything is read */
    uint32_t burst, delay;            /* thousandths of a request; delay: how many need not wait */
    bool no_delay;
};

struct http_req_limits {
    struct http_req_limit *items;
    size_t count;
};

struct http_conn_zone {
    struct slice name, key_text;
    struct slice shared;
    struct http_template key;
    uint64_t size;
};

struct http_conn_zones {
    struct http_conn_zone *items;
    size_t count;
};

struct http_conn_limit {
    struct slice zone_name;
    struct conf_place place;
    const struct http_conn_zone *zone; /* found when everything is read */
    uint32_t most;
};

struct http_conn_limits {
    struct http_conn_limit *items;
    size_t count;
};

/* The zone of limit_conn_ip, among those of all protocols. */
#define HTTP_LIMIT_IP_ZONE SLICE("limit_conn_ip")

struct http_limits {
#include "conf/conf_members.inc"
#include "http/access/http_limit.def"
};

extern const struct conf_group http_limit_group;

/* What holds in `scope`; NULL: nothing is limited. For a check. */
const struct http_limits *http_limit_find(struct conf_reader *reader,
                                          const struct conf_scope *scope);

/* Adds the memory of all zones (struct protocol_conf). */
void http_limit_zones(const struct conf *conf, struct shared_zones *zones);
