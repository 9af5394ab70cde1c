#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a list something of a name and a kind stands, found by a hash: ten thousand servers name
 * twenty thousand files. It knows places only; what stands there is its owner's. */

struct conf_sources_index {
    uint32_t *slots; /* a place + 1; 0: free */
    size_t capacity, count;
};

void conf_sources_index_deinit(struct conf_sources_index *index);

/* Adds a place under its hash. Of several alike the first one is found first. */
void conf_sources_index_add(struct conf_sources_index *index, uint32_t place,
                            uint64_t (*hash_at)(const void *owner, uint32_t place),
                            const void *owner);

/* The places that may be it: begin with *step = 0, until it is false. */
bool conf_sources_index_next(const struct conf_sources_index *index, uint64_t hash, size_t *step,
                             uint32_t *place);

uint64_t conf_sources_index_hash(struct slice name, unsigned kind);
