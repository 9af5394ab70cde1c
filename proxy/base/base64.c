#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    if (byte == '+')
        return 62;
    return byte == '/' ? 63 : -1;
}

static size_t padding_of(struct slice text)
{
    if (text.len == 0 || text.at[text.len - 1] != '=')
        return 0;
    return text.at[text.len - 2] == '=' ? 2 : 1;
}

bool base64_decode(struct slice text, char *out, size_t capacity, size_t *len)
{
    size_t padding, written = 0;

    if (text.len % 4 != 0)
        return false;
    padding = padding_of(text);
    if (text.len / 4 * 3 - padding > capacity)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t digits = i + 4 == text.len ? 4 - padding : 4;
        uint32_t group = 0;

        for (size_t k = 0; k < 4; k++) {
            int value = k < digits ? value_of(text.at[i + k]) : 0;

            if (value < 0)
                return false;
            group = group << 6 | (uint32_t)value;
        }
        if ((digits == 2 && (group & 0xffff) != 0) || (digits == 3 && (group & 0xff) != 0))
            return false;
        for (size_t k = 0; k + 1 < digits; k++)
            out[written++] = (char)(group >> (16 - 8 * k));
    }
    *len = written;
    return true;
}

bool base64_decode_loose(struct slice text, char *out, size_t capacity, size_t *len)
{
    uint32_t bits = 0;
    size_t digits = 0, count = 0;

    for (; digits < text.len && text.at[digits] != '='; digits++) {
        int value = value_of(text.at[digits]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (digits % 4 == 0)
            continue;
        if (count == capacity)
            return false;
        out[count++] = (char)(bits >> (6 - 2 * (digits % 4)) & 0xff);
    }
    *len = count;
    return digits % 4 != 1;
}

bool base64_encode(struct slice bytes, char *out, size_t capacity, size_t *len)
{
    size_t written = 0;

    if ((bytes.len + 2) / 3 > capacity / 4)
        return false;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;

        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (unsigned char)bytes.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            out[written++] = k <= count ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    *len = written;
    return true;
}
