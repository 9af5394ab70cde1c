#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A table from text and a kind to whatever, built once: finding takes no time that grows with the
 * number of entries, and no memory. */
struct http_table_slot {
    struct slice text;
    uint32_t kind;
    const void *value; /* NULL: free */
};

struct http_table {
    struct http_table_slot *slots; /* open addressing, at least half of it free */
    size_t slot_count;             /* a power of two */
    bool any_case;                 /* ASCII letters match in either case */
};

/* Room for `count` entries; everything lives in `arena`, texts are borrowed. */
void http_table_init(struct http_table *table, size_t count, bool any_case, struct arena *arena);

/* False, and nothing changes, if there is one of that kind and text already. */
bool http_table_add(struct http_table *table, uint32_t kind, struct slice text, const void *value);

/* NULL: there is none. */
const void *http_table_find(const struct http_table *table, uint32_t kind, struct slice text);

/* Names with stars, as in server_name and map's `hostnames`. */
enum http_name_kind {
    HTTP_NAME_EXACT,
    HTTP_NAME_LEADING_STAR,  /* "*.x": text is ".x" */
    HTTP_NAME_TRAILING_STAR, /* "x.*": text is "x." */
    HTTP_NAME_REGEX,         /* not in tables */
};

/* What these kinds have for `host`: the exact name, the longest "*.x", the longest "x.*". */
const void *http_table_find_host(const struct http_table *table, struct slice host, bool has_stars);
