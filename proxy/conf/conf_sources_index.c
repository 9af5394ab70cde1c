#include "conf/conf_sources_index.h"

#include "base/arena.h"

#include <stdlib.h>

#define LEAST 64 /* a power of two, as each capacity */

void conf_sources_index_deinit(struct conf_sources_index *index)
{
    free(index->slots);
    *index = (struct conf_sources_index){0};
}

/* FNV-1a: the names are those of the configuration, nobody means harm. */
uint64_t conf_sources_index_hash(struct slice name, unsigned kind)
{
    uint64_t hash = 0xcbf29ce484222325 ^ kind;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 0x100000001b3;
    return hash;
}

static void put(struct conf_sources_index *index, uint32_t place, uint64_t hash)
{
    size_t at = hash & (index->capacity - 1);

    while (index->slots[at] != 0)
        at = (at + 1) & (index->capacity - 1);
    index->slots[at] = place + 1;
}

void conf_sources_index_add(struct conf_sources_index *index, uint32_t place,
                            uint64_t (*hash_at)(const void *owner, uint32_t place),
                            const void *owner)
{
    if (2 * (index->count + 1) > index->capacity) {
        free(index->slots);
        index->capacity = index->capacity == 0 ? LEAST : 2 * index->capacity;
        index->slots = memory_zero(index->capacity * sizeof *index->slots);
        for (uint32_t i = 0; i < place; i++)
            put(index, i, hash_at(owner, i));
    }
    put(index, place, hash_at(owner, place));
    index->count++;
}

bool conf_sources_index_next(const struct conf_sources_index *index, uint64_t hash, size_t *step,
                             uint32_t *place)
{
    size_t at = (hash + *step) & (index->capacity - 1);

    if (index->capacity == 0 || index->slots[at] == 0)
        return false;
    (*step)++;
    *place = index->slots[at] - 1;
    return true;
}
