#include "base/ensure.h"
#include "conf/conf_block.h"

/* Reading what conf_read has made. */

static size_t index_of(const struct conf *conf, const struct conf_group *group)
{
    for (size_t i = 0; i < conf->group_count; i++)
        if (conf->groups[i] == group)
            return i;
    ensure(!"a group of this program");
    return 0;
}

void *conf_values(const struct conf *conf, const struct conf_scope *scope,
                  const struct conf_group *group)
{
    return scope->values[index_of(conf, group)];
}

bool conf_is_set(const struct conf *conf, const struct conf_scope *scope,
                 const struct conf_group *group, size_t offset)
{
    const uint64_t *set = scope->set[index_of(conf, group)];

    for (size_t i = 0; set != NULL && i < group->row_count; i++)
        if (group->rows[i].size > 0 && group->rows[i].offset == offset)
            return (set[i / 64] >> i % 64 & 1) != 0;
    return false;
}

bool conf_is_any_set(const struct conf *conf, const struct conf_scope *scope,
                     const struct conf_group *group)
{
    const uint64_t *set = scope->set[index_of(conf, group)];

    for (size_t i = 0; set != NULL && i < group->row_count; i += 64)
        if (set[i / 64] != 0)
            return true;
    return false;
}

const struct conf_directive *conf_directive_of(const struct conf_scope *scope, const char *name)
{
    const struct conf_directive *last = NULL;

    for (const struct conf_directive *directive = scope->directive->first_child; directive != NULL;
         directive = directive->next)
        if (slice_equal(directive->name.text, slice_of(name)))
            last = directive;
    return last;
}

static const struct conf_scope *skip_to(const struct conf_scope *scope, enum conf_context context)
{
    while (scope != NULL && scope->context != context)
        scope = scope->next;
    return scope;
}

const struct conf_scope *conf_first(const struct conf_scope *scope, enum conf_context context)
{
    return skip_to(scope->first_child, context);
}

const struct conf_scope *conf_next(const struct conf_scope *scope)
{
    return skip_to(scope->next, scope->context);
}
