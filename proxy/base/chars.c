#include "base/chars.h"

/* Written by chars_table.py. */
const uint16_t chars_table[256] = {
#include "base/chars_table.inc"
};

int chars_hex_value(char byte)
{
    if (chars_is(byte, CHARS_DIGIT))
        return byte - '0';
    if (chars_is(byte, CHARS_HEX))
        return chars_lower(byte) - 'a' + 10;
    return -1;
}

/* None of the eight bytes is a control character, and so all are in CHARS_FIELD. */
static bool is_plain_word(const char *at)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t word, deleted, found;

    memcpy(&word, at, sizeof word);
    deleted = word ^ each * 0x7f;
    found = ((word - each * 0x20) & ~word) | ((deleted - each) & ~deleted);
    return (found & each * 0x80) == 0;
}

bool chars_all(struct slice s, enum chars_class classes)
{
    size_t i = 0;

    if ((classes & CHARS_FIELD) != 0)
        while (s.len - i >= sizeof(uint64_t) && is_plain_word(s.at + i))
            i += sizeof(uint64_t);
    for (; i < s.len; i++)
        if (!chars_is(s.at[i], classes))
            return false;
    return true;
}
