#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define ESCAPED_MAX    240 /* and "..." if that was not all */

const char *const log_level_names[] = {"emerg", "alert",  "crit", "error",
                                       "warn",  "notice", "info", "debug"};

struct log_escaped log_escape(struct slice bytes)
{
    struct log_escaped escaped;
    struct text text = text_in(escaped.text, ESCAPED_MAX);

    text_escape(&text, bytes);
    if (text.overflow) {
        text.capacity += 3;
        text_add(&text, SLICE("..."));
    }
    escaped.text[text.len] = '\0';
    return escaped;
}

static size_t format_prefix(char *line, size_t size, enum log_level level, uint64_t id)
{
    time_t now = time(NULL);
    struct tm local;
    size_t len;

    localtime_r(&now, &local);
    len = strftime(line, size, "%Y/%m/%d %H:%M:%S", &local);
    len += (size_t)snprintf(line + len, size - len, " [%s] %d#%ld: ", log_level_names[level],
                            (int)getpid(), syscall(SYS_gettid));
    if (id != 0)
        len += (size_t)snprintf(line + len, size - len, "*%llu ", (unsigned long long)id);
    return len;
}

void log_line(const struct log *log, enum log_level level, uint64_t id, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list list;
    size_t len;
    int wrote;

    if (!log_wants(log, level) || log->fd < 0)
        return;
    len = format_prefix(line, sizeof line, level, id);
    va_start(list, format);
    wrote = vsnprintf(line + len, sizeof line - len, format, list);
    va_end(list);
    if (wrote > 0)
        len += (size_t)wrote;
    if (len > sizeof line - 1)
        len = sizeof line - 1;
    line[len++] = '\n';
    if (write(log->fd, line, len) < 0)
        return; /* nowhere left to say so */
}
