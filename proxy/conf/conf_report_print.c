#include "base/ensure.h"
#include "base/text.h"
#include "conf/conf_report.h"
#include "conf/conf_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How findings look to a person: conf_report_print and conf_report_lines. */

#define PAGE_WIDTH   100
#define FINDINGS_MAX 20
#define TAB_WIDTH    4

enum colour {
    COLOUR_ERROR,
    COLOUR_WARNING,
    COLOUR_NOTE,
    COLOUR_GUTTER,
    COLOUR_MESSAGE,
    COLOUR_OFF
};

static const char *const colours[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m",
                                      "\033[1;34m", "\033[1m",    "\033[0m"};

static const char *const severity_words[] = {"error", "warning", "note"};

struct printer {
    const struct conf_sources *sources;
    FILE *out;
    bool has_colour;
};

static void colour(const struct printer *printer, enum colour which)
{
    if (printer->has_colour)
        fputs(colours[which], printer->out);
}

/* One character of the operator's text as it is shown: control characters and what is not UTF-8
 * become \xHH, a tab becomes blanks. */
struct cell {
    char text[8];
    size_t len, columns;
    size_t taken; /* bytes of the text that it stands for */
};

static bool is_shown_as_is(struct slice s, size_t len)
{
    unsigned char first = (unsigned char)s.at[0];

    if (len == 1)
        return first >= 0x20 && first != 0x7f;
    /* U+0080 to U+009F are control characters too. */
    return len > 1 && !(first == 0xc2 && (unsigned char)s.at[1] < 0xa0);
}

static struct cell cell_of(struct slice s)
{
    size_t len = text_utf8_length(s);
    struct cell cell = {.taken = 1};

    if (is_shown_as_is(s, len)) {
        memcpy(cell.text, s.at, len);
        cell.taken = cell.len = len;
        cell.columns = 1;
    } else if (s.at[0] == '\t') {
        memset(cell.text, ' ', TAB_WIDTH);
        cell.len = cell.columns = TAB_WIDTH;
    } else {
        snprintf(cell.text, sizeof cell.text, "\\x%02X", (unsigned char)s.at[0]);
        cell.len = cell.columns = 4;
    }
    return cell;
}

static void put_visible(FILE *out, struct slice s)
{
    while (s.len > 0) {
        struct cell cell = cell_of(s);

        fwrite(cell.text, 1, cell.len, out);
        s = slice_from(s, cell.taken);
    }
}

static size_t columns_of(struct slice s)
{
    size_t columns = 0;

    while (s.len > 0) {
        struct cell cell = cell_of(s);

        columns += cell.columns;
        s = slice_from(s, cell.taken);
    }
    return columns;
}

static struct slice line_of(struct slice text, uint32_t number)
{
    struct slice line = slice_cut(&text, '\n');

    while (--number > 0)
        line = slice_cut(&text, '\n');
    if (slice_ends(line, SLICE("\r")))
        line.len--;
    return line;
}

/* A line and what is marked in it, in columns of the screen; [from, to) is the part shown. */
struct view {
    size_t width, mark_from, mark_to, from, to;
};

static struct view view_of(struct slice line, struct conf_place place, size_t room)
{
    struct view view;
    size_t start = place.column - 1;

    view.width = columns_of(line);
    view.mark_from = columns_of(slice_part(line, 0, start));
    view.mark_to = columns_of(slice_part(line, 0, start + place.len));
    if (view.mark_to <= view.mark_from)
        view.mark_to = view.mark_from + 1;
    view.from = 0;
    if (view.width > room && view.mark_from > room / 3)
        view.from = view.mark_from - room / 3;
    if (view.width > room && view.from + room > view.width)
        view.from = view.width - room;
    view.to = view.from + room;
    if (view.mark_to > view.to && view.mark_from < view.to)
        view.mark_to = view.to;
    return view;
}

/* Where a line is cut, dots take the place of its last three columns. */
static bool is_dot(const struct view *view, size_t column)
{
    return (view->from > 0 && column < view->from + 3) ||
           (view->width > view->to && column + 3 >= view->to);
}

static void put_cell(FILE *out, const struct view *view, const struct cell *cell, size_t column)
{
    bool is_whole = true;

    for (size_t i = column; i < column + cell->columns; i++)
        is_whole &= i >= view->from && i < view->to && !is_dot(view, i);
    if (is_whole)
        fwrite(cell->text, 1, cell->len, out);
    else
        for (size_t i = column; i < column + cell->columns; i++)
            if (i >= view->from && i < view->to)
                putc(is_dot(view, i) ? '.' : ' ', out);
}

