#include "relay/balancer_health.h"

#include "base/siphash.h"

#include <stdatomic.h>
#include <string.h>

struct balancer_health_slot {
    _Atomic uint64_t tag;    /* hash of who it is; 0: free */
    _Atomic uint64_t due_ms; /* monotonic: when the next check may begin */
    _Atomic uint64_t state;  /* bits, then how many checks in a row failed and passed */
    uint64_t unused;         /* two slots in a line of the cache */
};

#define SLOTS_LEAST 1024 /* 32 KiB */
#define PROBES      64   /* places where a peer may stand */

/* Nobody has checked it for so long: it is no part of the configuration any more, or of its name's
 * addresses. More than any interval. */
#define FORGOTTEN_MS (2u * 3600 * 1000)

/* state */
#define CHECKED    1u
#define DOWN       2u
#define FAILS_AT   16
#define PASSES_AT  32
#define COUNT_MASK 0xffffu

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

size_t balancer_health_size(size_t servers)
{
    size_t slots = SLOTS_LEAST;

    while (slots < 8 * servers)
        slots *= 2;
    return slots * sizeof(struct balancer_health_slot);
}

static uint64_t tag_of(const struct balancer_health *health, const struct address *address)
{
    struct {
        uint64_t name;
        uint8_t bytes[16];
        uint32_t port, family;
    } key = {.name = siphash(health->seed, health->name),
             .port = address->port,
             .family = address->family};
    uint64_t tag;

    memcpy(key.bytes, address->bytes, sizeof key.bytes);
    tag = siphash(health->seed, (struct slice){(const char *)&key, sizeof key});
    return tag == 0 ? 1 : tag;
}

static bool is_forgotten(const struct balancer_health_slot *slot, uint64_t now)
{
    return load(&slot->due_ms) + FORGOTTEN_MS < now;
}

/* Where the peer stands; else a place that it can have; NULL: all are taken. */
static struct balancer_health_slot *search(const struct balancer_health *health, uint64_t tag,
                                           uint64_t now)
{
    struct balancer_health_slot *slots = health->memory, *found = NULL;
    size_t count = health->size / sizeof *slots;

    for (size_t i = 0; i < PROBES; i++) {
        struct balancer_health_slot *slot = &slots[(tag + i) % count];
        uint64_t other = load(&slot->tag);

        if (other == tag)
            return slot;
        if (found == NULL && (other == 0 || is_forgotten(slot, now)))
            found = slot;
        if (other == 0)
            break;
    }
    return found;
}

/* False: somebody else was faster. */
static bool settle(struct balancer_health_slot *slot, uint64_t tag, uint64_t now)
{
    uint64_t other = load(&slot->tag);

    if (other == tag)
        return true;
    if (other != 0 && !is_forgotten(slot, now))
        return false;
    if (!atomic_compare_exchange_strong(&slot->tag, &other, tag))
        return other == tag;
    store(&slot->state, 0);
    store(&slot->due_ms, now);
    return true;
}

struct balancer_health_place balancer_health_find(const struct balancer_health *health,
                                                  const struct address *address, uint64_t now)
{
    struct balancer_health_place place = {.tag = tag_of(health, address)};

    for (size_t i = 0; i < PROBES; i++) {
        struct balancer_health_slot *slot = search(health, place.tag, now);

        if (slot != NULL && !settle(slot, place.tag, now))
            continue;
        place.slot = slot;
        break;
    }
    return place;
}

static bool is_at(const struct balancer_health_place *place)
{
    return place->slot != NULL && load(&place->slot->tag) == place->tag;
}

bool balancer_health_allows(const struct balancer_health *health,
                            const struct balancer_health_place *place)
{
    uint64_t state;

    if (!is_at(place))
        return true;
    state = load(&place->slot->state);
    return (state & DOWN) == 0 && ((state & CHECKED) != 0 || !health->is_mandatory);
}

bool balancer_health_take(const struct balancer_health *health,
                          const struct balancer_health_place *place, uint64_t now, uint64_t *lease,
                          uint64_t *wait_ms)
{
    uint64_t due;

    *wait_ms = health->longest_ms;
    if (!is_at(place))
        return false;
    due = load(&place->slot->due_ms);
    if (due > now && due - now <= health->longest_ms) {
        *wait_ms = due - now;
        return false;
    }
    *lease = now + health->lease_ms;
    return atomic_compare_exchange_strong(&place->slot->due_ms, &due, *lease);
}

void balancer_health_return(const struct balancer_health_place *place, uint64_t lease,
                            uint64_t due_ms)
{
    if (is_at(place))
        atomic_compare_exchange_strong(&place->slot->due_ms, &lease, due_ms);
}

static uint64_t one_more(uint64_t state, unsigned at)
{
    uint64_t count = state >> at & COUNT_MASK;

    return count == COUNT_MASK ? count : count + 1;
}

enum balancer_verdict balancer_health_note(const struct balancer_health *health,
                                           const struct balancer_health_place *place, bool passed)
{
    uint64_t before, count;
    bool was_down, is_down;

    if (!is_at(place))
        return BALANCER_SAME;
    before = load(&place->slot->state);
    was_down = (before & DOWN) != 0;
    count = one_more(before, passed ? PASSES_AT : FAILS_AT);
    if (passed)
        is_down = was_down && count < health->passes;
    else
        is_down =
            was_down || count >= health->fails || (health->is_mandatory && (before & CHECKED) == 0);
    store(&place->slot->state,
          count << (passed ? PASSES_AT : FAILS_AT) | (is_down ? DOWN : 0) | CHECKED);
    if (is_down == was_down)
        return BALANCER_SAME;
    return is_down ? BALANCER_WENT_DOWN : BALANCER_CAME_UP;
}
