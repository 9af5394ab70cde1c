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

bool chars_all(struct slice s, enum chars_class classes)
{
    for (size_t i = 0; i < s.len; i++)
        if (!chars_is(s.at[i], classes))
            return false;
    return true;
}
