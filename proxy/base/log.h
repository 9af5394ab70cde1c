#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* nginx's levels, most severe first. */
enum log_level {
    LOG_EMERG,
    LOG_ALERT,
    LOG_CRIT,
    LOG_ERROR,
    LOG_WARN,
    LOG_NOTICE,
    LOG_INFO,
    LOG_DEBUG,
};

/* One error log: an open descriptor and what it wants to hear. The descriptor is replaced in place
 * when logs are reopened, so everybody keeps pointing at the struct. */
struct log {
    int fd;
    enum log_level level;
};

extern const char *const log_level_names[]; /* by enum log_level; "error", "warn"… */

static inline bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->level;
}

/* Writes one line in nginx's form, in one write(2):
 *   2026/11/22 13:28:15 [error] 7176#7176: *464 text
 * `id`: number of the session the line is about, 0 for none. The format is ours; bytes that came
 * from a peer go through log_escape. Longer than 2 KiB is cut. A failing write is ignored. */
void log_line(const struct log *log, enum log_level level, uint64_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Peer bytes made printable (see text_escape), cut at 240 characters, for one log_line call:
 *   log_line(log, LOG_INFO, id, "helo \"%s\"", log_escape(helo).text); */
struct log_escaped {
    char text[256];
};
struct log_escaped log_escape(struct slice bytes);
