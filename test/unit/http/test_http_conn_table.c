#include "base/arena.h"
#include "http/access/http_conn_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct shared_zone make(size_t size, unsigned lanes)
{
    return (struct shared_zone){.size = size, .lanes = lanes, .memory = memory_zero(size)};
}

static void test_lanes_add_up(void **state)
{
    struct shared_zone zone = make(32768, 4);
    unsigned one = shared_zone_claim(&zone, 11), two = shared_zone_claim(&zone, 22);

    (void)state;
    assert_int_not_equal(one, two);
    assert_true(http_conn_table_add(&zone, one, 7) && http_conn_table_add(&zone, one, 7));
    assert_true(http_conn_table_add(&zone, two, 7) && http_conn_table_add(&zone, two, 8));
    assert_int_equal(http_conn_table_count(&zone, 7), 3);
    http_conn_table_remove(&zone, one, 7);
    assert_int_equal(http_conn_table_count(&zone, 7), 2);
    assert_int_equal(http_conn_table_count(&zone, 9), 0);
    free(zone.memory);
}

static void test_who_dies_counts_no_more(void **state)
{
    struct shared_zone zone = make(32768, 2);
    unsigned lane = shared_zone_claim(&zone, 11);

    (void)state;
    assert_true(http_conn_table_add(&zone, lane, 7));
    shared_zone_release(&zone, 99);
    assert_int_equal(http_conn_table_count(&zone, 7), 1);
    shared_zone_release(&zone, 11);
    assert_int_equal(http_conn_table_count(&zone, 7), 0);
    assert_int_equal(shared_zone_claim(&zone, 12), lane);
    assert_int_equal(http_conn_table_count(&zone, 7), 0);
    assert_int_not_equal(shared_zone_claim(&zone, 13), SHARED_LANES);
    assert_int_equal(shared_zone_claim(&zone, 14), SHARED_LANES);
    free(zone.memory);
}

/* The smallest lane has one set of eight: the ninth key finds no room until one is free. */
static void test_a_full_set_says_so(void **state)
{
    struct shared_zone zone = make(512, 1);
    unsigned lane = shared_zone_claim(&zone, 11);
    size_t len;

    (void)state;
    (void)shared_zone_lane(&zone, lane, &len);
    assert_true(len >= 128 && len < 256);
    for (uint64_t hash = 1; hash <= 8; hash++)
        assert_true(http_conn_table_add(&zone, lane, hash));
    assert_false(http_conn_table_add(&zone, lane, 9));
    http_conn_table_remove(&zone, lane, 3);
    assert_true(http_conn_table_add(&zone, lane, 9));
    free(zone.memory);
}

static void test_garbage_is_only_numbers(void **state)
{
    struct shared_zone zone = make(32768, 8);

    (void)state;
    memset(zone.memory, 0xff, zone.size);
    for (uint64_t hash = 0; hash < 1000; hash++) {
        (void)http_conn_table_add(&zone, (unsigned)hash % 8, hash);
        (void)http_conn_table_count(&zone, hash);
        http_conn_table_remove(&zone, (unsigned)hash % 8, hash);
    }
    free(zone.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_add_up),
        cmocka_unit_test(test_who_dies_counts_no_more),
        cmocka_unit_test(test_a_full_set_says_so),
        cmocka_unit_test(test_garbage_is_only_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
