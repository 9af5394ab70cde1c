#pragma once

#include "http/http_exchange.h"
#include "net/buffer.h"

/* The whole body of a request that one backend has had and another one may need: proxy_pass with
 * proxy_request_buffering leaves it to whoever answers instead (error_page, X-Accel-Redirect). */
struct http_kept_body {
    struct buffer bytes;
};

/* Moves the bytes to the exchange; without room in its arena they are gone. */
void http_kept_body_put(struct http_exchange *exchange, struct buffer *bytes);

/* Moves them to `bytes`, which is empty; false: there are none. */
bool http_kept_body_take(struct http_exchange *exchange, struct buffer *bytes);

/* The exchange is over. */
static inline void http_kept_body_drop(struct http_exchange *exchange)
{
    if (exchange->kept_body != NULL)
        buffer_release(&exchange->kept_body->bytes);
    exchange->kept_body = NULL;
}
