#include "http/access/http_min_rate.h"

void http_awaited_stop(struct http_awaited *awaited, uint64_t now_ms)
{
    if (awaited->is_running)
        awaited->ms += now_ms - awaited->since_ms;
    awaited->is_running = false;
}

void http_awaited_go_on(struct http_awaited *awaited, uint64_t now_ms)
{
    http_awaited_stop(awaited, now_ms);
    awaited->since_ms = now_ms;
    awaited->is_running = true;
}

/* For how much time `bytes` are enough. */
static uint64_t time_for(const struct http_min_rate *rate, uint64_t bytes)
{
    if (bytes > UINT64_MAX / 1000)
        return UINT64_MAX / rate->per_second;
    return bytes * 1000 / rate->per_second;
}

uint32_t http_min_rate_left(const struct http_min_rate *rate, uint64_t awaited_ms,
                            uint64_t received)
{
    uint64_t enough = time_for(rate, received);
    uint64_t total = enough > rate->after_ms ? enough : rate->after_ms;
    uint64_t left = total > awaited_ms ? total - awaited_ms : 0;

    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

bool http_min_rate_is_missed(const struct http_min_rate *rate, uint64_t awaited_ms,
                             uint64_t received)
{
    return rate->per_second > 0 && http_min_rate_left(rate, awaited_ms, received) == 0;
}

uint64_t http_min_rate_least(const struct http_min_rate *rate, uint32_t period_ms)
{
    uint64_t seconds = period_ms / 1000;

    if (period_ms < rate->after_ms || rate->per_second == 0 || seconds == 0)
        return 1;
    return rate->per_second > UINT64_MAX / seconds ? UINT64_MAX : rate->per_second * seconds;
}
