#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Classes of bytes, one bit each, so that a scanner asks a table and never the locale. */
enum chars_class {
    CHARS_DIGIT = 1 << 0,   /* 0-9 */
    CHARS_ALPHA = 1 << 1,   /* A-Z a-z */
    CHARS_HEX = 1 << 2,     /* 0-9 A-F a-f */
    CHARS_TOKEN = 1 << 3,   /* tchar, RFC 9110 5.6.2 */
    CHARS_FIELD = 1 << 4,   /* field-vchar, SP and HTAB: RFC 9110 5.5, obs-text included */
    CHARS_TARGET = 1 << 5,  /* request target: 0x21-0x7e and 0x80-0xff without '#' */
    CHARS_CONTROL = 1 << 6, /* 0x00-0x1f and 0x7f */
    CHARS_ATEXT = 1 << 7,   /* atext, RFC 5322 3.2.3; 8-bit bytes included (RFC 6531 3.3) */
    CHARS_HOST = 1 << 8,    /* letters, digits, '-', '.', '_' */
};

extern const uint16_t chars_table[256];

static inline bool chars_is(char byte, enum chars_class class)
{
    return (chars_table[(unsigned char)byte] & class) != 0;
}

static inline char chars_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

static inline char chars_upper(char byte)
{
    return byte >= 'a' && byte <= 'z' ? (char)(byte - ('a' - 'A')) : byte;
}

/* 0-15, or -1 for a byte that is no hexadecimal digit. */
int chars_hex_value(char byte);

/* True if every byte of `s` is in one of the classes; true for the empty slice. */
bool chars_all(struct slice s, enum chars_class classes);
