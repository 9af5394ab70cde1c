#include "http/language/http_split.h"

#include "http/language/http_variables.h"

#define MULTIPLIER 0x5bd1e995u

static uint32_t byte(struct slice text, size_t at)
{
    return (unsigned char)text.at[at];
}

static uint32_t four_bytes(struct slice text, size_t at)
{
    return byte(text, at) | byte(text, at + 1) << 8 | byte(text, at + 2) << 16 |
           byte(text, at + 3) << 24;
}

uint32_t http_split_hash(struct slice text)
{
    uint32_t hash = (uint32_t)text.len;
    size_t at = 0;

    for (; text.len - at >= 4; at += 4) {
        uint32_t word = four_bytes(text, at) * MULTIPLIER;

        hash = (hash * MULTIPLIER) ^ ((word ^ word >> 24) * MULTIPLIER);
    }
    if (at < text.len) {
        for (size_t i = text.len; i > at; i--)
            hash ^= byte(text, i - 1) << 8 * (i - 1 - at);
        hash *= MULTIPLIER;
    }
    hash = (hash ^ hash >> 13) * MULTIPLIER;
    return hash ^ hash >> 15;
}

struct slice http_split_find(const struct http_split *split, struct slice text)
{
    uint32_t hash = http_split_hash(text);

    for (size_t i = 0; i < split->count; i++)
        if (hash < split->parts[i].end || split->parts[i].end == UINT32_MAX)
            return split->parts[i].value;
    return SLICE_NONE;
}

struct slice http_split_value(struct http_exchange *exchange, uint32_t number,
                              const struct http_split *split)
{
    struct slice value = http_split_find(split, http_evaluate(exchange, &split->source));

    if (value.at != NULL)
        (void)http_variable_set(exchange, number, value);
    return value;
}
