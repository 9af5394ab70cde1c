/* Any path: what normalising gives never holds "..", "//" or a control byte, and escaping it and
 * normalising again gives the same. */
#include "base/chars.h"
#include "base/ensure.h"
#include "http/message/http_uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal(struct slice normal)
{
    struct slice rest = slice_from(normal, 1);

    ensure(normal.len > 0 && normal.at[0] == '/');
    while (rest.at != NULL) {
        struct slice segment = slice_cut(&rest, '/');

        ensure(segment.len > 0 || rest.at == NULL);
        ensure(!slice_equal(segment, SLICE(".")) && !slice_equal(segment, SLICE("..")));
    }
}

static void check_again(struct slice normal)
{
    struct arena arena;
    struct slice escaped;
    struct text again;

    arena_init(&arena, ARENA_UNLIMITED);
    escaped = http_uri_escape(&arena, normal);
    again = text_in(arena_alloc(&arena, escaped.len), escaped.len);
    ensure(http_uri_normalise(escaped, &again) == HTTP_ACCEPTED);
    ensure(slice_equal(normal, text_slice(&again)));
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice path = {(const char *)data, size};
    char *memory = malloc(size + 1);
    struct text normal = text_in(memory, size);
    struct http_request request = {.target = path, .method = HTTP_GET};
    struct slice host;
    struct arena arena;

    for (size_t i = 0; i < size; i++)
        if (!chars_is(path.at[i], CHARS_TARGET))
            goto done; /* no target has it */
    if (http_uri_normalise(path, &normal) == HTTP_ACCEPTED) {
        struct slice result = text_slice(&normal);

        ensure(result.len <= size);
        for (size_t i = 0; i < result.len; i++)
            ensure(!chars_is(result.at[i], CHARS_CONTROL));
        check_normal(result);
        check_again(result);
    }
    arena_init(&arena, 262144);
    if (http_uri_parse_target(&arena, &request) == HTTP_ACCEPTED)
        check_normal(request.path);
    arena_deinit(&arena);
    if (http_uri_parse_authority(path, &host))
        ensure(host.len > 0 && host.len <= path.len);
done:
    free(memory);
    return 0;
}
