#pragma once

#include "http/http_exchange.h"

/* Finds server and location for the request and calls the handler that answers it. A request that
 * no handler should see (too large, TRACE, OPTIONS *) is answered here. */
void http_handle(struct http_exchange *exchange);
