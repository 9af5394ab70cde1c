#pragma once

#include "http/http_exchange.h"
#include "relay/connection_counts.h"

struct conf;
struct shared_zones;

/* stub_status, $connections_active and its like. */

/* What workers share for it; nothing if the configuration asks for none of them. */
void http_status_zones(const struct conf *conf, struct shared_zones *zones);

/* Answers with nginx's page. */
void http_status_handle(struct http_exchange *exchange);

/* The page's text, in `arena`; at == NULL: there is no room. */
struct slice http_status_page(const struct connection_sums *sums, struct arena *arena);
