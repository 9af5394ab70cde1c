#include "http/h2/http2_floods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool add(struct http2_floods *floods, enum http2_flood kind, uint32_t count, uint64_t now_ms)
{
    for (uint32_t i = 0; i < count; i++)
        if (!http2_floods_add(floods, kind, 1, now_ms))
            return false;
    return true;
}

static void test_limit_holds_in_a_window(void **state)
{
    struct http2_floods floods = {0};

    (void)state;
    assert_true(add(&floods, HTTP2_FLOOD_PINGS, 100, 50000));
    assert_true(add(&floods, HTTP2_FLOOD_SETTINGS, 50, 50000));
    assert_false(add(&floods, HTTP2_FLOOD_PINGS, 1, 59999));
    assert_true(add(&floods, HTTP2_FLOOD_PINGS, 100, 60000));
    assert_false(add(&floods, HTTP2_FLOOD_PINGS, 1, 60000));
}

static void test_limit_holds_in_a_head(void **state)
{
    struct http2_floods floods = {0};

    (void)state;
    assert_true(add(&floods, HTTP2_FLOOD_CONTINUATIONS, 8, 1));
    assert_false(add(&floods, HTTP2_FLOOD_CONTINUATIONS, 1, 100000)); /* no window helps */
    http2_floods_restart(&floods, HTTP2_FLOOD_CONTINUATIONS);
    assert_true(add(&floods, HTTP2_FLOOD_CONTINUATIONS, 8, 100000));
    assert_true(http2_floods_add(&floods, HTTP2_FLOOD_LIST, 262144, 1));
    assert_false(http2_floods_add(&floods, HTTP2_FLOOD_LIST, UINT32_MAX, 1));
}

static void test_what_was_earned_is_free(void **state)
{
    struct http2_floods floods = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        assert_true(http2_floods_add(&floods, HTTP2_FLOOD_WINDOWS, 1, 1));
        http2_floods_take_back(&floods, HTTP2_FLOOD_WINDOWS, 2);
    }
    assert_true(add(&floods, HTTP2_FLOOD_WINDOWS, 2000, 1));
    assert_false(add(&floods, HTTP2_FLOOD_WINDOWS, 1, 1));
}

static void test_each_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP2_FLOOD_COUNT; i++)
        assert_true(strlen(http2_flood_words((enum http2_flood)i)) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_holds_in_a_window),
        cmocka_unit_test(test_limit_holds_in_a_head),
        cmocka_unit_test(test_what_was_earned_is_free),
        cmocka_unit_test(test_each_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
