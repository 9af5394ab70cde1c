#include "conf/conf_report.h"

#include "base/ensure.h"
#include "conf/conf_sources.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ERRORS_MAX 1000

void conf_report_init(struct conf_report *report)
{
    *report = (struct conf_report){0};
    arena_init(&report->arena, ARENA_UNLIMITED);
}

void conf_report_deinit(struct conf_report *report)
{
    free(report->findings);
    arena_deinit(&report->arena);
    *report = (struct conf_report){0};
}

static struct slice format_list(struct arena *arena, const char *format, va_list list)
{
    char *text;
    int len = vasprintf(&text, format, list);
    struct slice kept;

    ensure(len >= 0);
    kept = arena_keep(arena, (struct slice){text, (size_t)len});
    free(text);
    return kept;
}

static bool same_place(struct conf_place a, struct conf_place b)
{
    return a.source == b.source && a.line == b.line && a.column == b.column;
}

static struct conf_finding *find(const struct conf_report *report, struct conf_place place,
                                 struct slice message)
{
    for (size_t i = 0; i < report->count; i++) {
        struct conf_finding *finding = &report->findings[i];

        if (same_place(finding->place, place) && slice_equal(finding->message, message))
            return finding;
    }
    return NULL;
}

static struct conf_finding *append(struct conf_report *report)
{
    if (report->count == report->capacity) {
        report->capacity = report->capacity == 0 ? 16 : report->capacity * 2;
        report->findings =
            memory_grow(report->findings, report->capacity * sizeof *report->findings);
    }
    return &report->findings[report->count++];
}

void conf_report_be_strict(struct conf_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].severity == CONF_WARNING)
            report->findings[i].severity = CONF_ERROR;
    report->errors += report->warnings;
    report->warnings = 0;
}

struct conf_finding *conf_report_add(struct conf_report *report, enum conf_severity severity,
                                     struct conf_place place, const char *format, ...)
{
    struct conf_finding *finding;
    struct slice message;
    va_list list;

    va_start(list, format);
    message = format_list(&report->arena, format, list);
    va_end(list);
    finding = find(report, place, message);
    if (finding != NULL)
        return finding;
    finding = append(report);
    *finding = (struct conf_finding){.severity = severity, .place = place, .message = message};
    report->errors += severity == CONF_ERROR;
    report->warnings += severity == CONF_WARNING;
    return finding;
}

bool conf_report_is_full(const struct conf_report *report)
{
    return report->errors >= ERRORS_MAX;
}

void conf_finding_help(struct conf_report *report, struct conf_finding *finding, const char *format,
                       ...)
{
    size_t capacity = sizeof finding->help / sizeof finding->help[0];
    struct slice help;
    va_list list;

    va_start(list, format);
    help = format_list(&report->arena, format, list);
    va_end(list);
    for (size_t i = 0; i < capacity; i++) {
        if (slice_equal(finding->help[i], help))
            return;
        if (finding->help[i].len == 0) {
            finding->help[i] = help;
            return;
        }
    }
}
