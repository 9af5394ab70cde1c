#include "relay/connection_counts.h"

#include "base/arena.h"
#include "relay/session.h"
#include "relay/shared_zone.h"

#include <stdatomic.h>

/* More than the heads of both need; a lane is at least as large as struct lane. */
#define TOTALS_SIZE 4096
#define LANES_SIZE  (128 * SHARED_LANES + 1024)

struct totals {
    _Atomic uint64_t accepts, handled, requests;
};

struct lane {
    _Atomic uint64_t active, at[CONNECTION_PLACES];
};

struct connection_counts {
    struct totals *totals;
    struct lane *own;
    const struct shared_zone *lanes;
};

void connection_counts_zones(struct shared_zones *zones)
{
    shared_zones_add(zones, CONNECTION_TOTALS_ZONE, TOTALS_SIZE, 0);
    shared_zones_add(zones, CONNECTION_LANES_ZONE, LANES_SIZE, SHARED_LANES);
}

/* A worker that finds none free counts where nobody looks. */
static struct lane *own_lane(const struct shared_zone *zone, unsigned lane, struct arena *arena)
{
    size_t len;

    if (lane == SHARED_LANES)
        return arena_zero(arena, sizeof(struct lane));
    return shared_zone_lane(zone, lane, &len);
}

void connection_counts_start(struct worker *worker, const unsigned *lanes, struct arena *arena)
{
    const struct shared_zones *zones = worker->zones;
    const struct shared_zone *totals = shared_zones_find(zones, CONNECTION_TOTALS_ZONE);
    const struct shared_zone *zone = shared_zones_find(zones, CONNECTION_LANES_ZONE);
    struct connection_counts *counts;
    size_t len;

    if (totals == NULL || zone == NULL)
        return;
    counts = arena_zero(arena, sizeof *counts);
    counts->totals = shared_zone_body(totals, &len);
    counts->own = own_lane(zone, lanes[zone - zones->items], arena);
    counts->lanes = zone;
    worker->counts = counts;
}

static uint64_t load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

/* By one, or by minus one. */
static void change(_Atomic uint64_t *number, uint64_t by)
{
    atomic_fetch_add_explicit(number, by, memory_order_relaxed);
}

static void add_lane(struct connection_sums *sums, const struct lane *lane)
{
    sums->active += load(&lane->active);
    for (size_t i = 0; i < CONNECTION_PLACES; i++)
        sums->at[i] += load(&lane->at[i]);
}

struct connection_sums connection_counts_sum(const struct worker *worker)
{
    const struct connection_counts *counts = worker->counts;
    struct connection_sums sums = {0};
    size_t len;

    if (counts == NULL)
        return sums;
    sums.accepts = load(&counts->totals->accepts);
    sums.handled = load(&counts->totals->handled);
    sums.requests = load(&counts->totals->requests);
    for (unsigned i = 0; i < counts->lanes->lanes; i++)
        add_lane(&sums, shared_zone_lane(counts->lanes, i, &len));
    return sums;
}

void connection_counts_add_accepted(const struct connection_counts *counts, uint64_t handled)
{
    change(&counts->totals->accepts, 1);
    change(&counts->totals->handled, handled);
    change(&counts->own->active, handled);
}

void connection_counts_add_request(const struct connection_counts *counts)
{
    change(&counts->totals->requests, 1);
}

void connection_counts_add(const struct connection_counts *counts, enum connection_place place)
{
    change(&counts->own->at[place], 1);
}

void connection_counts_remove(const struct connection_counts *counts, enum connection_place place)
{
    change(&counts->own->at[place], UINT64_MAX);
}

void connection_counts_move(struct session *session, enum connection_place place)
{
    const struct connection_counts *counts = session->worker->counts;

    connection_counts_remove(counts, session->place);
    connection_counts_add(counts, place);
    session->place = (uint8_t)place;
}

void connection_counts_end(struct session *session)
{
    const struct connection_counts *counts = session->worker->counts;

    connection_counts_move(session, CONNECTION_NOWHERE);
    change(&counts->own->active, UINT64_MAX);
}
