#include "http/language/http_table.h"

#include "base/chars.h"

/* FNV-1a. */
static size_t hash_of(const struct http_table *table, uint32_t kind, struct slice text)
{
    uint32_t hash = 2166136261u ^ kind;

    if (table->any_case)
        for (size_t i = 0; i < text.len; i++)
            hash = (hash ^ (unsigned char)chars_lower(text.at[i])) * 16777619u;
    else
        for (size_t i = 0; i < text.len; i++)
            hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
    return hash;
}

static bool is_in(const struct http_table *table, const struct http_table_slot *slot, uint32_t kind,
                  struct slice text)
{
    return slot->kind == kind &&
           (table->any_case ? slice_equal_fold(slot->text, text) : slice_equal(slot->text, text));
}

static struct http_table_slot *slot_of(const struct http_table *table, uint32_t kind,
                                       struct slice text)
{
    size_t mask = table->slot_count - 1;
    size_t at = hash_of(table, kind, text) & mask;

    while (table->slots[at].value != NULL && !is_in(table, &table->slots[at], kind, text))
        at = (at + 1) & mask;
    return &table->slots[at];
}

void http_table_init(struct http_table *table, size_t count, bool any_case, struct arena *arena)
{
    table->any_case = any_case;
    table->slot_count = 4;
    while (table->slot_count < 2 * count)
        table->slot_count *= 2;
    table->slots = arena_zero(arena, table->slot_count * sizeof *table->slots);
}

bool http_table_add(struct http_table *table, uint32_t kind, struct slice text, const void *value)
{
    struct http_table_slot *slot = slot_of(table, kind, text);

    if (slot->value != NULL)
        return false;
    *slot = (struct http_table_slot){text, kind, value};
    return true;
}

const void *http_table_find(const struct http_table *table, uint32_t kind, struct slice text)
{
    return slot_of(table, kind, text)->value;
}

/* "a.b.c": ".b.c", then ".c". */
static const void *find_leading_star(const struct http_table *table, struct slice host)
{
    for (size_t i = 1; i < host.len; i++) {
        const void *found;

        if (host.at[i] != '.')
            continue;
        found = http_table_find(table, HTTP_NAME_LEADING_STAR, slice_from(host, i));
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* "a.b.c": "a.b.", then "a.". */
static const void *find_trailing_star(const struct http_table *table, struct slice host)
{
    for (size_t len = host.len; len > 1; len--) {
        const void *found;

        if (host.at[len - 1] != '.')
            continue;
        found = http_table_find(table, HTTP_NAME_TRAILING_STAR, slice_part(host, 0, len));
        if (found != NULL)
            return found;
    }
    return NULL;
}

const void *http_table_find_host(const struct http_table *table, struct slice host, bool has_stars)
{
    const void *found = http_table_find(table, HTTP_NAME_EXACT, host);

    if (found == NULL && has_stars)
        found = find_leading_star(table, host);
    if (found == NULL && has_stars)
        found = find_trailing_star(table, host);
    return found;
}
