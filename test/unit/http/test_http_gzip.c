#include "base/text.h"
#include "http/output/http_gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* What came out, and what it is unpacked. */
struct output {
    char packed[1 << 17], plain[1 << 17];
    size_t packed_len, plain_len;
};

static void take(void *owner, struct slice bytes)
{
    struct output *output = owner;

    assert_true(output->packed_len + bytes.len <= sizeof output->packed);
    memcpy(output->packed + output->packed_len, bytes.at, bytes.len);
    output->packed_len += bytes.len;
}

/* True if it is a whole gzip member. */
static bool unpack(struct output *output)
{
    z_stream stream = {.next_in = (Bytef *)output->packed,
                       .avail_in = (uInt)output->packed_len,
                       .next_out = (Bytef *)output->plain,
                       .avail_out = sizeof output->plain};
    int result;

    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    result = inflate(&stream, Z_SYNC_FLUSH);
    output->plain_len = sizeof output->plain - stream.avail_out;
    inflateEnd(&stream);
    return result == Z_STREAM_END;
}

static void fill(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (i * i >> 3) % 26);
}

static void packs_what_it_is_given(void **state)
{
    static const size_t lens[] = {0, 1, 20, 300, 5000, 70000, 100000};
    static char text[100000];
    struct output *output = calloc(1, sizeof *output);

    (void)state;
    fill(text, sizeof text);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (unsigned level = 1; level <= 9; level += 4) {
            struct http_gzip *gzip =
                http_gzip_new(level, i % 2 == 0 ? lens[i] : HTTP_GZIP_LENGTH_UNKNOWN);

            output->packed_len = 0;
            for (size_t at = 0; at < lens[i]; at += 777)
                http_gzip_write(gzip, slice_part((struct slice){text, lens[i]}, at, 777),
                                HTTP_GZIP_MORE, take, output);
            http_gzip_write(gzip, SLICE_NONE, HTTP_GZIP_END, take, output);
            assert_true(unpack(output));
            assert_int_equal(output->plain_len, lens[i]);
            assert_memory_equal(output->plain, text, lens[i]);
            http_gzip_free(gzip);
        }
    }
    free(output);
}

static void a_flush_brings_out_everything(void **state)
{
    struct output *output = calloc(1, sizeof *output);
    struct http_gzip *gzip = http_gzip_new(1, HTTP_GZIP_LENGTH_UNKNOWN);

    (void)state;
    http_gzip_write(gzip, SLICE("data: 1\n\n"), HTTP_GZIP_MORE, take, output);
    assert_true(http_gzip_holds_back(gzip));
    http_gzip_write(gzip, SLICE_NONE, HTTP_GZIP_FLUSH, take, output);
    assert_false(http_gzip_holds_back(gzip));
    assert_false(unpack(output));
    assert_int_equal(output->plain_len, 9);
    http_gzip_free(gzip); /* not ended: the client went away */
    free(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_what_it_is_given),
        cmocka_unit_test(a_flush_brings_out_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
