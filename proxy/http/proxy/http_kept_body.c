#include "http/proxy/http_kept_body.h"

void http_kept_body_put(struct http_exchange *exchange, struct buffer *bytes)
{
    http_kept_body_drop(exchange);
    exchange->kept_body = arena_zero(&exchange->arena, sizeof *exchange->kept_body);
    if (exchange->kept_body == NULL) {
        buffer_release(bytes);
        return;
    }
    exchange->kept_body->bytes = *bytes;
    *bytes = (struct buffer){0};
}

bool http_kept_body_take(struct http_exchange *exchange, struct buffer *bytes)
{
    if (exchange->kept_body == NULL)
        return false;
    *bytes = exchange->kept_body->bytes;
    exchange->kept_body = NULL;
    return true;
}
