#pragma once

#include "http/http_exchange.h"

/* Puts whom a trusted proxy names in the client's place (exchange->client), as the location says,
 * unless that was done before. */
void http_realip_apply(struct http_exchange *exchange, const struct http_location *location);
