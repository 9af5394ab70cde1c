#include "conf/conf_block.h"

#include "base/ensure.h"
#include "conf/conf_context.h"
#include "conf/conf_finding.h"
#include "conf/conf_lexer.h"
#include "conf/conf_rows.h"
#include "conf/conf_types.h"

static bool read_directive(struct conf_reader *reader, struct conf_scope *scope,
                           const struct conf_directive *directive);

static bool is_set(const struct conf_scope *scope, size_t group, size_t row)
{
    return (scope->set[group][row / 64] >> row % 64 & 1) != 0;
}

static void mark_set(struct conf_scope *scope, size_t group, size_t row)
{
    scope->set[group][row / 64] |= (uint64_t)1 << row % 64;
}

static struct conf_scope *add_scope(struct conf *conf, enum conf_context context,
                                    const struct conf_directive *directive,
                                    struct conf_scope *parent)
{
    struct conf_scope *scope = arena_zero(&conf->arena, sizeof *scope);

    scope->context = context;
    scope->directive = directive;
    scope->parent = parent;
    scope->has_errors = directive->has_errors;
    scope->values = arena_zero(&conf->arena, conf->group_count * sizeof *scope->values);
    scope->set = arena_zero(&conf->arena, conf->group_count * sizeof *scope->set);
    for (size_t i = 0; i < conf->group_count; i++) {
        const struct conf_group *group = conf->groups[i];

        if (!conf_rows_present(group, context))
            continue;
        scope->values[i] = arena_zero(&conf->arena, group->size);
        scope->set[i] = arena_zero(&conf->arena, (group->row_count / 64 + 1) * sizeof **scope->set);
    }
    if (parent == NULL)
        return scope;
    if (parent->last_child == NULL)
        parent->first_child = scope;
    else
        parent->last_child->next = scope;
    parent->last_child = scope;
    return scope;
}

static void read_scope(struct conf_reader *reader, struct conf_scope *scope)
{
    if (conf_context_is_free(scope->context))
        return;
    for (const struct conf_directive *directive = scope->directive->first_child;
         directive != NULL && !conf_report_is_full(reader->report); directive = directive->next)
        if (!read_directive(reader, scope, directive))
            scope->has_errors = true;
}

static bool read_value(struct conf_reader *reader, const struct conf_scope *scope,
                       const struct conf_row *row, const struct conf_directive *directive,
                       void *values)
{
    size_t errors = reader->report->errors;
    bool is_good;

    reader->row = row;
    reader->scope = scope;
    is_good =
        row->type->parse(reader, directive, row->size == 0 ? NULL : (char *)values + row->offset);
    reader->row = NULL;
    reader->scope = NULL;
    return is_good && reader->report->errors == errors;
}

static bool read_inner_scope(struct conf_reader *reader, struct conf_scope *scope,
                             const struct conf_row *row, const struct conf_directive *directive)
{
    struct conf_scope *inner =
        add_scope(reader->conf, (enum conf_context)row->opens, directive, scope);

    read_scope(reader, inner);
    if (inner->has_errors || inner->has_inner_errors)
        scope->has_inner_errors = true;
    return true;
}

/* The first word that begins a line and is called like a directive allowed here: the ';' before it
 * was forgotten. word_count: there is none. (nginx would take the word; in quotes we do too.) */
static size_t find_swallowed(const struct conf *conf, const struct conf_scope *scope,
                             const struct conf_directive *directive)
{
    uint32_t line = directive->name.place.line;

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];
        struct conf_found found;

        if (word->place.line > line && !word->quoted &&
            conf_rows_find(conf, word->text, scope->context, &found))
            return i;
        line = word->place.line;
    }
    return directive->word_count;
}

/* Reports the ';' missing before word `at` and goes on as if it were there. */
static bool read_split(struct conf_reader *reader, struct conf_scope *scope,
                       const struct conf_directive *directive, size_t at)
{
    struct conf_directive *parts =
        arena_zero(&reader->conf->arena, 2 * sizeof *parts); /* must outlive this call */
    const struct conf_word *before = at == 0 ? &directive->name : &directive->words[at - 1];

    conf_finding_missing_semicolon(reader, before, &directive->words[at]);
    parts[0] = (struct conf_directive){.name = directive->name,
                                       .words = directive->words,
                                       .word_count = at,
                                       .end = directive->words[at].place};
    parts[1] = *directive;
    parts[1].name = directive->words[at];
    parts[1].words = directive->words + at + 1;
    parts[1].word_count = directive->word_count - at - 1;
    read_directive(reader, scope, &parts[0]);
    read_directive(reader, scope, &parts[1]);
    return false;
}

/* What is refused is refused in any shape. */
static bool has_right_shape(const struct conf_row *row, const struct conf_directive *directive)
{
    if (slice_equal(slice_of(row->type->name), SLICE(CONF_TYPE_REFUSED)))
        return true;
    return directive->is_block == (row->opens != 0) && directive->word_count >= row->min_words &&
           (row->max_words == CONF_ANY || directive->word_count <= row->max_words);
}

