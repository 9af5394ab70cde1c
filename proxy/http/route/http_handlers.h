#pragma once

#include "http/http_exchange.h"

/* Finds server and location for the request and calls the handler that answers it. A request that
 * no handler should see (too large, TRACE, OPTIONS *) is answered here. */
void http_handle(struct http_exchange *exchange);

/* The same for a request that breaks a rule: the error page of the server that it names, as far as
 * it was understood. */
void http_handle_refused(struct http_exchange *exchange, enum http_refusal refusal);

/* Goes on with another path (decoded and normalised, as struct http_request.path) and query (at ==
 * NULL: none) in the same server, as if the client had asked for it; `internal` locations are open
 * to it. For index, try_files, error_page, X-Accel-Redirect. Nothing of the answer may be sent yet,
 * and the handler must have let go. After HTTP_JUMPS_MAX of them: 500. */
void http_redirect_internally(struct http_exchange *exchange, struct slice path,
                              struct slice query);

/* The same to the location `name` ("@x") of the server, with the path as it is; 500 if it has none
 * of that name: see http_conf_named. */
void http_jump(struct http_exchange *exchange, struct slice name);

/* From now on the values of `location` hold. For http_program.c. */
void http_choose_location(struct http_exchange *exchange, const struct http_location *location);
