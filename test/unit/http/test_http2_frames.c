#include "http/h2/http2_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Four bytes before the first frame; then DATA of 3 bytes, SETTINGS of none, HEADERS of 258. */
static size_t make_input(char *bytes)
{
    static const char heads[] = "PRI "
                                "\0\0\3\0\1\0\0\0\1abc"
                                "\0\0\0\4\0\0\0\0\0"
                                "\0\1\2\1\5\0\0\0\3";
    size_t len = sizeof heads - 1;

    memcpy(bytes, heads, len);
    memset(bytes + len, 0, 258); /* would be heads of DATA */
    return len + 258;
}

static void test_pieces_of_any_size(void **state)
{
    static const struct http2_frame expected[] = {
        {3,   0, 1},
        {0,   4, 0},
        {258, 1, 5},
    };
    char bytes[400];
    size_t len = make_input(bytes);

    (void)state;
    for (size_t piece = 1; piece <= len; piece++) {
        struct http2_frames frames;
        struct http2_frame frame;
        size_t found = 0;

        http2_frames_init(&frames, 4);
        for (size_t at = 0; at < len; at += piece) {
            struct slice input = slice_part((struct slice){bytes, len}, at, piece);

            while (http2_frames_next(&frames, &input, &frame)) {
                assert_true(found < 3);
                assert_int_equal(frame.length, expected[found].length);
                assert_int_equal(frame.type, expected[found].type);
                assert_int_equal(frame.flags, expected[found].flags);
                found++;
            }
            assert_int_equal(input.len, 0);
        }
        assert_int_equal(found, 3);
        assert_int_equal(frames.skip, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
