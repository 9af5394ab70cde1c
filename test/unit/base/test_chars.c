#include "base/chars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Each class said a second time, independently of chars_table.py. */
static const struct {
    enum chars_class class;
    const char *members; /* of 0x20-0x7e */
    bool has_high;       /* 0x80-0xff */
} classes[] = {
    {CHARS_DIGIT, "0123456789",                                                                    false},
    {CHARS_ALPHA, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",                          false},
    {CHARS_HEX,   "0123456789ABCDEFabcdef",                                                        false},
    {CHARS_TOKEN, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     false                                                                                              },
    {CHARS_ATEXT,
     "!#$%&'*+-/=?^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",          true },
    {CHARS_HOST,  "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",             false},
};

static void printable_classes_hold_their_members_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        for (int byte = 0; byte < 256; byte++) {
            bool expected = byte >= 0x80 ? classes[i].has_high
                                         : slice_find(slice_of(classes[i].members), (char)byte) !=
                                               SLICE_NOT_FOUND;

            if (chars_is((char)byte, classes[i].class) != expected)
                fail_msg("class %zu, byte 0x%02x", i, byte);
        }
    }
}

static void wire_classes_hold_ranges(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool control = byte < 0x20 || byte == 0x7f;

        assert_int_equal(chars_is((char)byte, CHARS_CONTROL), control);
        assert_int_equal(chars_is((char)byte, CHARS_FIELD), !control || byte == '\t');
        assert_int_equal(chars_is((char)byte, CHARS_TARGET),
                         !control && byte != ' ' && byte != '#');
    }
}

static void case_changes_letters_only(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char lower = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : (char)byte;
        char upper = byte >= 'a' && byte <= 'z' ? (char)(byte - 32) : (char)byte;

        assert_int_equal(chars_lower((char)byte), lower);
        assert_int_equal(chars_upper((char)byte), upper);
    }
}

static void hex_digits_have_values(void **state)
{
    (void)state;
    assert_int_equal(chars_hex_value('0'), 0);
    assert_int_equal(chars_hex_value('9'), 9);
    assert_int_equal(chars_hex_value('a'), 10);
    assert_int_equal(chars_hex_value('F'), 15);
    assert_int_equal(chars_hex_value('g'), -1);
    assert_int_equal(chars_hex_value('/'), -1);
    assert_int_equal(chars_hex_value(':'), -1);
    assert_int_equal(chars_hex_value('\0'), -1);
}

static void all_takes_any_of_several_classes(void **state)
{
    (void)state;
    assert_true(chars_all(SLICE("a1"), CHARS_ALPHA | CHARS_DIGIT));
    assert_false(chars_all(SLICE("a1-"), CHARS_ALPHA | CHARS_DIGIT));
    assert_true(chars_all(SLICE_NONE, CHARS_DIGIT));
}

/* Every byte at every place, whether or not it is looked at with others. */
static void all_looks_at_each_byte(void **state)
{
    static const enum chars_class wanted[] = {CHARS_FIELD, CHARS_TOKEN,
                                              CHARS_FIELD | CHARS_CONTROL};

    (void)state;
    for (size_t len = 1; len <= 17; len++) {
        char text[17];

        memset(text, 'k', sizeof text);
        for (size_t i = 0; i < len * 256; i++) {
            text[i / 256] = (char)(i % 256);
            for (size_t k = 0; k < 3; k++)
                assert_int_equal(chars_all((struct slice){text, len}, wanted[k]),
                                 chars_is(text[i / 256], wanted[k]));
            text[i / 256] = 'k';
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printable_classes_hold_their_members_only),
        cmocka_unit_test(wire_classes_hold_ranges),
        cmocka_unit_test(case_changes_letters_only),
        cmocka_unit_test(hex_digits_have_values),
        cmocka_unit_test(all_takes_any_of_several_classes),
        cmocka_unit_test(all_looks_at_each_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
