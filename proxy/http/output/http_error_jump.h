#pragma once

#include "http/http_exchange.h"

/* error_page: what answers instead of the plain page for a status. */

/* True: something else answers; the caller must have let go of everything but what reader->ended
 * lets go of. False: `error_page` says nothing about `status` here, or the exchange is at an error
 * page already (recursive_error_pages). Fields that the response has already go with the answer.
 * For http_exchange_error, and for answers of backends with proxy_intercept_errors. */
bool http_error_jump(struct http_exchange *exchange, unsigned status)
    __attribute__((warn_unused_result));

/* Would it? */
bool http_error_has_page(const struct http_exchange *exchange, unsigned status);
