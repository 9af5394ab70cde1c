/* A whole connection of HTTP/1. The first byte chooses what the backend answers, the second into
 * what pieces the rest is cut: what the client says. Nothing may break, the backend (backend.c)
 * believes nothing, and what the client hears begins as an answer. */
#include "base/ensure.h"
#include "http/h1/http1_parse.h"
#include "http/h2/http2_connection.h"
#include "world.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct slice heard)
{
    enum http_refusal refusal = HTTP_ACCEPTED;
    struct http_response response = {0};
    struct http1_scan scan = {0};
    struct arena arena;

    if (heard.len == 0)
        return;
    ensure(http1_scan_head(heard, &http1_response_limits, &scan, &refusal) == HTTP1_DONE);
    arena_init(&arena, 262144);
    refusal = http1_parse_response(slice_part(heard, 0, scan.at), true, &arena, &response);
    ensure(refusal == HTTP_ACCEPTED && response.status >= 100 && response.status < 600);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice said = {(const char *)data, size};
    size_t piece;

    if (size < 2 || slice_starts(slice_from(said, 2), HTTP2_PREFACE))
        return 0;
    piece = data[1] == 0 ? SIZE_MAX : (size_t)data[1] * 4;
    said = slice_from(said, 2);
    world_begin(data[0]);
    while (said.len > 0 && !world_is_over()) {
        world_say(slice_part(said, 0, piece));
        said = slice_from(said, piece < said.len ? piece : said.len);
    }
    check_answer(world_heard());
    world_end();
    return 0;
}
