#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Servers on a ring of 2^32 places, each at 160 points for every unit of its weight: where one is
 * added or taken away only the keys near its points move. nginx's points (those of
 * Cache::Memcached::Fast), so that both send a key to the same server. */

struct balancer_server;
struct balancer_ring;

/* With more the ring would be out of proportion: weights are to add up to less. */
#define BALANCER_RING_WEIGHT_MAX 10000

/* `servers` must live as long as the ring. */
struct balancer_ring *balancer_ring_new(const struct balancer_server *servers, size_t count);
void balancer_ring_free(struct balancer_ring *ring); /* NULL is nothing */

/* The first point at or behind `hash`. */
size_t balancer_ring_find(const struct balancer_ring *ring, uint32_t hash);

/* The name of the server at a point; those behind the last begin anew. */
struct slice balancer_ring_name(const struct balancer_ring *ring, size_t point);
