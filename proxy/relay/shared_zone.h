#pragma once

#include "base/slice.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that all workers share: counts that hold for all of them. The master makes it and hands it
 * down; a reload keeps what has the same name and size. Whoever is in a worker can write there
 * whatever they like: what is read is a number, never a place. No lock is in it, so a worker that
 * dies leaves none behind. */

#define SHARED_LANES 64

struct shared_head {
    uint64_t seed[2];                      /* for siphash; the master's choice */
    _Atomic uint32_t owners[SHARED_LANES]; /* process ids, of zones with lanes; 0: free */
};

struct shared_zone {
    struct slice name;
    size_t size;
    unsigned lanes; /* 0: one body for all; else each worker writes a part of its own */
    int fd;         /* -1: not open */
    void *memory;   /* NULL: not mapped */
};

struct shared_zones {
    struct shared_zone *items; /* free(3) them */
    size_t count, capacity;
};

/* Adds one, or finds the one of that name. */
struct shared_zone *shared_zones_add(struct shared_zones *zones, struct slice name, size_t size,
                                     unsigned lanes);
struct shared_zone *shared_zones_find(const struct shared_zones *zones, struct slice name);

/* Of a zone without lanes: what is behind the head. */
void *shared_zone_body(const struct shared_zone *zone, size_t *len);

/* A lane for the process; SHARED_LANES if none is free. Its part is cleared. */
unsigned shared_zone_claim(const struct shared_zone *zone, uint32_t process);
void *shared_zone_lane(const struct shared_zone *zone, unsigned lane, size_t *len);

/* The process is no more: what it counted does not count. */
void shared_zone_release(const struct shared_zone *zone, uint32_t process);
