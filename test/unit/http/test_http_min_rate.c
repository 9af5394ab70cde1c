#include "http/access/http_min_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void counts_only_the_time_in_which_it_runs(void **state)
{
    struct http_awaited awaited = {0};

    (void)state;
    http_awaited_stop(&awaited, 50);
    assert_int_equal(awaited.ms, 0);
    http_awaited_go_on(&awaited, 100);
    http_awaited_go_on(&awaited, 130);
    assert_int_equal(awaited.ms, 30);
    http_awaited_stop(&awaited, 200);
    assert_int_equal(awaited.ms, 100);
    http_awaited_stop(&awaited, 900);
    http_awaited_go_on(&awaited, 1000);
    assert_int_equal(awaited.ms, 100);
    http_awaited_go_on(&awaited, 1001);
    assert_int_equal(awaited.ms, 101);
}

static void leaves_the_time_that_bytes_are_worth(void **state)
{
    const struct http_min_rate rate = {.per_second = 500, .after_ms = 20000};

    (void)state;
    assert_int_equal(http_min_rate_left(&rate, 0, 0), 20000);
    assert_int_equal(http_min_rate_left(&rate, 0, 9999), 20000);
    assert_int_equal(http_min_rate_left(&rate, 0, 15000), 30000);
    assert_int_equal(http_min_rate_left(&rate, 29999, 15000), 1);
    assert_int_equal(http_min_rate_left(&rate, 30000, 15000), 0);
    assert_int_equal(http_min_rate_left(&rate, UINT64_MAX, 15000), 0);
    assert_int_equal(http_min_rate_left(&rate, 0, UINT64_MAX), UINT32_MAX);
    assert_false(http_min_rate_is_missed(&rate, 19999, 0));
    assert_true(http_min_rate_is_missed(&rate, 20000, 0));
    assert_false(http_min_rate_is_missed(&rate, 20000, 10001));
}

static void without_a_rate_nobody_is_slow(void **state)
{
    const struct http_min_rate none = {.after_ms = 1};

    (void)state;
    assert_false(http_min_rate_is_missed(&none, UINT64_MAX, 0));
    assert_int_equal(http_min_rate_least(&none, 60000), 1);
}

static void asks_of_readers_what_a_period_is_worth(void **state)
{
    const struct http_min_rate rate = {.per_second = 500, .after_ms = 20000};
    const struct http_min_rate huge = {.per_second = UINT64_MAX};

    (void)state;
    assert_int_equal(http_min_rate_least(&rate, 60000), 30000);
    assert_int_equal(http_min_rate_least(&rate, 19999), 1);
    assert_int_equal(http_min_rate_least(&rate, 0), 1);
    assert_true(http_min_rate_least(&huge, 60000) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_only_the_time_in_which_it_runs),
        cmocka_unit_test(leaves_the_time_that_bytes_are_worth),
        cmocka_unit_test(without_a_rate_nobody_is_slow),
        cmocka_unit_test(asks_of_readers_what_a_period_is_worth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
