#include "http/message/http_basic.h"

#include "base/base64.h"

bool http_basic_parse(struct slice value, struct http_basic *basic)
{
    struct slice text;
    size_t len = 0;

    if (!slice_starts_fold(value, SLICE("basic ")))
        return false;
    text = slice_from(value, sizeof "basic " - 1);
    while (text.len > 0 && text.at[0] == ' ')
        text = slice_from(text, 1);
    if (!base64_decode_loose(text, basic->memory, sizeof basic->memory, &len))
        return false;
    basic->password = (struct slice){basic->memory, len};
    if (slice_find(basic->password, ':') == SLICE_NOT_FOUND)
        return false;
    basic->user = slice_cut(&basic->password, ':');
    return basic->user.len > 0;
}
