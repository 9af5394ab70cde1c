#pragma once

#include "relay/shared_zone.h"

#include <stdbool.h>
#include <stdint.h>

/* How many requests of a key are under way, in all workers. Each writes only its own lane of the
 * zone, and adds up what stands in all of them: the lane of one that dies is cleared, and nothing
 * else has to be put right. */

/* One more in this lane. False: there is no room for the key. */
bool http_conn_table_add(const struct shared_zone *zone, unsigned lane, uint64_t hash);
void http_conn_table_remove(const struct shared_zone *zone, unsigned lane, uint64_t hash);

/* In all lanes. */
uint64_t http_conn_table_count(const struct shared_zone *zone, uint64_t hash);
