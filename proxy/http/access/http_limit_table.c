#include "http/access/http_limit_table.h"

#include <assert.h>
#include <stdatomic.h>

/* Sets of eight slots; a hash may stand in any slot of its set. */
#define WAYS 8

struct slot {
    _Atomic uint64_t hash;  /* 0: free */
    _Atomic uint64_t state; /* time of the last request in milliseconds, excess in the low bits */
};

#define EXCESS_BITS 24
#define EXCESS_MASK ((1u << EXCESS_BITS) - 1)
static_assert(HTTP_LIMIT_EXCESS_MAX + 1000 <= EXCESS_MASK, "an excess fits its bits");

#define ONE         1000       /* a request */
#define LONG_AGO_MS (1u << 30) /* no excess is left after so long, and products stay small */

static uint64_t pack(uint64_t now_ms, uint32_t excess)
{
    return now_ms << EXCESS_BITS | excess;
}

static struct slot *set_of(const struct http_limit_table *table, uint64_t hash)
{
    size_t sets = table->size / (WAYS * sizeof(struct slot));

    return (struct slot *)table->memory + hash % sets * WAYS;
}

static uint64_t name_of(uint64_t hash)
{
    return hash == 0 ? 1 : hash;
}

static struct slot *find(const struct http_limit_table *table, uint64_t hash)
{
    struct slot *set = set_of(table, hash);

    for (size_t i = 0; i < WAYS; i++)
        if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) == name_of(hash))
            return &set[i];
    return NULL;
}

/* A free slot, or that of whoever asked longest ago. */
static struct slot *oldest(struct slot *set)
{
    struct slot *found = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) == 0)
            return &set[i];
        if (atomic_load_explicit(&set[i].state, memory_order_relaxed) >> EXCESS_BITS <
            atomic_load_explicit(&found->state, memory_order_relaxed) >> EXCESS_BITS)
            found = &set[i];
    }
    return found;
}

/* As ngx_http_limit_req does: a clock that stands still or goes back takes nothing away. */
static uint32_t excess_after(uint64_t state, const struct http_limit_rate *rate, uint64_t now_ms)
{
    uint64_t last = state >> EXCESS_BITS;
    uint64_t passed = now_ms > last ? now_ms - last : 0;
    uint64_t excess = (state & EXCESS_MASK) + ONE, leaked;

    if (passed > LONG_AGO_MS)
        passed = LONG_AGO_MS;
    leaked = rate->rate * passed / 1000;
    return excess > leaked ? (uint32_t)(excess - leaked) : 0;
}

bool http_limit_table_allows(const struct http_limit_table *table, uint64_t hash,
                             const struct http_limit_rate *rate, uint64_t now_ms, uint32_t *excess)
{
    struct slot *slot = find(table, hash);

    *excess = 0;
    if (slot != NULL)
        *excess =
            excess_after(atomic_load_explicit(&slot->state, memory_order_relaxed), rate, now_ms);
    return *excess <= rate->burst;
}

/* Between another process's look and this one a slot may change hands: a count is off by one
 * request then, and nothing worse. */
static void begin(const struct http_limit_table *table, uint64_t hash, uint64_t now_ms)
{
    struct slot *slot = oldest(set_of(table, hash));

    atomic_store_explicit(&slot->state, pack(now_ms, 0), memory_order_relaxed);
    atomic_store_explicit(&slot->hash, name_of(hash), memory_order_relaxed);
}

#define TRIES 64 /* under contention somebody always gets on; nobody waits for one who died */

void http_limit_table_take(const struct http_limit_table *table, uint64_t hash,
                           const struct http_limit_rate *rate, uint64_t now_ms)
{
    struct slot *slot = find(table, hash);
    uint64_t state;

    if (slot == NULL) {
        begin(table, hash, now_ms);
        return;
    }
    state = atomic_load_explicit(&slot->state, memory_order_relaxed);
    for (int i = 0; i < TRIES; i++) {
        uint64_t last = state >> EXCESS_BITS;
        uint32_t excess = excess_after(state, rate, now_ms);

        if (excess > HTTP_LIMIT_EXCESS_MAX)
            excess = HTTP_LIMIT_EXCESS_MAX;
        if (atomic_compare_exchange_weak_explicit(&slot->state, &state,
                                                  pack(now_ms > last ? now_ms : last, excess),
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}
