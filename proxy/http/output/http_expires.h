#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* `expires`: how long an answer may be kept. Pure but for the local time of "@15h30m". */

enum http_expires_kind {
    HTTP_EXPIRES_OFF,
    HTTP_EXPIRES_EPOCH, /* in 1970 */
    HTTP_EXPIRES_MAX,   /* in 2037 */
    HTTP_EXPIRES_ACCESS,
    HTTP_EXPIRES_MODIFIED, /* counted from Last-Modified, if there is one */
    HTTP_EXPIRES_DAILY,    /* at that time of day */
};

struct http_expires {
    enum http_expires_kind kind;
    int64_t seconds; /* ACCESS, MODIFIED: may be negative; DAILY: since midnight */
};

/* What a client is told. */
struct http_expiry {
    int64_t at;      /* Expires, seconds since 1970 */
    int64_t max_age; /* -1: Cache-Control is no-cache */
};

/* `text` is what follows `expires`, `modified` left out. False with *why (static) if it is wrong.
 */
bool http_expires_parse(struct slice text, bool modified, struct http_expires *expires,
                        const char **why) __attribute__((warn_unused_result));

/* `modified`: of the answer, in seconds since 1970; -1: not known. Not for OFF. */
struct http_expiry http_expires_at(const struct http_expires *expires, int64_t now,
                                   int64_t modified);
