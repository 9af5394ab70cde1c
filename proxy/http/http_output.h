#pragma once

#include "http/http_conf.h"
#include "http/http_exchange.h"

/* Between a handler and the connection: a transport that sits on the connection's. When the head is
 * sent it adds what the location says (http_output_fields.c), and gets out of the way if the body
 * needs nothing. */

/* Of one exchange: exchange->output, in its arena. */
struct http_output {
    const struct http_transport *inner; /* the connection's */
};

/* For http_output_choose. */
void http_output_attach(struct http_exchange *exchange);

/* Whenever exchange->location was set, before the head: costs one test where the location has no
 * rules for answers. */
static inline void http_output_choose(struct http_exchange *exchange)
{
    if (exchange->location->output != NULL && exchange->output == NULL)
        http_output_attach(exchange);
}
