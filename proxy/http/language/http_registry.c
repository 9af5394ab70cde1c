#include "http/language/http_registry.h"

#include <string.h>

struct http_registry *http_registry_new(struct arena *arena)
{
    struct http_registry *registry = arena_zero(arena, sizeof *registry);

    registry->arena = arena;
    return registry;
}

/* Room for one more element behind `count` ones. */
static void *with_room(struct arena *arena, void *items, size_t count, size_t *capacity,
                       size_t size)
{
    void *grown;

    if (count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 16 : 2 * *capacity;
    grown = arena_zero(arena, *capacity * size);
    if (count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

static size_t find(const struct http_registry *registry, struct slice name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (slice_equal(registry->items[i].name, name))
            return i;
    return registry->count;
}

uint32_t http_registry_number(struct http_registry *registry, struct slice name)
{
    size_t number = find(registry, name);

    if (number < registry->count || number == HTTP_MADE_VARIABLES_MAX)
        return (uint32_t)number;
    registry->items = with_room(registry->arena, registry->items, registry->count,
                                &registry->capacity, sizeof *registry->items);
    registry->items[registry->count++] =
        (struct http_made_variable){.name = arena_keep(registry->arena, name)};
    return (uint32_t)number;
}

bool http_registry_is_made(const struct http_registry *registry, struct slice name,
                           uint32_t *number)
{
    size_t found = find(registry, name);

    if (found == registry->count || registry->items[found].origin == HTTP_MADE_NOWHERE)
        return false;
    *number = (uint32_t)found;
    return true;
}

static void settle(const struct http_registry *registry, const struct http_prefix_use *use)
{
    uint32_t number;

    if (http_registry_is_made(registry, use->name, &number))
        *use->part = (struct http_template_part){.variable = HTTP_VARIABLE_MADE, .number = number};
}

void http_registry_watch(struct http_registry *registry, struct slice name,
                         struct http_template_part *part)
{
    struct http_prefix_use use = {arena_keep(registry->arena, name), part};

    if (registry->is_settled) {
        settle(registry, &use);
        return;
    }
    registry->uses = with_room(registry->arena, registry->uses, registry->use_count,
                               &registry->use_capacity, sizeof *registry->uses);
    registry->uses[registry->use_count++] = use;
}

void http_registry_settle(struct http_registry *registry)
{
    for (size_t i = 0; i < registry->use_count; i++)
        settle(registry, &registry->uses[i]);
    registry->is_settled = true;
}
