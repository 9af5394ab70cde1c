#pragma once

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The zone of the process, for one test: a setup and a teardown for cmocka. */
static inline int enter_zone(void **state, const char *zone)
{
    const char *before = getenv("TZ");

    *state = before == NULL ? NULL : strdup(before);
    setenv("TZ", zone, 1);
    tzset();
    return 0;
}

static inline int leave_zone(void **state)
{
    if (*state == NULL)
        unsetenv("TZ");
    else
        setenv("TZ", *state, 1);
    free(*state);
    tzset();
    return 0;
}