static void put_line(FILE *out, const struct view *view, struct slice line)
{
    size_t column = 0;

    while (line.len > 0 && column < view->to) {
        struct cell cell = cell_of(line);

        put_cell(out, view, &cell, column);
        column += cell.columns;
        line = slice_from(line, cell.taken);
    }
}

static void put_gutter(const struct printer *printer, int width, uint32_t line)
{
    colour(printer, COLOUR_GUTTER);
    if (line > 0)
        fprintf(printer->out, "%*u |", width, line);
    else
        fprintf(printer->out, "%*s |", width, "");
    colour(printer, COLOUR_OFF);
}

struct mark {
    struct conf_place place;
    char with;
    enum colour colour;
    struct slice label;
};

static void put_mark(const struct printer *printer, const struct view *view,
                     const struct mark *mark)
{
    fprintf(printer->out, " %*s", (int)(view->mark_from - view->from), "");
    colour(printer, mark->colour);
    for (size_t i = view->mark_from; i < view->mark_to; i++)
        putc(mark->with, printer->out);
    if (mark->label.len > 0) {
        putc(' ', printer->out);
        put_visible(printer->out, mark->label);
    }
    colour(printer, COLOUR_OFF);
    putc('\n', printer->out);
}

static void put_place(const struct printer *printer, int width, const char *arrow,
                      const struct mark *mark)
{
    const struct conf_source *source = printer->sources->list[mark->place.source];
    struct slice line = line_of(source->text, mark->place.line);
    struct view view = view_of(line, mark->place, PAGE_WIDTH - 3 - (size_t)width);

    colour(printer, COLOUR_GUTTER);
    fprintf(printer->out, "%*s%s ", width, "", arrow);
    colour(printer, COLOUR_OFF);
    put_visible(printer->out, source->name);
    fprintf(printer->out, ":%u:%u\n", mark->place.line, mark->place.column);
    put_gutter(printer, width, 0);
    putc('\n', printer->out);
    put_gutter(printer, width, mark->place.line);
    putc(' ', printer->out);
    put_line(printer->out, &view, line);
    putc('\n', printer->out);
    put_gutter(printer, width, 0);
    put_mark(printer, &view, mark);
}

static bool has_place(const struct conf_sources *sources, struct conf_place place)
{
    return place.line > 0 && place.source < sources->count;
}

static int gutter_width(const struct conf_finding *finding)
{
    uint32_t line =
        finding->place.line > finding->other.line ? finding->place.line : finding->other.line;
    int width = 1;

    while (line >= 10) {
        line /= 10;
        width++;
    }
    return width;
}

static void put_help(const struct printer *printer, int width, const struct conf_finding *finding,
                     bool is_placed)
{
    if (finding->help[0].len > 0 && is_placed) {
        put_gutter(printer, width, 0);
        putc('\n', printer->out);
    }
    for (size_t i = 0; i < sizeof finding->help / sizeof finding->help[0]; i++) {
        if (finding->help[i].len == 0)
            break;
        colour(printer, COLOUR_GUTTER);
        fprintf(printer->out, "%*s = ", width, "");
        colour(printer, COLOUR_OFF);
        put_visible(printer->out, finding->help[i]);
        putc('\n', printer->out);
    }
}

static void put_finding(const struct printer *printer, const struct conf_finding *finding)
{
    bool is_placed = has_place(printer->sources, finding->place);
    enum colour severity = (enum colour)finding->severity;
    int width = gutter_width(finding);

    colour(printer, severity);
    fputs(severity_words[finding->severity], printer->out);
    colour(printer, COLOUR_OFF);
    colour(printer, COLOUR_MESSAGE);
    fputs(": ", printer->out);
    put_visible(printer->out, finding->message);
    colour(printer, COLOUR_OFF);
    putc('\n', printer->out);
    if (is_placed)
        put_place(printer, width, "-->",
                  &(struct mark){finding->place, '^', severity, finding->label});
    if (is_placed && has_place(printer->sources, finding->other))
        put_place(printer, width,
                  ":::", &(struct mark){finding->other, '-', COLOUR_GUTTER, finding->other_label});
    put_help(printer, width, finding, is_placed);
    putc('\n', printer->out);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static size_t count_files(const struct conf_sources *sources)
{
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++)
        count +=
            sources->list[i]->is_configuration && !slice_starts(sources->list[i]->name, SLICE("<"));
    return count;
}

