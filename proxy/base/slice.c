#include "base/slice.h"

#include "base/chars.h"

struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

struct slice slice_part(struct slice s, size_t from, size_t len)
{
    s = slice_from(s, from);
    if (s.len > len)
        s.len = len;
    return s;
}

struct slice slice_from(struct slice s, size_t from)
{
    if (from >= s.len)
        return SLICE_NONE;
    return (struct slice){s.at + from, s.len - from};
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool slice_equal_fold(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (chars_lower(a.at[i]) != chars_lower(b.at[i]))
            return false;
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return slice_equal(slice_part(s, 0, prefix.len), prefix);
}

bool slice_starts_fold(struct slice s, struct slice prefix)
{
    return slice_equal_fold(slice_part(s, 0, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len && slice_equal(slice_from(s, s.len - suffix.len), suffix);
}

bool slice_ends_fold(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len && slice_equal_fold(slice_from(s, s.len - suffix.len), suffix);
}

size_t slice_find(struct slice s, char byte)
{
    const char *found = s.len == 0 ? NULL : memchr(s.at, byte, s.len);

    return found == NULL ? SLICE_NOT_FOUND : (size_t)(found - s.at);
}

size_t slice_find_last(struct slice s, char byte)
{
    const char *found = s.len == 0 ? NULL : memrchr(s.at, byte, s.len);

    return found == NULL ? SLICE_NOT_FOUND : (size_t)(found - s.at);
}

struct slice slice_cut(struct slice *rest, char byte)
{
    struct slice s = *rest;
    size_t at = slice_find(s, byte);

    if (at == SLICE_NOT_FOUND) {
        *rest = SLICE_NONE;
        return s;
    }
    *rest = (struct slice){s.at + at + 1, s.len - at - 1};
    s.len = at;
    return s;
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = slice_from(s, 1);
    while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}
