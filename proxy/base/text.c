#include "base/text.h"

#include "base/chars.h"

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

void text_add(struct text *text, struct slice s)
{
    size_t room = text->capacity - text->len;

    if (s.len > room) {
        s.len = room;
        text->overflow = true;
    }
    if (s.len > 0)
        memcpy(text->at + text->len, s.at, s.len);
    text->len += s.len;
}

void text_byte(struct text *text, char byte)
{
    if (text->len < text->capacity)
        text->at[text->len++] = byte;
    else
        text->overflow = true;
}

void text_number(struct text *text, uint64_t number)
{
    text_pad(text, number, 1);
}

void text_pad(struct text *text, uint64_t number, unsigned digits)
{
    char reversed[32];
    size_t len = 0;

    do {
        reversed[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (len < digits && len < sizeof reversed)
        reversed[len++] = '0';
    while (len > 0)
        text_byte(text, reversed[--len]);
}

void text_hex(struct text *text, uint64_t number)
{
    char reversed[16];
    size_t len = 0;

    do {
        reversed[len++] = hex_lower[number & 15];
        number >>= 4;
    } while (number > 0);
    while (len > 0)
        text_byte(text, reversed[--len]);
}

void text_escape(struct text *text, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.at[i];

        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
            text_byte(text, (char)byte);
        } else {
            text_add(text, SLICE("\\x"));
            text_byte(text, hex_upper[byte >> 4]);
            text_byte(text, hex_upper[byte & 15]);
        }
    }
}

/* Overlong forms, surrogates and everything past U+10FFFF are refused (Unicode table 3-7). */
size_t text_utf8_length(struct slice s)
{
    unsigned char first = s.len == 0 ? 0xff : (unsigned char)s.at[0], low = 0x80, high = 0xbf;
    size_t len;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (s.len < len || (unsigned char)s.at[1] < low || (unsigned char)s.at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (((unsigned char)s.at[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static void json_ascii(struct text *text, unsigned char byte)
{
    static const char letters[] = "\"\"\\\\\nn\rr\tt\bb\ff";

    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if ((unsigned char)letters[i] == byte) {
            text_byte(text, '\\');
            text_byte(text, letters[i + 1]);
            return;
        }
    }
    if (byte >= 0x20) {
        text_byte(text, (char)byte);
        return;
    }
    text_add(text, SLICE("\\u00"));
    text_byte(text, hex_upper[byte >> 4]);
    text_byte(text, hex_upper[byte & 15]);
}

void text_json(struct text *text, struct slice s)
{
    while (s.len > 0) {
        size_t len = text_utf8_length(s);

        if (len == 1)
            json_ascii(text, (unsigned char)s.at[0]);
        else if (len > 1)
            text_add(text, slice_part(s, 0, len));
        else
            text_add(text, SLICE("\xef\xbf\xbd"));
        s = slice_from(s, len > 0 ? len : 1);
    }
}
