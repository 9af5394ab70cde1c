#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ranges of IPv4 addresses of `geo { ranges; }`, put together as nginx does: every 2^16
 * addresses for themselves, a range within another one cuts its part out of it. */

struct http_geo_range {
    uint32_t from, to;
    struct slice value;
};

struct http_geo_range_list {
    struct http_geo_range *items; /* sorted, none overlaps */
    size_t count, capacity;
};

struct http_geo_ranges {
    struct http_geo_range_list all; /* when it is finished */
    struct http_geo_range_list
        *lists; /* until then, by the upper half of the address, in `arena` */
    struct arena arena;
};

/* "192.0.2.1-192.0.2.9". */
bool http_geo_range_parse(struct slice text, struct http_geo_range *range)
    __attribute__((warn_unused_result));

void http_geo_ranges_begin(struct http_geo_ranges *ranges);

enum http_geo_range_result {
    HTTP_GEO_RANGE_ADDED,
    HTTP_GEO_RANGE_REPLACED, /* it was there already, or a part of it; this value counts */
    HTTP_GEO_RANGE_OVERLAPS, /* neither is within the other; what is kept of it is not said */
};
enum http_geo_range_result http_geo_ranges_add(struct http_geo_ranges *ranges,
                                               const struct http_geo_range *range)
    __attribute__((warn_unused_result));

/* False: there is no such range; what would have to be cut out of others stays. */
bool http_geo_ranges_delete(struct http_geo_ranges *ranges, const struct http_geo_range *range)
    __attribute__((warn_unused_result));

/* Once, before the first find. */
void http_geo_ranges_finish(struct http_geo_ranges *ranges, struct arena *arena);

/* NULL: it is in none. */
const struct slice *http_geo_ranges_find(const struct http_geo_ranges *ranges, uint32_t address);
