#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/slice.h"
#include "http/http_exchange.h"
#include "http/language/http_geo_ranges.h"
#include "http/language/http_template.h"
#include "http/message/http_forwarded.h"

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
    struct networks proxies;       /* whose X-Forwarded-For is believed */
    bool is_recursive;             /* proxy_recursive */
    struct http_network *networks; /* sorted by http_geo_sort */
    size_t count, capacity;
    struct http_geo_ranges *ranges; /* instead of networks; NULL: there are none */
    struct slice fallback;          /* of ranges; that of networks are 0.0.0.0/0 and ::/0 */
};

/* "192.0.2.0/24", "2001:db8::/32", or one address. */
bool http_geo_parse_network(struct slice text, struct http_network *network)
    __attribute__((warn_unused_result));

/* Adds a network; of several that are the same only the last one counts. */
void http_geo_add(struct http_geo *geo, struct arena *arena, struct http_network network);

/* The value of all addresses that are in no network. */
void http_geo_add_default(struct http_geo *geo, struct arena *arena, struct slice value);

/* Takes a network away again; false if it is not there. */
bool http_geo_delete(struct http_geo *geo, const struct http_network *network)
    __attribute__((warn_unused_result));

/* Once all are added, before the first http_geo_find. */
void http_geo_sort(struct http_geo *geo);

/* `address` may be none (family 0): it counts as 255.255.255.255, as in nginx. */
struct slice http_geo_find(const struct http_geo *geo, const struct address *address);

struct slice http_geo_value(struct http_exchange *exchange, uint32_t number,
                            const struct http_geo *geo);
