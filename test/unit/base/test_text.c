#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_text(const struct text *text, const char *expected)
{
    if (!slice_equal(text_slice(text), slice_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)text->len, text->at, expected);
}

static void what_does_not_fit_is_dropped_and_noticed(void **state)
{
    char memory[5];
    struct text text = text_in(memory, 4);

    (void)state;
    memory[4] = '!';
    text_add(&text, SLICE("abc"));
    assert_false(text.overflow);
    text_add(&text, SLICE_NONE);
    text_byte(&text, 'd');
    assert_false(text.overflow);
    text_byte(&text, 'e');
    assert_true(text.overflow);
    text_add(&text, SLICE("f"));
    assert_text(&text, "abcd");
    assert_int_equal(memory[4], '!');

    text = text_in(memory, 4);
    text_add(&text, SLICE("abcdef"));
    assert_true(text.overflow);
    assert_text(&text, "abcd");
}

static void numbers_are_written(void **state)
{
    char memory[128];
    struct text text = text_in(memory, sizeof memory);

    (void)state;
    text_number(&text, 0);
    text_byte(&text, ' ');
    text_number(&text, UINT64_MAX);
    text_byte(&text, ' ');
    text_hex(&text, 0);
    text_byte(&text, ' ');
    text_hex(&text, UINT64_MAX);
    text_byte(&text, ' ');
    text_hex(&text, 0x1af);
    text_byte(&text, ' ');
    text_pad(&text, 7, 3);
    text_byte(&text, ' ');
    text_pad(&text, 1234, 3);
    assert_text(&text, "0 18446744073709551615 0 ffffffffffffffff 1af 007 1234");
    assert_false(text.overflow);
}

static void escape_leaves_one_printable_line(void **state)
{
    char memory[2048];
    struct text text = text_in(memory, sizeof memory);

    (void)state;
    text_escape(&text, SLICE("a \"b\" \\ \x1b[31m \r\n\x7f\xc3\xa9~"));
    assert_text(&text, "a \\x22b\\x22 \\x5C \\x1B[31m \\x0D\\x0A\\x7F\\xC3\\xA9~");
    text = text_in(memory, sizeof memory);
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte;

        text_escape(&text, (struct slice){&one, 1});
    }
    assert_false(text.overflow);
    for (size_t i = 0; i < text.len; i++)
        assert_true(memory[i] >= 0x20 && memory[i] < 0x7f && memory[i] != '"');
}

static const struct {
    const char *bytes;
    size_t length; /* of the first character; 0: not well formed */
} characters[] = {
    {"a",                1}, /* */
    {"\x7f",             1}, /* */
    {"\xc2\x80",         2}, /* U+0080, the first of two bytes */
    {"\xdf\xbf",         2}, /* U+07FF */
    {"\xe0\xa0\x80",     3}, /* U+0800 */
    {"\xed\x9f\xbf",     3}, /* U+D7FF */
    {"\xee\x80\x80",     3}, /* U+E000 */
    {"\xef\xbf\xbf",     3}, /* U+FFFF */
    {"\xf0\x90\x80\x80", 4}, /* U+10000 */
    {"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF */
    {"\x80",             0}, /* a continuation alone */
    {"\xc0\xaf",         0}, /* overlong '/' */
    {"\xc1\xbf",         0}, /* */
    {"\xe0\x80\xaf",     0}, /* */
    {"\xe0\x9f\xbf",     0}, /* */
    {"\xf0\x8f\xbf\xbf", 0}, /* */
    {"\xed\xa0\x80",     0}, /* a surrogate */
    {"\xf4\x90\x80\x80", 0}, /* past U+10FFFF */
    {"\xf5\x80\x80\x80", 0}, /* */
    {"\xff",             0}, /* */
    {"\xc3",             0}, /* cut off */
    {"\xe2\x82",         0}, /* */
    {"\xf0\x9f\x98",     0}, /* */
    {"\xc3(",            0}, /* no continuation */
    {"\xe2\x82(",        0}, /* */
    {"\xf0\x9f\x98(",    0}, /* */
};

static void utf8_is_checked_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        if (text_utf8_length(slice_of(characters[i].bytes)) != characters[i].length)
            fail_msg("row %zu", i);
    assert_int_equal(text_utf8_length(SLICE_NONE), 0);
}

static void json_is_always_valid(void **state)
{
    char memory[256];
    struct text text = text_in(memory, sizeof memory);

    (void)state;
    text_json(&text, SLICE("\"\\\n\r\t\b\f\x01\x1f/\x7f"));
    assert_text(&text, "\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001F/\x7f");
    text = text_in(memory, sizeof memory);
    text_json(&text, SLICE("\xc3\xa9\xff\xe2\x82\xed\xa0\x80"));
    assert_text(&text, "\xc3\xa9"
                       "\xef\xbf\xbd"
                       "\xef\xbf\xbd\xef\xbf\xbd"
                       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_dropped_and_noticed),
        cmocka_unit_test(numbers_are_written),
        cmocka_unit_test(escape_leaves_one_printable_line),
        cmocka_unit_test(utf8_is_checked_strictly),
        cmocka_unit_test(json_is_always_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
