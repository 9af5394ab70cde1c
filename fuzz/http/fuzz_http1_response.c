/* A response head in any bytes. */
#include "base/chars.h"
#include "base/ensure.h"
#include "http/h1/http1_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct http1_scan scan = {0};
    enum http_refusal refusal;
    struct http_response response = {0};
    struct arena arena;

    if (http1_scan_head(input, &http1_response_limits, &scan, &refusal) != HTTP1_DONE)
        return 0;
    arena_init(&arena, 262144);
    if (http1_parse_response(slice_part(input, scan.start, scan.at - scan.start), false, &arena,
                             &response) == HTTP_ACCEPTED) {
        ensure(response.status >= 100 && response.status <= 599);
        ensure(http_status_has_body(response.status) == (response.framing != HTTP_NO_BODY));
        ensure(response.framing != HTTP_TO_CLOSE || !response.keep_alive);
        for (size_t i = 0; i < response.field_count; i++)
            ensure(chars_all(response.fields[i].value, CHARS_FIELD));
    }
    arena_deinit(&arena);
    return 0;
}
