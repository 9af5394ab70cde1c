#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* How many failed logins in what time: auth_throttle. */
struct auth_rate {
    uint32_t count; /* 0: any number */
    uint32_t period_ms;
};

#define AUTH_RATE_COUNT_MAX  1000
#define AUTH_RATE_PERIOD_MAX (24 * 3600 * 1000)

/* "5/m"; s, m, h and d are known. */
bool auth_rate_parse(struct slice text, struct auth_rate *rate) __attribute__((warn_unused_result));

/* Is it what auth_rate_parse may give, or none? For what comes from another process. */
bool auth_rate_is_sound(const struct auth_rate *rate);
