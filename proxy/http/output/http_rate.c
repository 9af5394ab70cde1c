#include "http/output/http_rate.h"

/* More than any answer, and no sum of it overflows. */
#define PLENTY (UINT64_MAX / 4)
/* As nginx, a second's worth ahead. */
#define AHEAD_MS 1000
#define WAIT_MAX 10000

static uint64_t allowed(const struct http_rate *rate, uint64_t now_ms)
{
    uint64_t elapsed = now_ms - rate->started_ms + AHEAD_MS;

    if (rate->per_second == 0 || rate->per_second > PLENTY / elapsed || rate->after > PLENTY)
        return PLENTY;
    return rate->after + rate->per_second * elapsed / 1000;
}

uint64_t http_rate_room(const struct http_rate *rate, uint64_t sent, uint64_t now_ms)
{
    uint64_t total = allowed(rate, now_ms);

    return total > sent ? total - sent : 0;
}

uint32_t http_rate_wait(const struct http_rate *rate, uint64_t sent, uint64_t now_ms)
{
    uint64_t total = allowed(rate, now_ms), over;

    if (total > sent)
        return 0;
    over = sent - total + 1;
    if (over / rate->per_second >= WAIT_MAX / 1000)
        return WAIT_MAX;
    return (uint32_t)(over * 1000 / rate->per_second) + 1;
}
