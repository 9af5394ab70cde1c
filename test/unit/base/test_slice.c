#include "base/chars.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void parts_are_clipped(void **state)
{
    struct slice s = SLICE("abcdef");

    (void)state;
    assert_true(slice_equal(slice_part(s, 1, 2), SLICE("bc")));
    assert_true(slice_equal(slice_part(s, 4, 10), SLICE("ef")));
    assert_true(slice_equal(slice_part(s, 4, SIZE_MAX), SLICE("ef")));
    assert_int_equal(slice_part(s, 6, 1).len, 0);
    assert_int_equal(slice_part(s, SIZE_MAX, 1).len, 0);
    assert_true(slice_equal(slice_from(s, 5), SLICE("f")));
    assert_null(slice_from(s, 6).at);
    assert_int_equal(slice_from(SLICE_NONE, 0).len, 0);
}

static void comparison_knows_length_and_bytes(void **state)
{
    struct slice nul = {"a\0b", 3};

    (void)state;
    assert_true(slice_equal(SLICE_NONE, SLICE("")));
    assert_false(slice_equal(nul, SLICE("a")));
    assert_false(slice_equal(nul, ((struct slice){"a\0c", 3})));
    assert_true(slice_equal_fold(SLICE("HoSt"), SLICE("hOsT")));
    assert_false(slice_equal_fold(SLICE("[a"), SLICE("{a"))); /* differ by the same bit */
    assert_false(slice_equal_fold(SLICE("host"), SLICE("hos")));
    assert_true(slice_compare(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_compare(SLICE("ab"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_compare(SLICE("\x80"), SLICE("a")) > 0); /* bytes are unsigned */
    assert_int_equal(slice_compare(SLICE_NONE, SLICE("")), 0);
}

/* Every pair of bytes at every place of every length, against the plain definition. */
static void folding_is_that_of_each_byte(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 17; len++) {
        char a[17], b[17];

        memset(a, 'k', sizeof a);
        memset(b, 'K', sizeof b);
        for (size_t at = 0; at < len; at++) {
            for (unsigned pair = 0; pair < 256 * 256; pair++) {
                a[at] = (char)(pair & 255);
                b[at] = (char)(pair >> 8);
                if (slice_equal_fold((struct slice){a, len}, (struct slice){b, len}) !=
                    (chars_lower(a[at]) == chars_lower(b[at])))
                    fail_msg("%zu of %zu: %02x", at, len, pair);
            }
            a[at] = 'k';
            b[at] = 'K';
        }
    }
}

static void starts_and_ends(void **state)
{
    (void)state;
    assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
    assert_true(slice_starts(SLICE("abc"), SLICE("")));
    assert_false(slice_starts(SLICE("ab"), SLICE("abc")));
    assert_true(slice_starts_fold(SLICE("ABc"), SLICE("ab")));
    assert_false(slice_starts_fold(SLICE("A"), SLICE("ab")));
    assert_true(slice_ends(SLICE("abc"), SLICE("bc")));
    assert_true(slice_ends(SLICE("abc"), SLICE("")));
    assert_false(slice_ends(SLICE("bc"), SLICE("abc")));
    assert_true(slice_ends_fold(SLICE("aBC"), SLICE("bc")));
    assert_false(slice_ends_fold(SLICE("c"), SLICE("bc")));
}

static void find_from_both_ends(void **state)
{
    (void)state;
    assert_int_equal(slice_find(SLICE("a.b.c"), '.'), 1);
    assert_int_equal(slice_find_last(SLICE("a.b.c"), '.'), 3);
    assert_true(slice_find(SLICE("abc"), '.') == SLICE_NOT_FOUND);
    assert_true(slice_find_last(SLICE("abc"), '.') == SLICE_NOT_FOUND);
    assert_true(slice_find(SLICE_NONE, '.') == SLICE_NOT_FOUND);
    assert_true(slice_find_last(SLICE_NONE, '.') == SLICE_NOT_FOUND);
}

static void cut_tells_empty_from_none(void **state)
{
    struct slice rest = SLICE("a,,b,");

    (void)state;
    assert_true(slice_equal(slice_cut(&rest, ','), SLICE("a")));
    assert_true(slice_equal(slice_cut(&rest, ','), SLICE("")));
    assert_true(slice_equal(slice_cut(&rest, ','), SLICE("b")));
    assert_non_null(rest.at);
    assert_int_equal(rest.len, 0);
    assert_int_equal(slice_cut(&rest, ',').len, 0);
    assert_null(rest.at);
}

static void trim_takes_blanks_and_tabs_only(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_trim(SLICE(" \t a b\t ")), SLICE("a b")));
    assert_int_equal(slice_trim(SLICE(" \t ")).len, 0);
    assert_true(slice_equal(slice_trim(SLICE("\ra\n")), SLICE("\ra\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_clipped),
        cmocka_unit_test(comparison_knows_length_and_bytes),
        cmocka_unit_test(folding_is_that_of_each_byte),
        cmocka_unit_test(starts_and_ends),
        cmocka_unit_test(find_from_both_ends),
        cmocka_unit_test(cut_tells_empty_from_none),
        cmocka_unit_test(trim_takes_blanks_and_tabs_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
