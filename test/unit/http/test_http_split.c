#include "http/language/http_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Computed with MurmurHash2 as published, seed len. */
static void its_hashes_are_those_of_the_algorithm(void **state)
{
    (void)state;
    assert_int_equal(http_split_hash(SLICE("")), 0);
    assert_int_equal(http_split_hash(SLICE("a")), 0x92685f5eu);
    assert_int_equal(http_split_hash(SLICE("abc")), 0x13577c9bu);
    assert_int_equal(http_split_hash(SLICE("abcd")), 0x26873021u);
    assert_int_equal(http_split_hash(SLICE("\xff\xfe\xfd\xfc\xfb")), 0xfae45ebcu);
}

static void the_parts_are_tried_in_order(void **state)
{
    struct http_split_part parts[] = {
        {1u << 30,   SLICE("quarter")},
        {1u << 31,   SLICE("half")   },
        {UINT32_MAX, SLICE("rest")   },
    };
    struct http_split split = {.parts = parts, .count = 3};
    unsigned seen[3] = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        char text[2] = {(char)('a' + i % 26), (char)(i / 26)};
        struct slice value = http_split_find(&split, (struct slice){text, sizeof text});

        for (size_t k = 0; k < 3; k++)
            seen[k] += slice_equal(value, parts[k].value);
    }
    assert_int_equal(seen[0] + seen[1] + seen[2], 1000);
    assert_in_range(seen[0], 150, 350);
    assert_in_range(seen[1], 150, 350);
    split.count = 0;
    assert_null(http_split_find(&split, SLICE("a")).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_hashes_are_those_of_the_algorithm),
        cmocka_unit_test(the_parts_are_tried_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
