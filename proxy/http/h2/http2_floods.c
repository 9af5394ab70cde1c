#include "http/h2/http2_floods.h"

#include <stddef.h>

#define WINDOW_MS 10000

enum each {
    WINDOW,
    HEAD,
};

/* clang-format off */
static const struct {
    uint32_t most;
    enum each each;
    const char *words;
} floods_rows[HTTP2_FLOOD_COUNT] = {
#define HTTP2_FLOOD(name, most, each, words) [HTTP2_FLOOD_##name] = {most, each, words},
#include "http/h2/http2_floods.def"
#undef HTTP2_FLOOD
};
/* clang-format on */

static void begin_window(struct http2_floods *floods, uint64_t now_ms)
{
    floods->since_ms = now_ms;
    for (size_t i = 0; i < HTTP2_FLOOD_COUNT; i++)
        if (floods_rows[i].each == WINDOW)
            floods->counts[i] = 0;
}

bool http2_floods_add(struct http2_floods *floods, enum http2_flood kind, uint32_t amount,
                      uint64_t now_ms)
{
    if (now_ms - floods->since_ms >= WINDOW_MS)
        begin_window(floods, now_ms);
    if (amount > floods_rows[kind].most - floods->counts[kind])
        return false;
    floods->counts[kind] += amount;
    return true;
}

void http2_floods_take_back(struct http2_floods *floods, enum http2_flood kind, uint32_t amount)
{
    floods->counts[kind] -= amount < floods->counts[kind] ? amount : floods->counts[kind];
}

void http2_floods_restart(struct http2_floods *floods, enum http2_flood kind)
{
    floods->counts[kind] = 0;
}

const char *http2_flood_words(enum http2_flood kind)
{
    return floods_rows[kind].words;
}
