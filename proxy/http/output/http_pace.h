#pragma once

#include "http/http_exchange.h"
#include "http/output/http_rate.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>

/* limit_rate: the last stage of http_output, before the connection. What comes too early waits
 * here, at most what a handler writes in one go; it is told that there is no room for more. */
struct http_pace {
    struct http_rate rate;
    uint64_t sent;
    struct deadline pause; /* until there is room again; always set while something waits */
    char *held;
    size_t held_at, held_len; /* bytes [held_at, held_len) wait */
    bool ends;                /* nothing follows them */
};

void http_pace_begin(struct http_exchange *exchange);
void http_pace_write(struct http_exchange *exchange, struct slice bytes);
void http_pace_finish(struct http_exchange *exchange);

/* True: http_output_drained follows. */
bool http_pace_is_full(struct http_exchange *exchange);

/* What waits is for nobody any more. */
void http_pace_drop(struct http_pace *pace);
