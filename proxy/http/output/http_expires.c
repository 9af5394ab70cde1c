#include "http/output/http_expires.h"

#include "base/ensure.h"
#include "base/number.h"

#include <time.h>

#define DAY_S        86400
#define YEARS_MAX_MS (100 * 365 * UINT64_C(86400000))

/* Thu, 01 Jan 1970 00:00:01 GMT and Thu, 31 Dec 2037 23:55:55 GMT, as nginx has them. */
#define EPOCH_AT    1
#define MAX_AT      2145916555
#define MAX_MAX_AGE 315360000

static bool parse_word(struct slice text, struct http_expires *expires)
{
    static const struct {
        struct slice text;
        enum http_expires_kind kind;
    } words[] = {
        {{"epoch", 5}, HTTP_EXPIRES_EPOCH},
        {{"max", 3},   HTTP_EXPIRES_MAX  },
        {{"off", 3},   HTTP_EXPIRES_OFF  },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!slice_equal(text, words[i].text))
            continue;
        *expires = (struct http_expires){words[i].kind, 0};
        return true;
    }
    return false;
}

static bool fail(const char **why, const char *words)
{
    *why = words;
    return false;
}

static bool parse_daily(struct slice text, struct http_expires *expires, const char **why)
{
    uint64_t ms;

    if (!number_parse_duration(text, YEARS_MAX_MS, &ms))
        return fail(why, "no time of day follows the \"@\"");
    if (ms > DAY_S * UINT64_C(1000))
        return fail(why, "a day has 24 hours");
    *expires = (struct http_expires){HTTP_EXPIRES_DAILY, (int64_t)(ms / 1000)};
    return true;
}

bool http_expires_parse(struct slice text, bool modified, struct http_expires *expires,
                        const char **why)
{
    bool is_negative = slice_starts(text, SLICE("-"));
    uint64_t ms;

    if (!modified && parse_word(text, expires))
        return true;
    if (slice_starts(text, SLICE("@")))
        return modified ? fail(why, "a time of day cannot be counted from a modification")
                        : parse_daily(slice_from(text, 1), expires, why);
    if (is_negative || slice_starts(text, SLICE("+")))
        text = slice_from(text, 1);
    if (!number_parse_duration(text, YEARS_MAX_MS, &ms))
        return fail(why, "this is no time");
    expires->kind = modified ? HTTP_EXPIRES_MODIFIED : HTTP_EXPIRES_ACCESS;
    expires->seconds = is_negative ? -(int64_t)(ms / 1000) : (int64_t)(ms / 1000);
    return true;
}

/* The next time that the clock on the wall shows `seconds` after midnight. */
static int64_t next_daily(int64_t now, int64_t seconds)
{
    time_t today = (time_t)now, next;
    struct tm parts;

    if (localtime_r(&today, &parts) == NULL)
        return now + DAY_S;
    parts.tm_hour = (int)(seconds / 3600);
    parts.tm_min = (int)(seconds / 60 % 60);
    parts.tm_sec = (int)(seconds % 60);
    parts.tm_isdst = -1;
    next = mktime(&parts);
    if (next > today)
        return next;
    parts.tm_mday++;
    parts.tm_isdst = -1;
    next = mktime(&parts);
    return next > today ? next : now + DAY_S;
}

/* As in nginx, what has run out already is not to be kept at all. */
static struct http_expiry expiry(int64_t at, int64_t max_age, bool is_past)
{
    return (struct http_expiry){at, is_past || max_age < 0 ? -1 : max_age};
}

struct http_expiry http_expires_at(const struct http_expires *expires, int64_t now,
                                   int64_t modified)
{
    int64_t at = now + expires->seconds;

    switch (expires->kind) {
    case HTTP_EXPIRES_OFF:
        break;
    case HTTP_EXPIRES_EPOCH:
        return expiry(EPOCH_AT, -1, true);
    case HTTP_EXPIRES_MAX:
        return expiry(MAX_AT, MAX_MAX_AGE, false);
    case HTTP_EXPIRES_DAILY:
        at = next_daily(now, expires->seconds);
        return expiry(at, at - now, false);
    case HTTP_EXPIRES_MODIFIED:
        if (modified < 0 || expires->seconds == 0) /* nginx's order: 0 is now */
            return expiry(at, expires->seconds, expires->seconds < 0);
        at = modified + expires->seconds;
        return expiry(at, at - now, expires->seconds < 0);
    case HTTP_EXPIRES_ACCESS:
        return expiry(at, expires->seconds, expires->seconds < 0);
    }
    ensure(!"`expires off` sets nothing");
    return expiry(0, -1, true);
}
