#include "http/access/http_conn_table.h"

#include <stdatomic.h>

/* Sets of eight slots; a key may stand in any slot of its set. */
#define WAYS 8

struct slot {
    _Atomic uint64_t hash;
    _Atomic uint32_t count; /* 0: free */
    uint32_t unused;
};

static struct slot *set_of(const struct shared_zone *zone, unsigned lane, uint64_t hash)
{
    size_t len;
    struct slot *slots = shared_zone_lane(zone, lane, &len);

    return slots + hash % (len / (WAYS * sizeof *slots)) * WAYS;
}

static struct slot *find(const struct shared_zone *zone, unsigned lane, uint64_t hash)
{
    struct slot *set = set_of(zone, lane, hash);

    for (size_t i = 0; i < WAYS; i++)
        if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) == hash)
            return &set[i];
    return NULL;
}

static struct slot *find_free(const struct shared_zone *zone, unsigned lane, uint64_t hash)
{
    struct slot *set = set_of(zone, lane, hash);

    for (size_t i = 0; i < WAYS; i++)
        if (atomic_load_explicit(&set[i].count, memory_order_relaxed) == 0)
            return &set[i];
    return NULL;
}

bool http_conn_table_add(const struct shared_zone *zone, unsigned lane, uint64_t hash)
{
    struct slot *slot = find(zone, lane, hash);

    if (slot == NULL)
        slot = find_free(zone, lane, hash);
    if (slot == NULL)
        return false;
    atomic_store(&slot->hash, hash);
    atomic_fetch_add(&slot->count, 1); /* seen by all before they are counted */
    return true;
}

void http_conn_table_remove(const struct shared_zone *zone, unsigned lane, uint64_t hash)
{
    struct slot *slot = find(zone, lane, hash);

    /* Whoever broke into another worker may have written here. */
    if (slot != NULL && atomic_load(&slot->count) > 0)
        atomic_fetch_sub(&slot->count, 1);
}

uint64_t http_conn_table_count(const struct shared_zone *zone, uint64_t hash)
{
    const struct shared_head *head = zone->memory;
    uint64_t sum = 0;

    for (unsigned lane = 0; lane < zone->lanes; lane++) {
        const struct slot *slot =
            atomic_load(&head->owners[lane]) == 0 ? NULL : find(zone, lane, hash);

        if (slot != NULL)
            sum += atomic_load(&slot->count);
    }
    return sum;
}
