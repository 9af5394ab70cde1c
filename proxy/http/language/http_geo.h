#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/slice.h"
#include "http/http_exchange.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* geo: a variable whose value the network chooses that an address lies in; of several, the
 * narrowest. */

struct http_network {
    struct address address; /* what is behind `bits` is zero */
    uint8_t bits;
    struct slice value;
};

struct http_geo {
    struct http_template source;   /* an address */
    struct http_network *networks; /* sorted by http_geo_sort */
    size_t count, capacity;
    struct slice fallback;
};

/* "192.0.2.0/24", "2001:db8::/32", or one address. */
bool http_geo_parse_network(struct slice text, struct http_network *network)
    __attribute__((warn_unused_result));

/* Adds a network; several are the same if only the last is to count. */
void http_geo_add(struct http_geo *geo, struct arena *arena, struct http_network network);

/* Adds the networks that "192.0.2.1-192.0.2.9" consists of (IPv4 only); false if it is no range. */
bool http_geo_add_range(struct http_geo *geo, struct arena *arena, struct slice text,
                        struct slice value) __attribute__((warn_unused_result));

/* Once all are added, before the first http_geo_find. */
void http_geo_sort(struct http_geo *geo);

struct slice http_geo_find(const struct http_geo *geo, const struct address *address);

struct slice http_geo_value(struct http_exchange *exchange, uint32_t number,
                            const struct http_geo *geo);
