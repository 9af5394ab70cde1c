/* A chunked body in any bytes: split or not, the same bytes come out and the same end is found. */
#include "base/ensure.h"
#include "http/h1/http1_chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum http1_chunked_result result;
    size_t used, len, sum;
};

static void feed(struct http1_chunked *chunked, struct slice input, struct outcome *outcome)
{
    enum http_refusal refusal;

    do {
        struct slice body = SLICE_NONE;
        size_t used = 0;

        outcome->result = http1_chunked_read(chunked, input, &used, &body, &refusal);
        ensure(used <= input.len);
        if (outcome->result == HTTP1_CHUNKED_DATA) {
            ensure(body.len > 0 && body.at >= input.at && body.at + body.len <= input.at + used);
            for (size_t i = 0; i < body.len; i++)
                outcome->sum = outcome->sum * 31 + (unsigned char)body.at[i];
            outcome->len += body.len;
        }
        outcome->used += used;
        input = slice_from(input, used);
    } while (outcome->result == HTTP1_CHUNKED_DATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct http1_chunked one = {0}, two = {0};
    struct outcome whole = {0}, bytes = {0};

    feed(&one, input, &whole);
    for (size_t i = 0; i < size; i++) {
        feed(&two, slice_part(input, i, 1), &bytes);
        if (bytes.result != HTTP1_CHUNKED_MORE)
            break;
    }
    ensure(whole.result == bytes.result && whole.used == bytes.used);
    ensure(whole.len == bytes.len && whole.sum == bytes.sum);
    return 0;
}
