#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Counts what a client of HTTP/2 may send for free, by the rows of http2_floods.def. Pure. */

enum http2_flood {
#define HTTP2_FLOOD(name, most, each, words) HTTP2_FLOOD_##name,
#include "http/h2/http2_floods.def"
#undef HTTP2_FLOOD
    HTTP2_FLOOD_COUNT
};

/* All zero is the initial state. */
struct http2_floods {
    uint64_t since_ms; /* when the window began */
    uint32_t counts[HTTP2_FLOOD_COUNT];
};

/* False: that is one too many. */
bool http2_floods_add(struct http2_floods *floods, enum http2_flood kind, uint32_t amount,
                      uint64_t now_ms) __attribute__((warn_unused_result));

/* So many of it were earned. */
void http2_floods_take_back(struct http2_floods *floods, enum http2_flood kind, uint32_t amount);

/* Another head begins: for what is counted in one. */
void http2_floods_restart(struct http2_floods *floods, enum http2_flood kind);

const char *http2_flood_words(enum http2_flood kind);
