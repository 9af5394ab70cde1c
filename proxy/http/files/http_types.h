#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Content types by file extension: what `types { … }` says. Built once, then constant. */

struct http_type_entry {
    struct slice extension; /* lower case, without the dot */
    struct slice type;
};

struct http_types {
    struct http_type_entry *slots; /* open addressing; extension.at == NULL: free */
    size_t slot_count;             /* a power of two */
    size_t count;
};

/* Makes room, so that not even an empty `types {}` means the built-in list; once or more often. */
void http_types_init(struct http_types *types, struct arena *arena);

/* Adds or replaces; true if it was new. */
bool http_types_add(struct http_types *types, struct arena *arena, struct slice extension,
                    struct slice type);

/* The type for the last extension of `path`'s last segment, in either case; empty if none. A struct
 * that was never initialised has the most usual types built in. */
struct slice http_types_find(const struct http_types *types, struct slice path);
