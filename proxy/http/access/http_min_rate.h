#pragma once

#include <stdbool.h>
#include <stdint.h>

/* min_rate: who sends a request's body, or takes an answer, more slowly than that has had its time
 * (reference/http.md 4.11). Pure. */
struct http_min_rate {
    uint64_t per_second; /* 0: any rate will do */
    uint32_t after_ms;   /* so long any rate will do */
};

/* How long a client has been waited for: only while nobody but the client was to blame. */
struct http_awaited {
    uint64_t ms;       /* up to `since_ms` */
    uint64_t since_ms; /* if is_running */
    bool is_running;
};

/* Goes on; the first call begins. */
void http_awaited_go_on(struct http_awaited *awaited, uint64_t now_ms);
void http_awaited_stop(struct http_awaited *awaited, uint64_t now_ms);

/* Has a client that was waited for so long sent too little? */
bool http_min_rate_is_missed(const struct http_min_rate *rate, uint64_t awaited_ms,
                             uint64_t received);

/* How long until that is so if nothing more comes; 0: it is. There must be a rate. */
uint32_t http_min_rate_left(const struct http_min_rate *rate, uint64_t awaited_ms,
                            uint64_t received);

/* What a client has to take of an answer within `period_ms` at least: 1 if any rate will do. */
uint64_t http_min_rate_least(const struct http_min_rate *rate, uint32_t period_ms);
