#include "auth/auth_rate.h"

#include "base/number.h"

/* 0: no such unit */
static uint32_t period_of(struct slice unit)
{
    static const struct {
        char letter;
        uint32_t ms;
    } units[] = {
        {'s', 1000                },
        {'m', 60 * 1000           },
        {'h', 3600 * 1000         },
        {'d', AUTH_RATE_PERIOD_MAX},
    };

    for (size_t i = 0; unit.len == 1 && i < sizeof units / sizeof *units; i++)
        if (unit.at[0] == units[i].letter)
            return units[i].ms;
    return 0;
}

bool auth_rate_parse(struct slice text, struct auth_rate *rate)
{
    struct slice digits = slice_cut(&text, '/');
    uint32_t period_ms = period_of(text);
    uint64_t count;

    if (period_ms == 0 || !number_parse(digits, AUTH_RATE_COUNT_MAX, &count) || count == 0)
        return false;
    *rate = (struct auth_rate){(uint32_t)count, period_ms};
    return true;
}

bool auth_rate_is_sound(const struct auth_rate *rate)
{
    return rate->count == 0 || (rate->count <= AUTH_RATE_COUNT_MAX && rate->period_ms >= 1000 &&
                                rate->period_ms <= AUTH_RATE_PERIOD_MAX);
}
