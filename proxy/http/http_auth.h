#pragma once

#include "http/http_exchange.h"

/* auth_basic: goes on with `accepted` (now or later) when name and password are right; otherwise
 * answers 401, 403, 500 or 503 itself. */
void http_auth_handle(struct http_exchange *exchange,
                      void (*accepted)(struct http_exchange *exchange));
