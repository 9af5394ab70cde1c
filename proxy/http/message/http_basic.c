#include "http/message/http_basic.h"

#include <stdint.h>

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

static bool decode(struct slice text, char *out, size_t capacity, size_t *len)
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

bool http_basic_parse(struct slice value, struct http_basic *basic)
{
    struct slice text;
    size_t len = 0;

    if (!slice_starts_fold(value, SLICE("basic ")))
        return false;
    text = slice_from(value, sizeof "basic " - 1);
    while (text.len > 0 && text.at[0] == ' ')
        text = slice_from(text, 1);
    if (!decode(text, basic->memory, sizeof basic->memory, &len))
        return false;
    basic->password = (struct slice){basic->memory, len};
    if (slice_find(basic->password, ':') == SLICE_NOT_FOUND)
        return false;
    basic->user = slice_cut(&basic->password, ':');
    return basic->user.len > 0;
}
