#pragma once

#include "http/http_exchange.h"

/* limit_req: calls go_on, at once or when the request has waited long enough; or answers. Once for
 * an exchange, whatever internal redirects follow (nginx's rule). */
void http_limit_run(struct http_exchange *exchange, void (*go_on)(struct http_exchange *exchange));
