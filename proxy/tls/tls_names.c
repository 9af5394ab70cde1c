#include "tls/tls_names.h"

#include "base/chars.h"
#include "base/ensure.h"

#include <stdint.h>
#include <stdlib.h>

#define NAME_TYPE_HOST 0

/* One kind of key each: "a.b" is exact, ".b" stands for *.b, "a." for a.* */
struct tls_name_entry {
    struct slice key;
    size_t server;
};

static size_t number_at(struct slice bytes, size_t at)
{
    return (size_t)(uint8_t)bytes.at[at] << 8 | (uint8_t)bytes.at[at + 1];
}

/* list length (2), then one entry: type (1), length (2), name */
enum tls_name_result tls_name_parse(struct slice extension, char memory[TLS_NAME_MAX],
                                    struct slice *name)
{
    struct slice host;

    if (extension.len < 5 || number_at(extension, 0) != extension.len - 2)
        return TLS_NAME_BAD;
    if (extension.at[2] != NAME_TYPE_HOST || number_at(extension, 3) != extension.len - 5)
        return TLS_NAME_BAD;
    host = slice_from(extension, 5);
    if (host.len < 1 || host.len > TLS_NAME_MAX || slice_find(host, '\0') != SLICE_NOT_FOUND)
        return TLS_NAME_BAD;
    if (host.at[host.len - 1] == '.')
        host.len--;
    if (host.len == 0)
        return TLS_NAME_NONE;
    for (size_t i = 0; i < host.len; i++)
        memory[i] = chars_lower(host.at[i]);
    *name = (struct slice){memory, host.len};
    return TLS_NAME_OK;
}

void tls_names_init(struct tls_names *names, size_t count, struct arena *arena)
{
    /* ".x" takes two places */
    names->capacity = 2 * count;
    names->count = 0;
    names->entries = arena_alloc(arena, names->capacity * sizeof *names->entries);
}

static void add_key(struct tls_names *names, struct slice key, size_t server)
{
    ensure(names->count < names->capacity);
    names->entries[names->count++] = (struct tls_name_entry){key, server};
}

static struct slice keep_lower(struct slice name, struct arena *arena)
{
    char *copy = arena_alloc(arena, name.len + 1);

    for (size_t i = 0; i < name.len; i++)
        copy[i] = chars_lower(name.at[i]);
    return (struct slice){copy, name.len};
}

void tls_names_add(struct tls_names *names, struct slice name, size_t server, struct arena *arena)
{
    struct slice kept = keep_lower(name, arena);

    if (slice_starts(kept, SLICE("~")))
        return;
    if (slice_starts(kept, SLICE("*."))) {
        add_key(names, slice_from(kept, 1), server);
    } else if (slice_starts(kept, SLICE("."))) {
        add_key(names, kept, server);
        add_key(names, slice_from(kept, 1), server);
    } else if (slice_ends(kept, SLICE(".*"))) {
        add_key(names, slice_part(kept, 0, kept.len - 1), server);
    } else if (kept.len > 0) {
        add_key(names, kept, server);
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct tls_name_entry *left = a, *right = b;
    int order = slice_compare(left->key, right->key);

    return order != 0 ? order : (left->server > right->server) - (left->server < right->server);
}

void tls_names_sort(struct tls_names *names)
{
    size_t kept = 0;

    if (names->count == 0)
        return;
    qsort(names->entries, names->count, sizeof *names->entries, compare_entries);
    for (size_t i = 0; i < names->count; i++)
        if (i == 0 || !slice_equal(names->entries[i].key, names->entries[kept - 1].key))
            names->entries[kept++] = names->entries[i];
    names->count = kept;
}

static int compare_key(const void *key, const void *entry)
{
    return slice_compare(*(const struct slice *)key, ((const struct tls_name_entry *)entry)->key);
}

static const struct tls_name_entry *find_key(const struct tls_names *names, struct slice key)
{
    return names->count == 0
               ? NULL
               : bsearch(&key, names->entries, names->count, sizeof *names->entries, compare_key);
}

static const struct tls_name_entry *find_below(const struct tls_names *names, struct slice name)
{
    const struct tls_name_entry *entry = NULL;

    for (size_t i = 1; i < name.len && entry == NULL; i++)
        if (name.at[i] == '.')
            entry = find_key(names, slice_from(name, i));
    return entry;
}

static const struct tls_name_entry *find_prefix(const struct tls_names *names, struct slice name)
{
    const struct tls_name_entry *entry = NULL;

    for (size_t i = name.len; i > 2 && entry == NULL; i--)
        if (name.at[i - 2] == '.')
            entry = find_key(names, slice_part(name, 0, i - 1));
    return entry;
}

bool tls_names_find(const struct tls_names *names, struct slice name, size_t *server,
                    struct slice *known)
{
    /* A key that stands for a wildcard is no name. */
    bool plain = name.len > 0 && name.at[0] != '.' && name.at[name.len - 1] != '.';
    const struct tls_name_entry *entry = plain ? find_key(names, name) : NULL;

    *known = entry != NULL ? entry->key : SLICE_NONE;
    if (entry == NULL)
        entry = find_below(names, name);
    if (entry == NULL)
        entry = find_prefix(names, name);
    if (entry == NULL)
        return false;
    *server = entry->server;
    return true;
}
