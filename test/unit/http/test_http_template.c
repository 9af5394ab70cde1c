#include "http/language/http_template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct part_case {
    enum http_variable variable;
    const char *text;
};

struct template_case {
    const char *text;
    size_t count;
    struct part_case parts[4];
};

/* clang-format off */
static const struct template_case cases[] = {
    {"", 0, {{HTTP_VARIABLE_NONE, ""}}},
    {"plain", 1, {{HTTP_VARIABLE_NONE, "plain"}}},
    {"$host", 1, {{HTTP_VARIABLE_HOST, ""}}},
    {"${host}", 1, {{HTTP_VARIABLE_HOST, ""}}},
    {"a${host}b", 3, {{HTTP_VARIABLE_NONE, "a"}, {HTTP_VARIABLE_HOST, ""}, {HTTP_VARIABLE_NONE, "b"}}},
    {"$host:$server_port", 3, {{HTTP_VARIABLE_HOST, ""}, {HTTP_VARIABLE_NONE, ":"}, {HTTP_VARIABLE_SERVER_PORT, ""}}},
    {"$scheme$uri", 2, {{HTTP_VARIABLE_SCHEME, ""}, {HTTP_VARIABLE_URI, ""}}},
    {"$http_user_agent", 1, {{HTTP_VARIABLE_HTTP, "user-agent"}}},
    {"$http_host", 1, {{HTTP_VARIABLE_HTTP, "host"}}},
    {"$arg_Some_Name", 1, {{HTTP_VARIABLE_ARG, "Some_Name"}}},
    {"$args", 1, {{HTTP_VARIABLE_ARGS, ""}}},
    {"$cookie_a", 1, {{HTTP_VARIABLE_COOKIE, "a"}}},
    {"$sent_http_x_y", 1, {{HTTP_VARIABLE_SENT_HTTP, "x-y"}}},
    {"$https", 1, {{HTTP_VARIABLE_HTTPS, ""}}},
    {"$12", 2, {{HTTP_VARIABLE_CAPTURE, ""}, {HTTP_VARIABLE_NONE, "2"}}},
    {"${1}2", 2, {{HTTP_VARIABLE_CAPTURE, ""}, {HTTP_VARIABLE_NONE, "2"}}},
    {"100%", 1, {{HTTP_VARIABLE_NONE, "100%"}}},
};
/* clang-format on */

static void takes_text_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct http_template compiled;
        struct http_template_error error;

        arena_init(&arena, ARENA_UNLIMITED);
        if (!http_template_compile(slice_of(cases[i].text), NULL, &arena, &compiled, &error) ||
            compiled.count != cases[i].count)
            fail_msg("%s: %zu parts", cases[i].text, compiled.count);
        for (size_t k = 0; k < compiled.count; k++) {
            assert_int_equal(compiled.parts[k].variable, cases[i].parts[k].variable);
            assert_true(slice_equal(compiled.parts[k].text, slice_of(cases[i].parts[k].text)));
        }
        arena_deinit(&arena);
    }
}

static void knows_the_field_of_http_names(void **state)
{
    struct arena arena;
    struct http_template compiled;
    struct http_template_error error;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    assert_true(
        http_template_compile(SLICE("$http_User_Agent$http_x"), NULL, &arena, &compiled, &error));
    assert_int_equal(compiled.parts[0].id, HTTP_FIELD_USER_AGENT);
    assert_int_equal(compiled.parts[1].id, HTTP_FIELD_OTHER);
    arena_deinit(&arena);
}

static void says_what_is_unknown(void **state)
{
    static const struct {
        const char *text, *variable, *suggestion;
    } rows[] = {
        {"a $hosst b",     "hosst",         "host"       },
        {"$remote_adr",    "remote_adr",    "remote_addr"},
        {"$completely_so", "completely_so", NULL         },
        {"$http_",         "http_",         NULL         },
        {"$",              "",              NULL         },
        {"$ x",            "",              NULL         },
        {"${host",         "",              NULL         },
        {"${}",            "",              NULL         },
        {"$0",             "0",             NULL         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct http_template compiled;
        struct http_template_error error;

        arena_init(&arena, ARENA_UNLIMITED);
        assert_false(
            http_template_compile(slice_of(rows[i].text), NULL, &arena, &compiled, &error));
        if (!slice_equal(error.variable, slice_of(rows[i].variable)))
            fail_msg("%s: %.*s", rows[i].text, (int)error.variable.len, error.variable.at);
        assert_non_null(error.words);
        if (rows[i].suggestion != NULL)
            assert_string_equal(error.suggestion, rows[i].suggestion);
        arena_deinit(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_text_apart),
        cmocka_unit_test(knows_the_field_of_http_names),
        cmocka_unit_test(says_what_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
