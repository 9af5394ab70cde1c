#pragma once

#include <stdint.h>

/* limit_rate: how much of an answer may have left by when. Pure. */
struct http_rate {
    uint64_t per_second; /* 0: no limit */
    uint64_t after;      /* so much leaves freely */
    uint64_t started_ms;
};

/* How much may leave at once, if `sent` has left. */
uint64_t http_rate_room(const struct http_rate *rate, uint64_t sent, uint64_t now_ms);

/* How long until there is room again; 0: there is. */
uint32_t http_rate_wait(const struct http_rate *rate, uint64_t sent, uint64_t now_ms);
