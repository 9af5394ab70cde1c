#pragma once

#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which servers pass their checks: a table in memory that all workers share (relay/shared_zone.h),
 * so that each server is checked once, by whichever worker is first to find that it is time, and
 * all of them know. Read for every request, written by checks. What stands in it are numbers: a
 * worker that writes nonsense there can hide a failure and no more. */

struct balancer_health_slot;

/* The table, as one balancer uses it. */
struct balancer_health {
    void *memory; /* zeros at first */
    size_t size;
    const uint64_t *seed;   /* of the zone, for siphash */
    struct slice name;      /* what is checked and how: other names share nothing */
    bool is_mandatory;      /* nobody gets a request before the first check */
    uint32_t fails, passes; /* so many in a row change the verdict */
    uint32_t lease_ms;      /* a check that takes longer was lost with its worker */
    uint32_t longest_ms;    /* nothing is put off by more: lease, interval and jitter */
};

/* One peer in it. */
struct balancer_health_place {
    struct balancer_health_slot *slot; /* NULL: not known, or no room: as if it had passed */
    uint64_t tag;
};

/* How large a table for so many servers is. */
size_t balancer_health_size(size_t servers);

/* Finds or makes the peer's place. */
struct balancer_health_place balancer_health_find(const struct balancer_health *health,
                                                  const struct address *address, uint64_t now);

/* May it get requests? */
bool balancer_health_allows(const struct balancer_health *health,
                            const struct balancer_health_place *place);

/* Is it time to check, and is that ours to do? Then *lease is what balancer_health_return takes,
 * and nobody else begins before. Else *wait_ms is how long to wait. */
bool balancer_health_take(const struct balancer_health *health,
                          const struct balancer_health_place *place, uint64_t now, uint64_t *lease,
                          uint64_t *wait_ms);

/* The check is over: the next one is due after `after_ms`. */
void balancer_health_return(const struct balancer_health_place *place, uint64_t lease,
                            uint64_t due_ms);

enum balancer_verdict {
    BALANCER_SAME,
    BALANCER_WENT_DOWN,
    BALANCER_CAME_UP,
};

/* What a check found. For whoever holds the lease. */
enum balancer_verdict balancer_health_note(const struct balancer_health *health,
                                           const struct balancer_health_place *place, bool passed);
