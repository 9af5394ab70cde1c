#include "http/output/http_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void allows_so_much_by_then(void **state)
{
    const struct http_rate rate = {.per_second = 1000, .after = 500, .started_ms = 100};

    (void)state;
    assert_int_equal(http_rate_room(&rate, 0, 100), 1500); /* a second's worth ahead */
    assert_int_equal(http_rate_room(&rate, 1500, 100), 0);
    assert_int_equal(http_rate_room(&rate, 1500, 600), 500);
    assert_int_equal(http_rate_room(&rate, 9000, 600), 0);
    assert_int_equal(http_rate_wait(&rate, 1499, 100), 0);
    assert_int_equal(http_rate_wait(&rate, 1500, 100), 2);
    assert_int_equal(http_rate_wait(&rate, 2499, 100), 1001);
    assert_int_equal(http_rate_wait(&rate, UINT64_MAX / 8, 100), 10000);
}

static void has_room_again_after_the_wait(void **state)
{
    const struct http_rate rate = {.per_second = 333, .after = 0, .started_ms = 0};

    (void)state;
    for (uint64_t sent = 0; sent < 5000; sent += 7) {
        uint32_t wait = http_rate_wait(&rate, sent, 50);

        assert_true(wait == 10000 || http_rate_room(&rate, sent, 50 + wait) > 0);
    }
}

static void without_a_limit_there_is_none(void **state)
{
    const struct http_rate none = {0}, huge = {.per_second = UINT64_MAX, .after = UINT64_MAX};

    (void)state;
    assert_true(http_rate_room(&none, UINT64_MAX / 8, 1) > UINT64_MAX / 16);
    assert_int_equal(http_rate_wait(&none, UINT64_MAX / 8, 1), 0);
    assert_int_equal(http_rate_wait(&huge, UINT64_MAX / 8, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_so_much_by_then),
        cmocka_unit_test(has_room_again_after_the_wait),
        cmocka_unit_test(without_a_limit_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
