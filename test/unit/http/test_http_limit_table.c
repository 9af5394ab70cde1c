#include "http/access/http_limit_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct http_limit_rate two_a_second = {2000, 3000};

static bool ask(const struct http_limit_table *table, uint64_t hash, uint64_t now_ms,
                uint32_t *excess)
{
    bool allowed = http_limit_table_allows(table, hash, &two_a_second, now_ms, excess);

    if (allowed)
        http_limit_table_take(table, hash, &two_a_second, now_ms);
    return allowed;
}

/* What nginx's formula says, step by step: 2r/s, burst=3. */
static void test_excess_gathers_and_leaks(void **state)
{
    static const struct {
        uint64_t now_ms;
        uint32_t excess;
        bool allowed;
    } steps[] = {
        {1000, 0,    true },
        {1000, 1000, true },
        {1000, 2000, true },
        {1000, 3000, true },
        {1000, 4000, false},
        {1250, 3500, false},
        {1500, 3000, true },
        {1400, 4000, false}, /* the clock of another worker */
        {3500, 0,    true },
    };
    uint64_t memory[64 * 2] = {0};
    struct http_limit_table table = {memory, sizeof memory};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        uint32_t excess;
        bool allowed = ask(&table, 7, steps[i].now_ms, &excess);

        if (allowed != steps[i].allowed || excess != steps[i].excess)
            fail_msg("step %zu: %u", i, excess);
    }
}

static void test_keys_are_counted_apart(void **state)
{
    uint64_t memory[64 * 2] = {0};
    struct http_limit_table table = {memory, sizeof memory};
    uint32_t excess;

    (void)state;
    for (uint64_t hash = 0; hash < 8; hash++)
        for (int i = 0; i < 4; i++)
            assert_true(ask(&table, hash, 5, &excess) && excess == (uint32_t)i * 1000);
    assert_false(ask(&table, 3, 5, &excess));
}

/* One set of eight: the ninth key takes the place of the one that asked longest ago. */
static void test_a_full_table_forgets_the_oldest(void **state)
{
    uint64_t memory[8 * 2] = {0};
    struct http_limit_table table = {memory, sizeof memory};
    uint32_t excess;

    (void)state;
    for (uint64_t hash = 1; hash <= 8; hash++)
        assert_true(ask(&table, hash, 100 - hash, &excess));
    assert_true(ask(&table, 9, 100, &excess));
    assert_true(ask(&table, 7, 100, &excess) && excess > 0);
    assert_true(ask(&table, 8, 100, &excess) && excess == 0); /* it was forgotten */
}

/* Whatever somebody wrote there: nothing but counts. */
static void test_garbage_is_only_numbers(void **state)
{
    uint64_t memory[32 * 2];
    struct http_limit_table table = {memory, sizeof memory};
    uint32_t excess;

    (void)state;
    memset(memory, 0xff, sizeof memory);
    for (uint64_t hash = 0; hash < 1000; hash++)
        (void)ask(&table, hash, 12345, &excess);
    (void)ask(&table, UINT64_MAX, 0, &excess);
    (void)ask(&table, UINT64_MAX, UINT64_MAX >> 24, &excess);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excess_gathers_and_leaks),
        cmocka_unit_test(test_keys_are_counted_apart),
        cmocka_unit_test(test_a_full_table_forgets_the_oldest),
        cmocka_unit_test(test_garbage_is_only_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
