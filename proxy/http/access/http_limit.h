#pragma once

#include "http/http_exchange.h"

/* What $limit_req_status and $limit_conn_status say: in exchange->limit_…_verdict. */
enum http_limit_verdict {
    HTTP_LIMIT_NONE, /* no limit was for the request */
    HTTP_LIMIT_PASSED,
    HTTP_LIMIT_DELAYED,
    HTTP_LIMIT_REJECTED,
    HTTP_LIMIT_DELAYED_DRY_RUN,
    HTTP_LIMIT_REJECTED_DRY_RUN,
};

/* limit_req: calls go_on, at once or when the request has waited long enough; or answers. Once for
 * an exchange, whatever internal redirects follow (nginx's rule). */
void http_limit_run(struct http_exchange *exchange, void (*go_on)(struct http_exchange *exchange));
