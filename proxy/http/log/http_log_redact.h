#pragma once

#include "base/arena.h"
#include "http/language/http_template.h"

#include <stdint.h>

/* log_redact: what a log does not tell. */

enum http_redact {
    HTTP_REDACT_QUERY = 1 << 0, /* words of log_redact in their order */
    HTTP_REDACT_COOKIE = 1 << 1,
    HTTP_REDACT_OFF = 1 << 2,
};

/* The value of `part` as the log may have it: "/a?*" for "/a?token=x". In `arena`; on its ceiling
 * "*". */
struct slice http_log_redact(struct arena *arena, uint32_t what,
                             const struct http_template_part *part, struct slice value);

/* A request line or a URL without its query. */
struct slice http_log_redact_query(struct arena *arena, struct slice text);
