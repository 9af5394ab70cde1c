#include "base/text.h"
#include "http/language/http_regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct match_case {
    const char *pattern;
    bool any_case;
    const char *subject;
    enum http_match_result result;
    const char *groups[4]; /* from 0 on; NULL: took no part */
};

/* clang-format off */
static const struct match_case cases[] = {
    {"a", false, "bab", HTTP_MATCHED, {"a"}},
    {"^a", false, "bab", HTTP_UNMATCHED, {NULL}},
    {"\\.php$", false, "/x.PHP", HTTP_UNMATCHED, {NULL}},
    {"\\.php$", true, "/x.PHP", HTTP_MATCHED, {".PHP"}},
    {"^/(a|b)/(c)?", false, "/a/x", HTTP_MATCHED, {"/a/", "a", NULL, NULL}},
    {"^/(a)(b)(c)$", false, "/abc", HTTP_MATCHED, {"/abc", "a", "b", "c"}},
    {"^(.*)$", false, "", HTTP_MATCHED, {"", "", NULL}},
    {"(?<year>[0-9]{4})", false, "in 2026!", HTTP_MATCHED, {"2026", "2026", NULL}},
    {"^\\d+$", false, "12", HTTP_MATCHED, {"12"}},
    {"x", false, "\xff\xfex", HTTP_MATCHED, {"x"}},
    {"(*UTF)\xc3\xa9", false, "caf\xc3\xa9", HTTP_MATCHED, {"\xc3\xa9"}},
    {"(*UTF)x", false, "\xff", HTTP_MATCH_FAILED, {NULL}}, /* no UTF-8 */
};
/* clang-format on */

static void matches(void **state)
{
    struct http_matcher matcher;

    (void)state;
    http_matcher_init(&matcher);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct http_regex_error error;
        struct http_regex *regex;

        arena_init(&arena, ARENA_UNLIMITED);
        regex = http_regex_compile(slice_of(cases[i].pattern), cases[i].any_case, &arena, &error);
        assert_non_null(regex);
        if (http_regex_match(regex, &matcher, slice_of(cases[i].subject)) != cases[i].result)
            fail_msg("%s: %s", cases[i].pattern, cases[i].subject);
        for (size_t k = 0; k < 4 && cases[i].result == HTTP_MATCHED; k++) {
            struct slice group = http_matcher_group(&matcher, k);
            const char *expected = cases[i].groups[k];

            if (expected == NULL ? group.at != NULL : !slice_equal(group, slice_of(expected)))
                fail_msg("%s: group %zu is %.*s", cases[i].pattern, k, (int)group.len, group.at);
        }
        arena_deinit(&arena);
    }
    http_matcher_deinit(&matcher);
}

static void knows_the_names_of_groups(void **state)
{
    struct arena arena;
    struct http_regex_error error;
    struct http_regex *regex;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    regex = http_regex_compile(SLICE("^(x)(?<b>y)(?P<a>z)"), false, &arena, &error);
    assert_non_null(regex);
    assert_int_equal(regex->group_count, 3);
    assert_int_equal(regex->name_count, 2); /* in alphabetical order, as PCRE2 keeps them */
    assert_true(slice_equal(regex->names[0].text, SLICE("a")));
    assert_int_equal(regex->names[0].group, 3);
    assert_int_equal(regex->names[1].group, 2);
    arena_deinit(&arena);
}

static void says_where_an_expression_is_wrong(void **state)
{
    static const struct {
        const char *pattern, *words;
        size_t offset;
    } rows[] = {
        {"a(b",    "missing closing parenthesis",                  3},
        {"a[b",    "missing terminating ] for character class",    3},
        {"ab*+++", "quantifier does not follow a repeatable item", 4},
        {"\\C",    "using \\C is disabled by the application",     2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct http_regex_error error = {0};

        arena_init(&arena, ARENA_UNLIMITED);
        assert_null(http_regex_compile(slice_of(rows[i].pattern), false, &arena, &error));
        if (strcmp(error.words, rows[i].words) != 0 || error.offset != rows[i].offset)
            fail_msg("%s: %s at %zu", rows[i].pattern, error.words, error.offset);
        arena_deinit(&arena);
    }
}

/* An expression that would take longer than the universe on its subject. */
static void gives_up_in_time(void **state)
{
    struct arena arena;
    struct http_regex_error error;
    struct http_matcher matcher;
    struct http_regex *regex;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    regex = http_regex_compile(SLICE("^(a+)+$"), false, &arena, &error);
    assert_non_null(regex);
    assert_int_equal(
        http_regex_match(regex, &matcher, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")),
        HTTP_MATCH_FAILED);
    assert_null(http_matcher_group(&matcher, 0).at);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

/* More groups than there is room for: those there is room for are there. */
static void keeps_as_many_groups_as_fit(void **state)
{
    struct arena arena;
    struct http_regex_error error;
    struct http_matcher matcher;
    struct http_regex *regex;
    struct text pattern;
    char memory[256];

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_matcher_init(&matcher);
    pattern = text_in(memory, sizeof memory);
    for (int i = 0; i < 40; i++)
        text_add(&pattern, SLICE("(.)"));
    regex = http_regex_compile(text_slice(&pattern), false, &arena, &error);
    assert_non_null(regex);
    assert_int_equal(
        http_regex_match(regex, &matcher, SLICE("0123456789012345678901234567890123456789")),
        HTTP_MATCHED);
    assert_true(slice_equal(http_matcher_group(&matcher, 31), SLICE("0")));
    assert_null(http_matcher_group(&matcher, 32).at);
    http_matcher_deinit(&matcher);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(knows_the_names_of_groups),
        cmocka_unit_test(says_where_an_expression_is_wrong),
        cmocka_unit_test(gives_up_in_time),
        cmocka_unit_test(keeps_as_many_groups_as_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
