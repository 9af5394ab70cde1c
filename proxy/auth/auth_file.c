#include "auth/auth_file.h"

static struct slice without_return(struct slice line)
{
    size_t end = slice_find(line, '\r');

    return end == SLICE_NOT_FOUND ? line : slice_part(line, 0, end);
}

bool auth_file_next(struct slice *rest, struct auth_entry *entry)
{
    while (rest->len > 0) {
        struct slice line = without_return(slice_cut(rest, '\n'));
        size_t colon = slice_find(line, ':');
        struct slice value;

        entry->line++;
        if (line.len == 0 || line.at[0] == '#')
            continue;
        entry->user = slice_part(line, 0, colon);
        entry->hash = SLICE_NONE;
        if (colon == SLICE_NOT_FOUND)
            return true;
        value = slice_from(line, colon + 1);
        entry->hash = slice_cut(&value, ':');
        if (entry->hash.at == NULL)
            entry->hash = SLICE("");
        return true;
    }
    return false;
}

bool auth_file_find(struct slice text, struct slice user, struct auth_entry *entry)
{
    *entry = (struct auth_entry){0};
    while (auth_file_next(&text, entry))
        if (entry->hash.at != NULL && slice_equal(entry->user, user))
            return true;
    return false;
}

struct slice auth_file_commonest(struct slice text)
{
    size_t counts[AUTH_SCHEME_COUNT] = {0};
    struct slice first[AUTH_SCHEME_COUNT] = {{0}};
    struct auth_entry entry = {0};
    size_t best = AUTH_UNKNOWN;

    while (auth_file_next(&text, &entry)) {
        enum auth_scheme scheme = auth_hash_parse(entry.hash).scheme;

        if (counts[scheme]++ == 0)
            first[scheme] = entry.hash;
    }
    counts[AUTH_UNKNOWN] = 0;
    first[AUTH_UNKNOWN] = SLICE_NONE;
    for (size_t i = 0; i < AUTH_SCHEME_COUNT; i++)
        if (counts[i] > counts[best])
            best = i;
    return first[best];
}
