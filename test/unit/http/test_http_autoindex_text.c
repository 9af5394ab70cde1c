#include "http/files/http_autoindex_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_in(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (slice_equal(slice_part(text, i, part.len), part))
            return true;
    return false;
}

static struct slice list_as(struct slice name, enum http_autoindex_format format, bool utf8)
{
    struct http_autoindex_entry entry = {.name = name, .is_file = true, .size = 5};
    struct http_autoindex index = {
        .entries = &entry, .count = 1, .path = SLICE("/<d>/"), .format = format, .utf8 = utf8};

    return http_autoindex_text(&index);
}

static struct slice list(struct slice name, enum http_autoindex_format format)
{
    return list_as(name, format, false);
}

static void test_names_cannot_become_markup(void **state)
{
    struct slice name = SLICE("<script>\"&\x01\xff");
    static const char *const parts[] = {
        [HTTP_AUTOINDEX_HTML] = "%3Cscript%3E%22%26%01%FF\">&lt;script&gt;&quot;&amp;",
        [HTTP_AUTOINDEX_XML] = "&lt;script&gt;&quot;&amp;",
        [HTTP_AUTOINDEX_JSON] = "<script>\\\"&\\u0001\xef\xbf\xbd\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct slice text = list(name, (enum http_autoindex_format)i);

        if (!is_in(text, slice_of(parts[i])))
            fail_msg("%.*s", (int)text.len, text.at);
        free((void *)(uintptr_t)text.at);
    }
}

/* clang-format off */
static const struct {
    const char *name; /* this ten times… */
    const char *more; /* …and this behind it */
    bool utf8;
    const char *shown;
} columns[] = {
    {"abcd",                     "",         false, "</a>           0"},
    {"\xc3\xa9" "abc",          "",         false, "</a> 0"},
    {"\xc3\xa9" "abc",          "",         true,  "</a>           0"},
    {"\xc3\xa9" "abc",          "\xff",     true,  "..&gt;</a> 0"}, /* not UTF-8: 51 bytes */
    {"\xc3\xa9" "abcd",         "",         true,  "d</a> 0"},
    {"\xc3\xa9" "abcd",         "\xc3\xa9", true,  "\xc3\xa9" "a..&gt;</a> 0"},
    {"\xf0\x9f\x98\x80" "abc<", "",         true,  "&lt;</a> 0"},
    {"\xed\xa0\x80" "ab",       "",         true,  "</a>                     0"}, /* a surrogate counts */
    {"\xe2\x82",                "",         true,  "</a>                               0"},
};
/* clang-format on */

static void test_columns_are_characters_or_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char name[200] = "";
        struct slice text;

        for (int k = 0; k < 10; k++)
            strcat(name, columns[i].name);
        strcat(name, columns[i].more);
        text = list_as(slice_of(name), HTTP_AUTOINDEX_HTML, columns[i].utf8);
        if (!is_in(text, slice_of(columns[i].shown)))
            fail_msg("%zu: %.*s", i, (int)text.len, text.at);
        free((void *)(uintptr_t)text.at);
    }
}

static void test_only_names_of_functions_are_called(void **state)
{
    (void)state;
    assert_true(http_autoindex_is_callback(SLICE("a.b_C9")));
    assert_true(http_autoindex_is_callback(SLICE("")));
    assert_false(http_autoindex_is_callback(SLICE("alert(1)")));
    assert_false(http_autoindex_is_callback(SLICE("a%20")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_cannot_become_markup),
        cmocka_unit_test(test_columns_are_characters_or_bytes),
        cmocka_unit_test(test_only_names_of_functions_are_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
