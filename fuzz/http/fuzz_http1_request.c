/* A request head in any bytes: found whole or byte by byte it must be the same, and what is
 * accepted must be as the rest of frontd relies on. */
#include "base/chars.h"
#include "base/ensure.h"
#include "http/h1/http1_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct http_request *request)
{
    ensure(request->method != HTTP_CONNECT);
    ensure(request->path.len > 0);
    ensure(request->path.at[0] == '/' || slice_equal(request->path, SLICE("*")));
    ensure(request->minor == 0 || request->host.len > 0);
    ensure(request->framing != HTTP_TO_CLOSE);
    ensure((request->framing == HTTP_LENGTH) == (request->content_length > 0));
    for (size_t i = 0; i < request->field_count; i++) {
        ensure(chars_all(request->fields[i].name, CHARS_TOKEN));
        ensure(chars_all(request->fields[i].value, CHARS_FIELD));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct http1_scan whole = {0}, bytes = {0};
    enum http_refusal refusal = HTTP_ACCEPTED, later = HTTP_ACCEPTED;
    enum http1_result result = http1_scan_head(input, &http1_request_limits, &whole, &refusal);
    enum http1_result again = HTTP1_MORE;
    struct http_request request = {0};
    struct arena arena;

    for (size_t len = 1; len <= size && again == HTTP1_MORE; len++)
        again = http1_scan_head(slice_part(input, 0, len), &http1_request_limits, &bytes, &later);
    ensure(result == again);
    if (result != HTTP1_DONE)
        return 0;
    ensure(whole.at == bytes.at && whole.start == bytes.start && whole.fields == bytes.fields);
    arena_init(&arena, 262144);
    if (http1_parse_request(slice_part(input, whole.start, whole.at - whole.start), &arena,
                            &request) == HTTP_ACCEPTED)
        check_request(&request);
    arena_deinit(&arena);
    return 0;
}
