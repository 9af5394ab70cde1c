#pragma once

#include "base/slice.h"
#include "http/http_exchange.h"
#include "http/language/http_table.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>

/* map: a variable whose value another text chooses, worked out when it is first asked for. */

struct http_regex;

/* "~^/x" and "~*\.php$" */
struct http_map_pattern {
    const struct http_regex *regex;
    const struct http_template *value;
};

struct http_map {
    struct http_template source;
    struct http_table keys;            /* to struct http_template; kinds: enum http_name_kind */
    bool has_stars;                    /* `hostnames`, and one of the keys has a star */
    bool takes_hosts;                  /* `hostnames`: a trailing dot does not count */
    bool is_volatile;                  /* worked out anew at each use */
    struct http_map_pattern *patterns; /* in the order written */
    size_t pattern_count;
    const struct http_template *fallback; /* `default`; NULL: empty */
};

/* What the keys that are no regular expressions have for `source`; NULL: nothing. */
const struct http_template *http_map_find(const struct http_map *map, struct slice source);

/* The value of variable `number`, which `map` makes. One that asks for itself on the way is empty
 * there. */
struct slice http_map_value(struct http_exchange *exchange, uint32_t number,
                            const struct http_map *map);
