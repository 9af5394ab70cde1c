#pragma once

#include "relay/worker.h"

#include <stddef.h>
#include <stdint.h>

/* How many connections and requests there are and were, in all workers (nginx's stub_status). What
 * was is added up in memory for all of them, so that it outlives workers; what is, each worker
 * counts in a lane of its own, which goes with it. */

#define CONNECTION_TOTALS_ZONE SLICE("stub_status totals")
#define CONNECTION_LANES_ZONE  SLICE("stub_status now")

struct arena;
struct session;
struct shared_zone;
struct shared_zones;

/* What a client's connection is doing. */
enum connection_place {
    CONNECTION_NOWHERE, /* it is open; that of HTTP/2 while it has streams, which count instead */
    CONNECTION_READING, /* a head is arriving */
    CONNECTION_WRITING, /* a request is being answered */
    CONNECTION_WAITING, /* between two requests, or before the first */
    CONNECTION_PLACES
};

struct connection_sums {
    uint64_t accepts, handled, requests;
    uint64_t active; /* connections that are open */
    uint64_t at[CONNECTION_PLACES];
};

/* Makes the memory known: only a configuration that asks for the counts does so. */
void connection_counts_zones(struct shared_zones *zones);

/* Worker start: the worker counts from now on. `lanes` as of http_limit_conn.h: the worker's own
 * in each of its zones. Does nothing if the memory is not there. */
void connection_counts_start(struct worker *worker, const unsigned *lanes, struct arena *arena);

/* Sums of all workers; zeros where nothing is counted. */
struct connection_sums connection_counts_sum(const struct worker *worker);

/* For those below, if the worker counts. */
void connection_counts_add_accepted(const struct connection_counts *counts, uint64_t handled);
void connection_counts_add_request(const struct connection_counts *counts);
void connection_counts_add(const struct connection_counts *counts, enum connection_place place);
void connection_counts_remove(const struct connection_counts *counts, enum connection_place place);
void connection_counts_move(struct session *session, enum connection_place place);
void connection_counts_end(struct session *session);
