#include "http/language/http_set_misc.h"

#include "base/base64.h"
#include "base/chars.h"
#include "http/message/http_uri.h"

static bool escape(struct arena *arena, struct slice value, struct slice *result)
{
    *result = http_uri_escape_component(arena, value);
    return result->at != NULL;
}

static bool is_hex_at(struct slice text, size_t at)
{
    return at < text.len && chars_hex_value(text.at[at]) >= 0;
}

/* '+' is a blank; "%zz" is "zz", "%4z" nothing: what an escape should have been is never left as it
 * stood. */
static bool unescape(struct arena *arena, struct slice value, struct slice *result)
{
    char *plain = arena_alloc(arena, value.len + 1);
    size_t len = 0;

    if (plain == NULL)
        return false;
    for (size_t at = 0; at < value.len; at++) {
        if (value.at[at] != '%') {
            plain[len++] = value.at[at] == '+' ? ' ' : value.at[at];
        } else if (is_hex_at(value, at + 1)) {
            if (is_hex_at(value, at + 2))
                plain[len++] = (char)(chars_hex_value(value.at[at + 1]) * 16 +
                                      chars_hex_value(value.at[at + 2]));
            at += 2;
        } else if (++at < value.len) {
            plain[len++] = value.at[at];
        }
    }
    *result = (struct slice){plain, len};
    return true;
}

static bool encode(struct arena *arena, struct slice value, struct slice *result)
{
    size_t capacity = (value.len + 2) / 3 * 4;
    char *text = arena_alloc(arena, capacity + 1);

    result->at = text;
    return text != NULL && base64_encode(value, text, capacity, &result->len);
}

static bool decode(struct arena *arena, struct slice value, struct slice *result)
{
    size_t capacity = value.len / 4 * 3 + 3;
    char *bytes = arena_alloc(arena, capacity);

    result->at = bytes;
    return bytes != NULL && base64_decode_loose(value, bytes, capacity, &result->len);
}

static const struct {
    const char *directive;
    http_set_function function;
} functions[] = {
    {"set_escape_uri",    escape  },
    {"set_unescape_uri",  unescape},
    {"set_encode_base64", encode  },
    {"set_decode_base64", decode  },
};

http_set_function http_set_function_find(struct slice directive)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (slice_equal(directive, slice_of(functions[i].directive)))
            return functions[i].function;
    return NULL;
}
