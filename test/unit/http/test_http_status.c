#include "base/arena.h"
#include "http/http_status.h"
#include "relay/session.h"
#include "relay/shared_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_page(void **state)
{
    struct connection_sums sums = {
        .active = 291,
        .accepts = 16630948,
        .handled = 16630947,
        .requests = 31070465,
        .at = {9, 6, 179, 106}
    };
    struct arena arena;
    struct slice page;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    page = http_status_page(&sums, &arena);
    assert_true(slice_equal(page, SLICE("Active connections: 291 \n"
                                        "server accepts handled requests\n"
                                        " 16630948 16630947 31070465 \n"
                                        "Reading: 6 Writing: 179 Waiting: 106 \n")));
    arena_deinit(&arena);
}

static void start(struct worker *worker, struct shared_zones *zones, uint32_t process,
                  struct arena *arena)
{
    unsigned lanes[2] = {0, shared_zone_claim(&zones->items[1], process)};

    worker->zones = zones;
    connection_counts_start(worker, lanes, arena);
    assert_non_null(worker->counts);
}

/* What is, goes with the worker; what was, stays. */
static void test_workers_add_up(void **state)
{
    struct shared_zones zones = {0};
    struct worker one = {0}, two = {0};
    struct session session = {.worker = &one};
    struct connection_sums sums;
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    connection_counts_zones(&zones);
    assert_int_equal(zones.count, 2);
    for (size_t i = 0; i < zones.count; i++)
        zones.items[i].memory = memory_zero(zones.items[i].size);
    start(&one, &zones, 11, &arena);
    start(&two, &zones, 22, &arena);
    connection_counts_add_accepted(one.counts, 1);
    connection_counts_move(&session, CONNECTION_WAITING);
    connection_counts_add_accepted(two.counts, 1);
    connection_counts_add_accepted(two.counts, 0);
    connection_counts_add_request(two.counts);
    connection_counts_add(two.counts, CONNECTION_WRITING);
    sums = connection_counts_sum(&one);
    assert_int_equal(sums.active, 2);
    assert_int_equal(sums.accepts, 3);
    assert_int_equal(sums.handled, 2);
    assert_int_equal(sums.requests, 1);
    assert_int_equal(sums.at[CONNECTION_WAITING], 1);
    assert_int_equal(sums.at[CONNECTION_WRITING], 1);
    shared_zone_release(&zones.items[1], 22);
    connection_counts_end(&session);
    sums = connection_counts_sum(&one);
    assert_int_equal(sums.active, 0);
    assert_int_equal(sums.at[CONNECTION_WAITING], 0);
    assert_int_equal(sums.at[CONNECTION_WRITING], 0);
    assert_int_equal(sums.accepts, 3);
    for (size_t i = 0; i < zones.count; i++)
        free(zones.items[i].memory);
    free(zones.items);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_workers_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
