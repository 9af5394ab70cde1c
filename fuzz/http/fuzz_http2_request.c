/* Fields as a decoder of HPACK may yield them, any bytes: what is accepted must be as the rest of
 * frontd relies on, and nothing of it may be read twice in two ways. The first byte says whether a
 * body follows; then, for each field, the length of the name, of the value, and both. */
#include "base/chars.h"
#include "base/ensure.h"
#include "http/h2/http2_request.h"
#include "http/message/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct http_request *request, enum http_field_id id)
{
    size_t found = 0;

    for (size_t i = 0; i < request->field_count; i++)
        found += request->fields[i].id == id;
    return found;
}

static void check_fields(const struct http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++) {
        struct slice name = request->fields[i].name, value = request->fields[i].value;

        ensure(name.len > 0 && chars_all(name, CHARS_TOKEN));
        ensure(chars_all(value, CHARS_FIELD) && value.at != NULL);
        ensure(slice_trim(value).len == value.len);
        ensure(request->fields[i].id == http_field_lookup(name));
        for (size_t k = 0; k < name.len; k++)
            ensure(name.at[k] == chars_lower(name.at[k]) && name.at[k] != '_');
    }
}

static void check_request(const struct http_request *request, bool ends)
{
    ensure(request->is_http2 && request->method != HTTP_CONNECT);
    ensure(request->path.at[0] == '/' || slice_equal(request->path, SLICE("*")));
    ensure(chars_all(request->raw_path, CHARS_TARGET));
    ensure(chars_all(request->method_text, CHARS_TOKEN));
    ensure(request->host.len > 0 && count(request, HTTP_FIELD_HOST) == 1);
    ensure(count(request, HTTP_FIELD_COOKIE) <= 1);
    ensure(count(request, HTTP_FIELD_CONTENT_LENGTH) <= 1);
    ensure(count(request, HTTP_FIELD_CONNECTION) == 0 && count(request, HTTP_FIELD_UPGRADE) == 0);
    ensure(count(request, HTTP_FIELD_TRANSFER_ENCODING) == 0);
    ensure(request->framing != HTTP_TO_CLOSE && !(ends && request->framing != HTTP_NO_BODY));
    ensure(!request->wants_upgrade || request->method == HTTP_GET);
    check_fields(request);
}

static struct slice take(struct slice *input, size_t len)
{
    struct slice part = slice_part(*input, 0, len);

    *input = slice_from(*input, part.len);
    return part;
}

static size_t take_length(struct slice *input)
{
    struct slice byte = take(input, 1);

    return byte.len == 0 ? 0 : (unsigned char)byte.at[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    bool ends = (take_length(&input) & 1) != 0;
    struct http_request request = {0};
    struct http2_head head;
    struct arena arena;

    arena_init(&arena, 262144);
    http2_head_init(&head, &arena, &http1_request_limits);
    while (input.len > 0) {
        size_t name_len = take_length(&input), value_len = take_length(&input);
        struct slice name = take(&input, name_len), value = take(&input, value_len);

        http2_head_add(&head, name, value);
    }
    if (http2_head_finish(&head, ends, &request) == HTTP_ACCEPTED) {
        http_request_drop_underscores(&request); /* as for every server that does not want them */
        check_request(&request, ends);
    }
    arena_deinit(&arena);
    return 0;
}
