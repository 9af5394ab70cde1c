#include "conf/conf_finding.h"

#include "conf/conf_context.h"
#include "conf/conf_rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* For printf: "%.*s". */
#define WORDS(s) (int)(s).len, (s).at == NULL ? "" : (s).at

bool conf_fail(struct conf_reader *reader, struct conf_place place, const char *format, ...)
{
    va_list list;
    char *message;

    va_start(list, format);
    if (vasprintf(&message, format, list) < 0)
        abort();
    va_end(list);
    conf_report_add(reader->report, CONF_ERROR, place, "%s", message);
    free(message);
    return false;
}

static void suggest(struct conf_reader *reader, struct conf_finding *finding,
                    enum conf_context context, struct slice name)
{
    struct arena *arena = &reader->report->arena;
    const char *nearest = conf_nearest(name, conf_rows_names(reader->conf, context, arena));
    struct slice where;

    if (nearest != NULL) {
        conf_finding_help(reader->report, finding, "did you mean `%s`?", nearest);
        return;
    }
    nearest = conf_nearest(name, conf_rows_names(reader->conf, UINT32_MAX, arena));
    if (nearest == NULL)
        return;
    where = conf_contexts_text(conf_rows_contexts(reader->conf, slice_of(nearest)), arena);
    conf_finding_help(reader->report, finding, "did you mean `%s`? It belongs in %.*s", nearest,
                      WORDS(where));
}

bool conf_finding_unknown(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct conf_directive *directive)
{
    struct arena *arena = &reader->report->arena;
    struct slice name = directive->name.text;
    uint32_t contexts = conf_rows_contexts(reader->conf, name);
    struct conf_finding *finding;

    /* The missing '}' was reported; this is what comes of it. */
    if (contexts != 0 && scope->directive->lacks_end)
        return false;
    if (contexts != 0) {
        struct slice where = conf_contexts_text(contexts, arena);
        struct slice here = conf_context_exactly(scope->context, arena);

        return conf_fail(reader, directive->name.place, "`%.*s` belongs in %.*s, this is %.*s",
                         WORDS(name), WORDS(where), WORDS(here));
    }
    finding = conf_report_add(reader->report, CONF_ERROR, directive->name.place,
                              "unknown directive `%.*s`", WORDS(name));
    finding->label = arena_format(arena, "not known %s", conf_context_phrase(scope->context));
    suggest(reader, finding, scope->context, name);
    return false;
}

static struct slice count_text(const struct conf_row *row, struct arena *arena)
{
    unsigned least = row->min_words, most = row->max_words;

    if (most == 0)
        return SLICE("no words");
    if (least == most)
        return arena_format(arena, "%u word%s", least, least == 1 ? "" : "s");
    if (most == CONF_ANY)
        return arena_format(arena, "at least %u word%s", least, least == 1 ? "" : "s");
    return arena_format(arena, "%u to %u words", least, most);
}

static struct conf_place place_of_words(const struct conf_row *row,
                                        const struct conf_directive *directive)
{
    if (directive->word_count > row->max_words)
        return directive->words[row->max_words].place; /* the first one too many */
    return directive->name.place;
}

bool conf_finding_shape(struct conf_reader *reader, const struct conf_row *row,
                        const struct conf_directive *directive)
{
    bool is_block = row->opens != 0;
    struct arena *arena = &reader->report->arena;
    struct conf_finding *finding;

    if (is_block != directive->is_block) {
        finding =
            conf_report_add(reader->report, CONF_ERROR, directive->name.place,
                            is_block ? "`%s` opens a block" : "`%s` opens no block", row->name);
        finding->label = is_block ? SLICE("a `{` must follow, not a `;`")
                                  : SLICE("a `;` must follow, not a `{`");
    } else {
        struct slice wanted = count_text(row, arena);

        finding = conf_report_add(reader->report, CONF_ERROR, place_of_words(row, directive),
                                  "`%s` takes %.*s, not %zu", row->name, WORDS(wanted),
                                  directive->word_count);
        finding->label =
            directive->word_count > row->max_words ? SLICE("one too many") : SLICE("too few");
    }
    if (row->syntax[0] != '\0')
        conf_finding_help(reader->report, finding, "write `%s %s%s`", row->name, row->syntax,
                          is_block ? "" : ";");
    return false;
}

bool conf_finding_duplicate(struct conf_reader *reader, const struct conf_directive *directive,
                            const struct conf_directive *first)
{
    struct conf_finding *finding;

    finding = conf_report_add(reader->report, CONF_ERROR, directive->name.place,
                              "`%.*s` is duplicate", WORDS(directive->name.text));
    finding->label = SLICE("given a second time in this block");
    if (first == NULL)
        return false;
    finding->other = first->name.place;
    finding->other_label = SLICE("first given here");
    return false;
}

bool conf_finding_missing_semicolon(struct conf_reader *reader, const struct conf_word *before,
                                    const struct conf_word *swallowed)
{
    struct conf_place place = before->place;
    struct conf_finding *finding;

    place.column += place.len;
    place.len = 1;
    finding = conf_report_add(reader->report, CONF_ERROR, place, "missing `;`");
    finding->label = SLICE("expected here");
    conf_finding_help(reader->report, finding, "the next line begins the directive `%.*s`",
                      WORDS(swallowed->text));
    conf_finding_help(reader->report, finding, "if that is meant as a word, write it in quotes");
    return false;
}