static const struct conf_directive *first_of(const struct conf_scope *scope, const char *name)
{
    const struct conf_directive *directive = scope->directive->first_child;

    while (directive != NULL && !slice_equal(directive->name.text, slice_of(name)))
        directive = directive->next;
    return directive;
}

static bool read_directive(struct conf_reader *reader, struct conf_scope *scope,
                           const struct conf_directive *directive)
{
    struct conf *conf = reader->conf;
    size_t swallowed = find_swallowed(conf, scope, directive);
    const struct conf_row *row;
    struct conf_found found;

    if (!conf_rows_find(conf, directive->name.text, scope->context, &found))
        return conf_finding_unknown(reader, scope, directive);
    row = &conf->groups[found.group]->rows[found.row];
    if (swallowed < directive->word_count && row->opens == 0)
        return read_split(reader, scope, directive, swallowed);
    if (!has_right_shape(row, directive)) {
        mark_set(scope, found.group, found.row);
        return conf_finding_shape(reader, row, directive);
    }
    if (row->repeat == CONF_ONCE && is_set(scope, found.group, found.row))
        return conf_finding_duplicate(reader, directive, first_of(scope, row->name));
    mark_set(scope, found.group, found.row);
    if (row->opens != 0 && !read_inner_scope(reader, scope, row, directive))
        return false;
    /* What stores nothing leaves nothing out: no follow-up error can come of it. */
    return read_value(reader, scope, row, directive, scope->values[found.group]) ||
           (row->size == 0 && row->opens == 0);
}

/* A default is read like the operator's own text. */
static void read_initial(struct conf_reader *reader, const struct conf_scope *scope,
                         const struct conf_row *row, void *values)
{
    struct conf_directive *directive = conf_rows_initial(row, &reader->conf->arena);

    ensure(read_value(reader, scope, row, directive, values));
}

/* The struct that values flow in from: the nearest one outside. */
static const void *outer_values(const struct conf_scope *scope, size_t group)
{
    for (scope = scope->parent; scope != NULL; scope = scope->parent)
        if (scope->values[group] != NULL)
            return scope->values[group];
    return NULL;
}

static void fill_row(struct conf_reader *reader, const struct conf_scope *scope,
                     const struct conf_row *row, void *values, const void *outer)
{
    bool inherits =
        row->inherit == CONF_INHERIT_VALUE ||
        (row->inherit == CONF_INHERIT_NAMELESS && conf_context_is_nameless(scope->context));

    if (row->size == 0)
        return;
    if (inherits && outer != NULL)
        memcpy((char *)values + row->offset, (const char *)outer + row->offset, row->size);
    else if (row->initial != NULL && (inherits || (row->contexts & scope->context) != 0))
        read_initial(reader, scope, row, values);
}

/* Runs when everything was read: what an outer block says below an inner one counts as well. */
static void fill_scope(struct conf_reader *reader, const struct conf_scope *scope)
{
    const struct conf *conf = reader->conf;

    for (size_t i = 0; i < conf->group_count; i++) {
        const struct conf_group *group = conf->groups[i];

        if (scope->values[i] == NULL)
            continue;
        for (size_t k = 0; k < group->row_count; k++)
            if (!is_set(scope, i, k))
                fill_row(reader, scope, &group->rows[k], scope->values[i], outer_values(scope, i));
    }
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        fill_scope(reader, inner);
}

/* An error of the outermost block takes nothing from the blocks inside, unless it puts in doubt
 * where they begin and end. */
static bool hides_inner_findings(const struct conf_scope *scope)
{
    return scope->has_errors && (scope->context != CONF_MAIN || scope->directive->has_errors);
}

static void check_scope(struct conf_reader *reader, const struct conf_scope *scope)
{
    const struct conf *conf = reader->conf;
    bool is_whole = !scope->has_errors && !scope->has_inner_errors;

    if (hides_inner_findings(scope))
        return;
    for (size_t i = 0; is_whole && i < conf->group_count; i++)
        if (scope->values[i] != NULL && conf->groups[i]->check != NULL)
            conf->groups[i]->check(reader, scope, scope->values[i]);
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        check_scope(reader, inner);
}

bool conf_read(struct conf *conf, struct conf_sources *sources, struct slice path,
               struct slice prefix, struct slice globals, const struct conf_group *const *groups,
               bool checks_disk, struct conf_report *report)
{
    struct conf_reader reader = {.conf = conf, .report = report, .checks_disk = checks_disk};
    struct conf_directive *root;

    *conf = (struct conf){.sources = sources, .groups = groups};
    arena_init(&conf->arena, ARENA_UNLIMITED);
    while (groups[conf->group_count] != NULL)
        conf->group_count++;
    conf->path = arena_keep(&conf->arena, path);
    conf->prefix = arena_keep(&conf->arena, prefix);
    root = conf_tree_read(sources, conf->path, globals, &conf->arena, report);
    conf->main = add_scope(conf, CONF_MAIN, root, NULL);
    read_scope(&reader, conf->main);
    fill_scope(&reader, conf->main);
    check_scope(&reader, conf->main);
    return report->errors == 0;
}

void conf_deinit(struct conf *conf)
{
    arena_deinit(&conf->arena);
    *conf = (struct conf){0};
}
