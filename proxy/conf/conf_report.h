#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where something stands: `source` is an index into the files read (conf_sources), line and column
 * count from 1, `len` bytes are underlined. line 0: no place (command line, missing file). */
struct conf_place {
    uint32_t source, line, column, len;
};

enum conf_severity {
    CONF_ERROR,   /* it would not do what is written */
    CONF_WARNING, /* it will, but the operator will not like it */
    CONF_NOTE,
};

/* One finding. The texts live as long as the report's arena. */
struct conf_finding {
    enum conf_severity severity;
    struct conf_place place;
    struct slice message;    /* what is wrong: "unknown directive `proxy_psas`" */
    struct slice label;      /* stands right of the caret; may be empty */
    struct slice help[3];    /* lines after "= ": what to do; unused ones are empty */
    struct conf_place other; /* the second place of a conflict; line 0: none */
    struct slice other_label;
};

/* Everything found in one run, in the order found. */
struct conf_report {
    struct arena arena;
    struct conf_finding *findings;
    size_t count, capacity;
    size_t errors, warnings;
};

void conf_report_init(struct conf_report *report);
void conf_report_deinit(struct conf_report *report);

/* Adds a finding at `place` and returns it, so that the caller can add label, help or the other
 * place; valid until the next call. A second finding at the same place with the same message is
 * folded into the first. */
struct conf_finding *conf_report_add(struct conf_report *report, enum conf_severity severity,
                                     struct conf_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* True after 1000 errors: whatever is being read is no configuration, and reading it stops. */
bool conf_report_is_full(const struct conf_report *report);

/* Makes errors of all warnings. */
void conf_report_be_strict(struct conf_report *report);

/* Adds one "= …" line to a finding; a fourth is dropped. */
void conf_finding_help(struct conf_report *report, struct conf_finding *finding, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

struct conf_sources;

/* Writes every finding for a person (severity, place, the line, a caret, help), errors
 * first, then as they stand in the files, at most 20, then one summary line; nothing at all when
 * there are none. `fd` is usually 2. */
void conf_report_print(const struct conf_report *report, const struct conf_sources *sources,
                       int fd);

/* One line per finding, in the same order, "file:line:column: error: message: label (help; help)",
 * for the log of a reload and for the control socket. */
void conf_report_lines(const struct conf_report *report, const struct conf_sources *sources,
                       void (*line)(void *owner, enum conf_severity severity, struct slice text),
                       void *owner);
