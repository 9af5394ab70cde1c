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

/* Eight bytes at a time: names of fields are compared a dozen times for each request. */
static uint64_t lower_word(uint64_t word)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t low = word & each * 0x7f;
    uint64_t from_a = low + each * (0x80 - 'A'), behind_z = low + each * (0x7f - 'Z');

    /* 0x80 in a byte that is a letter becomes 0x20, which 'a' has and 'A' has not. */
    return word | (from_a & ~behind_z & ~word & each * 0x80) >> 2;
}

static uint64_t load_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* All bytes of 1 to 7, some of them twice. */
static uint64_t load_short(const char *at, size_t len)
{
    uint32_t first, last;

    if (len < sizeof first)
        return (unsigned char)at[0] | (uint64_t)(unsigned char)at[len / 2] << 8 |
               (uint64_t)(unsigned char)at[len - 1] << 16;
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return first | (uint64_t)last << 32;
}

bool slice_equal_fold(struct slice a, struct slice b)
{
    size_t word = sizeof(uint64_t);

    if (a.len != b.len || a.len == 0)
        return a.len == b.len;
    if (((a.at[0] ^ b.at[0]) & ~('a' ^ 'A')) != 0)
        return false; /* most that differ do so here */
    if (a.len < word)
        return lower_word(load_short(a.at, a.len)) == lower_word(load_short(b.at, b.len));
    for (size_t i = 0; i + word < a.len; i += word)
        if (lower_word(load_word(a.at + i)) != lower_word(load_word(b.at + i)))
            return false;
    return lower_word(load_word(a.at + a.len - word)) == lower_word(load_word(b.at + b.len - word));
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
