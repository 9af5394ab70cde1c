#pragma once

#include "http/http_exchange.h"

struct shared_zones;

/* limit_conn, limit_conn_ip. */

/* Worker start: a lane of its own in each zone that has lanes; in the order of the zones, in
 * `arena`. */
unsigned *http_limit_conn_lanes(const struct shared_zones *zones, struct arena *arena);

/* Once for an exchange, whatever internal redirects follow. True: the request is counted until
 * http_limit_conn_release. False: it was one too many, and is answered. */
bool http_limit_conn_allows(struct http_exchange *exchange);

/* The exchange is over. */
void http_limit_conn_release(struct http_exchange *exchange);
