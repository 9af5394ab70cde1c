#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Dates as HTTP and logs write them. */

#define HTTP_DATE_LEN 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* `seconds` since 1970, in RFC 9110 5.6.7's preferred form. `out` holds HTTP_DATE_LEN bytes, no
 * NUL.
 */
void http_date_format(int64_t seconds, char *out);

/* Any of the three forms of RFC 9110 5.6.7. */
bool http_date_parse(struct slice text, int64_t *seconds) __attribute__((warn_unused_result));

/* The present second, written out once for all who need it. */
struct http_clock {
    int64_t second;           /* what the texts say; -1: nothing yet */
    char date[HTTP_DATE_LEN]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */
    char local[26];           /* "06/Nov/1994:09:49:37 +0100": $time_local */
    char iso8601[25];         /* "1994-11-06T09:49:37+01:00" */
};

void http_clock_init(struct http_clock *clock);

/* Brings the texts up to date; cheap when the second is still the same. */
void http_clock_set(struct http_clock *clock, uint64_t wall_us);
