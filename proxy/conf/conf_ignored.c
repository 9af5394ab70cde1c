#include "base/text.h"
#include "conf/conf_context.h"
#include "conf/conf_rows.h"
#include "conf/conf_types.h"

/* Which directives of a configuration have no effect, each named once. */

struct names {
    struct slice *items;
    size_t count, capacity;
    struct arena *arena;
};

static void add(struct names *names, struct slice name)
{
    for (size_t i = 0; i < names->count; i++)
        if (slice_equal(names->items[i], name))
            return;
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 16 : 2 * names->capacity;
        struct slice *grown = arena_alloc(names->arena, capacity * sizeof *grown);

        for (size_t i = 0; i < names->count; i++)
            grown[i] = names->items[i];
        names->items = grown;
        names->capacity = capacity;
    }
    names->items[names->count++] = name;
}

static bool is_ignored(const struct conf *conf, const struct conf_scope *scope, struct slice name)
{
    struct conf_found found;

    return conf_rows_find(conf, name, scope->context, &found) &&
           conf->groups[found.group]->rows[found.row].type == &conf_type_ignored;
}

static void gather(const struct conf *conf, const struct conf_scope *scope, struct names *names)
{
    if (conf_context_is_free(scope->context))
        return;
    for (const struct conf_directive *directive = scope->directive->first_child; directive != NULL;
         directive = directive->next)
        if (is_ignored(conf, scope, directive->name.text))
            add(names, directive->name.text);
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        gather(conf, inner, names);
}

struct slice conf_ignored_names(const struct conf *conf, struct arena *arena)
{
    struct names names = {.arena = arena};
    size_t capacity = 1;
    struct text text;

    gather(conf, conf->main, &names);
    for (size_t i = 0; i < names.count; i++)
        capacity += names.items[i].len + 2;
    text = text_in(arena_alloc(arena, capacity), capacity);
    for (size_t i = 0; i < names.count; i++) {
        text_add(&text, i == 0 ? SLICE_NONE : SLICE(", "));
        text_add(&text, names.items[i]);
    }
    return text_slice(&text);
}
