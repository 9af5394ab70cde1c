#include "http/log/http_log_redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct redact_case {
    const char *text, *redacted;
};

static const struct redact_case cases[] = {
    {"GET /a?b=c HTTP/1.1",   "GET /a?* HTTP/1.1"},
    {"GET /a?b=c?d HTTP/1.1", "GET /a?* HTTP/1.1"},
    {"GET /a HTTP/1.1",       "GET /a HTTP/1.1"  },
    {"GET /a?",               "GET /a?*"         },
    {"http://x/?token",       "http://x/?*"      },
    {"?",                     "?*"               },
    {"",                      ""                 },
};

static void test_what_follows_the_question_mark_is_hidden(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!slice_equal(http_log_redact_query(&arena, slice_of(cases[i].text)),
                         slice_of(cases[i].redacted)))
            fail_msg("%s", cases[i].text);
    arena_deinit(&arena);
}

static void test_a_full_arena_tells_nothing(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1);
    assert_true(slice_equal(http_log_redact_query(&arena, SLICE("/a?b")), SLICE("*")));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_follows_the_question_mark_is_hidden),
        cmocka_unit_test(test_a_full_arena_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
