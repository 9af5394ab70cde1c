#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How fast each of many keys asks: a table in memory that several processes share, without locks.
 * A key is known by a hash of 64 bits; where the table is full, who asked longest ago is forgotten.
 * nginx's leaky bucket: what is above the rate gathers as `excess`, in thousandths of a request. */

struct http_limit_table {
    void *memory; /* zeros at first */
    size_t size;
};

struct http_limit_rate {
    uint32_t rate;  /* thousandths of a request in a second */
    uint32_t burst; /* thousandths of a request; at most HTTP_LIMIT_EXCESS_MAX */
};

#define HTTP_LIMIT_EXCESS_MAX (16000u * 1000)

/* Would one more request be within the rate and the burst? *excess: what there would be then. */
bool http_limit_table_allows(const struct http_limit_table *table, uint64_t hash,
                             const struct http_limit_rate *rate, uint64_t now_ms, uint32_t *excess);

/* It is made: counts it. */
void http_limit_table_take(const struct http_limit_table *table, uint64_t hash,
                           const struct http_limit_rate *rate, uint64_t now_ms);
