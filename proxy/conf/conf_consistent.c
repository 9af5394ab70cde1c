#include "conf/conf_block.h"
#include "conf/conf_context.h"
#include "conf/conf_rows.h"
#include "conf/conf_types.h"

/* conf_groups_consistent: what can be wrong with the tables themselves. */

static bool overlap(size_t from, size_t len, size_t other_from, size_t other_len)
{
    return from < other_from + other_len && other_from < from + len;
}

/* A block whose inside its own type reads: `types`. */
static bool is_own_block(const struct conf_row *row)
{
    return row->opens != 0 && conf_context_is_free((enum conf_context)row->opens);
}

static const char *row_fault(const struct conf_group *group, const struct conf_row *row)
{
    bool is_block;

    if (row->type == NULL)
        return "has no type";
    is_block = slice_equal(slice_of(row->type->name), slice_of(CONF_TYPE_BLOCK));
    if (row->syntax == NULL)
        return "has no syntax";
    if (row->meaning == NULL || row->meaning[0] == '\0')
        return "has no meaning";
    if (row->contexts == 0)
        return "may stand nowhere";
    if ((row->opens & (row->opens - 1)) != 0)
        return "opens more than one context";
    if (is_block != (row->opens != 0) && !is_own_block(row))
        return "opens a context and is no block, or the other way round";
    if (row->min_words > row->max_words)
        return "takes fewer words than it needs";
    if (row->size > group->size || row->offset > group->size - row->size)
        return "has its member outside of the struct";
    if (row->size == 0 && row->initial != NULL)
        return "has a default that goes nowhere";
    return NULL;
}

static const char *pair_fault(const struct conf_group *group, const struct conf_row *row,
                              const struct conf_group *other_group, const struct conf_row *other)
{
    if ((row->contexts & other->contexts) != 0 &&
        slice_equal(slice_of(row->name), slice_of(other->name)))
        return "stands twice in the same context";
    if (group == other_group && overlap(row->offset, row->size, other->offset, other->size))
        return "shares its member with another row";
    return NULL;
}

static const char *initial_fault(struct conf *conf, const struct conf_row *row, void *member)
{
    struct conf_report report;
    struct conf_directive block = {.is_block = true};
    struct conf_scope scope = {.directive = &block};
    struct conf_reader reader = {.conf = conf, .report = &report, .row = row, .scope = &scope};
    const struct conf_directive *directive;
    bool is_good;

    if (row->initial == NULL)
        return NULL;
    scope.context = (enum conf_context)(row->contexts & -row->contexts); /* the lowest bit */
    directive = conf_rows_initial(row, &conf->arena);
    if (directive->word_count < row->min_words ||
        (row->max_words != CONF_ANY && directive->word_count > row->max_words))
        return "has a default with a wrong number of words";
    conf_report_init(&report);
    is_good = row->type->parse(&reader, directive, member) && report.count == 0;
    conf_report_deinit(&report);
    return is_good ? NULL : "has a default that does not parse";
}

/* What is wrong with row `at` of group `at_group`, or NULL. */
static const char *fault_of(struct conf *conf, size_t at_group, size_t at)
{
    const struct conf_group *group = conf->groups[at_group];
    const struct conf_row *row = &group->rows[at];
    const char *fault = row_fault(group, row);

    for (size_t i = 0; i <= at_group && fault == NULL; i++) {
        const struct conf_group *other = conf->groups[i];
        size_t end = i == at_group ? at : other->row_count;

        for (size_t k = 0; k < end && fault == NULL; k++)
            fault = pair_fault(group, row, other, &other->rows[k]);
    }
    if (fault == NULL)
        fault = initial_fault(conf, row, arena_zero(&conf->arena, row->size));
    return fault;
}

static bool are_consistent(struct conf *conf, struct arena *arena, struct slice *why)
{
    for (size_t i = 0; i < conf->group_count; i++) {
        for (size_t k = 0; k < conf->groups[i]->row_count; k++) {
            const char *fault = fault_of(conf, i, k);

            if (fault == NULL)
                continue;
            *why = arena_format(arena, "%s: `%s` %s", conf->groups[i]->name,
                                conf->groups[i]->rows[k].name, fault);
            return false;
        }
    }
    return true;
}

bool conf_groups_consistent(const struct conf_group *const *groups, struct arena *arena,
                            struct slice *why)
{
    struct conf conf = {
        .groups = groups, .path = SLICE("/etc/frontd.conf"), .prefix = SLICE("/srv/")};
    bool result;

    arena_init(&conf.arena, ARENA_UNLIMITED);
    while (groups[conf.group_count] != NULL)
        conf.group_count++;
    result = are_consistent(&conf, arena, why);
    conf_deinit(&conf);
    return result;
}
