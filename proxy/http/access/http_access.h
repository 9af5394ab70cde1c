#pragma once

#include "http/http_exchange.h"

#include <stdint.h>

/* The access phase: address rules, passwords, auth_request, put together as `satisfy` says. It runs
 * for each location the request comes to, also by an internal redirect, and not for subrequests
 * (nginx's rule). */

/* A step may take time. It ends with one call of http_access_decide. */
struct http_access_step {
    bool (*applies)(const struct http_location *location);
    void (*begin)(struct http_exchange *exchange);
};

enum http_access_verdict {
    HTTP_ACCESS_NO_OPINION = 0,
    HTTP_ACCESS_GRANTED = 200, /* any other status: what the client is told, if it comes to that */
};

/* For a worker's start: which steps apply in the location, as bits. */
uint8_t http_access_steps(const struct http_location *location);

/* Calls go_on, at once or later, when the client may have what it asks for; else answers. limit_req
 * comes first, as in nginx. */
void http_access_run(struct http_exchange *exchange, void (*go_on)(struct http_exchange *exchange));

/* The result of the present step; before it, exchange->reader must be as the step found it. */
void http_access_decide(struct http_exchange *exchange, unsigned verdict);

/* A step that refuses with 401 says before what WWW-Authenticate is to be. */
void http_access_challenge(struct http_exchange *exchange, struct slice challenge);
