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

static struct slice list(struct slice name, enum http_autoindex_format format)
{
    struct http_autoindex_entry entry = {.name = name, .is_file = true, .size = 5};
    struct http_autoindex index = {
        .entries = &entry, .count = 1, .path = SLICE("/<d>/"), .format = format};

    return http_autoindex_text(&index);
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

/* 25 letters of two bytes: 47 bytes would end within one. */
static void test_a_long_name_is_cut_between_characters(void **state)
{
    char name[60];
    struct slice text;

    (void)state;
    for (size_t i = 0; i < sizeof name; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    text = list((struct slice){name, sizeof name}, HTTP_AUTOINDEX_HTML);
    assert_true(is_in(text, SLICE("\xc3\xa9..&gt;</a>")));
    free((void *)(uintptr_t)text.at);
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
        cmocka_unit_test(test_a_long_name_is_cut_between_characters),
        cmocka_unit_test(test_only_names_of_functions_are_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
