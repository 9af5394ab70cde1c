#pragma once

#include "http/http_exchange.h"

#include <stdbool.h>
#include <stdint.h>

/* A request that frontd makes of itself for another one: auth_request, SSI. It takes the way of any
 * other through locations and handlers (`internal` ones are open to it), as a GET without a body;
 * fields that speak of the client's own copy, of parts or codings of the page stay behind. What
 * comes of it goes to whoever asked, bit by bit. */

/* Subrequests inside subrequests, and of one request of a client altogether. */
#define HTTP_SUBREQUEST_DEPTH_MAX 8
#define HTTP_SUBREQUESTS_MAX      256

struct http_subrequest;

/* To whoever asked. None comes from inside http_subrequest_start. */
struct http_subrequest_events {
    /* `answer`: status and fields; they live until `done` has returned. */
    void (*head)(void *owner, const struct http_response *answer);
    void (*body)(void *owner, struct slice bytes);
    /* True: no more bytes, please; http_subrequest_go_on follows. NULL: never. */
    bool (*is_full)(void *owner);
    /* The last call. `whole`: the answer came to its end. `child` lives until this returns. */
    void (*done)(void *owner, struct http_exchange *child, bool whole);
};

/* `path`: decoded and normalised. `query`: at == NULL: none. Both are copied. NULL, logged: too
 * many, or too deep. */
struct http_subrequest *http_subrequest_start(struct http_exchange *parent, struct slice path,
                                              struct slice query,
                                              const struct http_subrequest_events *events,
                                              void *owner) __attribute__((warn_unused_result));

/* There is room again. */
void http_subrequest_go_on(struct http_subrequest *subrequest);

/* Enough of the answer has come: `done` follows as if it were whole, `body` does not. May be called
 * from inside an event. */
void http_subrequest_end(struct http_subrequest *subrequest);

/* Nobody wants the answer any more; no event comes. Sets *subrequest to NULL; NULL is fine. */
void http_subrequest_cancel(struct http_subrequest **subrequest);