static void put_summary(const struct printer *printer, const struct conf_report *report)
{
    size_t files = count_files(printer->sources);
    FILE *out = printer->out;

    if (report->count > FINDINGS_MAX)
        fprintf(out, "… and %zu more\n\n", report->count - FINDINGS_MAX);
    if (report->errors > 0)
        fprintf(out, "%zu error%s", report->errors, plural(report->errors));
    if (report->errors > 0 && report->warnings > 0)
        fputs(", ", out);
    if (report->warnings > 0)
        fprintf(out, "%zu warning%s", report->warnings, plural(report->warnings));
    if (report->errors + report->warnings == 0)
        fprintf(out, "%zu note%s", report->count, plural(report->count));
    if (files > 0)
        fprintf(out, " in %zu file%s", files, plural(files));
    fputs(".\n", out);
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_findings(const void *left, const void *right)
{
    const struct conf_finding *a = *(const struct conf_finding *const *)left;
    const struct conf_finding *b = *(const struct conf_finding *const *)right;
    int order = compare(a->severity, b->severity);

    if (order == 0 && (a->place.line == 0) != (b->place.line == 0))
        return a->place.line == 0 ? -1 : 1;
    if (order == 0)
        order = compare(a->place.source, b->place.source);
    if (order == 0)
        order = compare(a->place.line, b->place.line);
    if (order == 0)
        order = compare(a->place.column, b->place.column);
    return order != 0 ? order : compare((uintptr_t)a, (uintptr_t)b); /* as found */
}

static const struct conf_finding **sorted(const struct conf_report *report)
{
    const struct conf_finding **findings = memory_alloc(report->count * sizeof *findings);

    for (size_t i = 0; i < report->count; i++)
        findings[i] = &report->findings[i];
    if (report->count > 1)
        qsort(findings, report->count, sizeof *findings, compare_findings);
    return findings;
}

static void put_report(const struct printer *printer, const struct conf_report *report)
{
    const struct conf_finding **findings = sorted(report);

    for (size_t i = 0; i < report->count && i < FINDINGS_MAX; i++)
        put_finding(printer, findings[i]);
    put_summary(printer, report);
    free(findings);
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);

        if (wrote <= 0)
            return; /* nowhere left to say so */
        bytes += wrote;
        len -= (size_t)wrote;
    }
}

void conf_report_print(const struct conf_report *report, const struct conf_sources *sources, int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    struct printer printer = {
        .sources = sources,
        .has_colour = isatty(fd) && (no_colour == NULL || *no_colour == '\0'),
    };
    char *text;
    size_t len;

    if (report->count == 0)
        return;
    printer.out = open_memstream(&text, &len);
    ensure(printer.out != NULL);
    put_report(&printer, report);
    ensure(fclose(printer.out) == 0);
    write_all(fd, text, len);
    free(text);
}

static void put_one_line(FILE *out, const struct conf_finding *finding,
                         const struct conf_sources *sources)
{
    if (has_place(sources, finding->place)) {
        put_visible(out, sources->list[finding->place.source]->name);
        fprintf(out, ":%u:%u: ", finding->place.line, finding->place.column);
    }
    fprintf(out, "%s: ", severity_words[finding->severity]);
    put_visible(out, finding->message);
    if (finding->label.len > 0) {
        fputs(": ", out);
        put_visible(out, finding->label);
    }
    for (size_t i = 0; i < sizeof finding->help / sizeof finding->help[0]; i++) {
        if (finding->help[i].len == 0)
            break;
        fputs(i == 0 ? " (" : "; ", out);
        put_visible(out, finding->help[i]);
    }
    if (finding->help[0].len > 0)
        putc(')', out);
}

void conf_report_lines(const struct conf_report *report, const struct conf_sources *sources,
                       void (*line)(void *owner, enum conf_severity severity, struct slice text),
                       void *owner)
{
    const struct conf_finding **findings = sorted(report);

    for (size_t i = 0; i < report->count; i++) {
        char *text;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        ensure(out != NULL);
        put_one_line(out, findings[i], sources);
        ensure(fclose(out) == 0);
        line(owner, findings[i]->severity, (struct slice){text, len});
        free(text);
    }
    free(findings);
}
