#pragma once

#include "http/http_exchange.h"
#include "http/language/http_template.h"

#include <stddef.h>
#include <stdint.h>

/* split_clients: a variable whose value a text chooses by chance, always the same for the same
 * text. */

/* Of all. */
#define HTTP_SPLIT_WHOLE 10000

struct http_split_part {
    uint32_t end; /* of the hashes that are its own; the rest's: UINT32_MAX */
    struct slice value;
};

struct http_split {
    struct http_template source;
    struct http_split_part *parts; /* in the order written */
    size_t count;
};

/* MurmurHash2 of 32 bits with the seed `len`, as nginx splits: who moves keeps their clients'
 * parts. */
uint32_t http_split_hash(struct slice text);

/* at NULL: none of the parts is it. */
struct slice http_split_find(const struct http_split *split, struct slice text);

struct slice http_split_value(struct http_exchange *exchange, uint32_t number,
                              const struct http_split *split);
