#include "base/address.h"
#include "relay/balancer_health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 10000000u

static const uint64_t seed[2] = {1, 2};

static int set_up(void **state)
{
    struct balancer_health *health = calloc(1, sizeof *health);

    *health = (struct balancer_health){
        .size = balancer_health_size(1),
        .seed = seed,
        .name = SLICE("app"),
        .fails = 1,
        .passes = 1,
        .lease_ms = 10000,
        .longest_ms = 11000,
    };
    health->memory = calloc(1, health->size);
    *state = health;
    return 0;
}

static int tear_down(void **state)
{
    struct balancer_health *health = *state;

    free(health->memory);
    free(health);
    return 0;
}

static struct balancer_health_place place_of(const struct balancer_health *health, unsigned number,
                                             uint64_t now)
{
    struct address address = {.family = AF_INET, .port = (uint16_t)number};

    address.bytes[0] = (uint8_t)(number >> 16);
    return balancer_health_find(health, &address, now);
}

static void one_place_for_one_address(void **state)
{
    const struct balancer_health *health = *state;
    struct balancer_health other = *health;

    other.name = SLICE("other");
    assert_ptr_equal(place_of(health, 80, NOW).slot, place_of(health, 80, NOW).slot);
    assert_ptr_not_equal(place_of(health, 80, NOW).slot, place_of(health, 81, NOW).slot);
    assert_ptr_not_equal(place_of(health, 80, NOW).slot, place_of(&other, 80, NOW).slot);
}

static void verdicts_need_as_many_as_were_asked_for(void **state)
{
    struct balancer_health *health = *state;
    struct balancer_health_place place = place_of(health, 80, NOW);

    health->fails = 2;
    health->passes = 3;
    assert_true(balancer_health_allows(health, &place));
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, true), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_SAME);
    assert_true(balancer_health_allows(health, &place));
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_WENT_DOWN);
    assert_false(balancer_health_allows(health, &place));
    assert_int_equal(balancer_health_note(health, &place, true), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, true), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_SAME);
    for (int i = 0; i < 2; i++)
        assert_int_equal(balancer_health_note(health, &place, true), BALANCER_SAME);
    assert_false(balancer_health_allows(health, &place));
    assert_int_equal(balancer_health_note(health, &place, true), BALANCER_CAME_UP);
    assert_true(balancer_health_allows(health, &place));
}

static void counts_do_not_overflow(void **state)
{
    struct balancer_health *health = *state;
    struct balancer_health_place place = place_of(health, 80, NOW);

    for (int i = 0; i < 70000; i++)
        assert_int_equal(balancer_health_note(health, &place, true), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_WENT_DOWN);
    for (int i = 0; i < 70000; i++)
        assert_int_equal(balancer_health_note(health, &place, false), BALANCER_SAME);
    assert_int_equal(balancer_health_note(health, &place, true), BALANCER_CAME_UP);
}

static void mandatory_waits_for_the_first_check(void **state)
{
    struct balancer_health *health = *state;
    struct balancer_health_place good = place_of(health, 80, NOW), bad = place_of(health, 81, NOW);

    health->is_mandatory = true;
    health->fails = 5;
    assert_false(balancer_health_allows(health, &good));
    assert_int_equal(balancer_health_note(health, &good, true), BALANCER_SAME);
    assert_true(balancer_health_allows(health, &good));
    assert_int_equal(balancer_health_note(health, &bad, false), BALANCER_WENT_DOWN);
    assert_false(balancer_health_allows(health, &bad));
}

static void one_check_at_a_time(void **state)
{
    const struct balancer_health *health = *state;
    struct balancer_health_place place = place_of(health, 80, NOW);
    uint64_t lease = 0, other = 0, wait_ms = 0;

    assert_true(balancer_health_take(health, &place, NOW, &lease, &wait_ms));
    assert_false(balancer_health_take(health, &place, NOW + 1, &other, &wait_ms));
    assert_int_equal(wait_ms, 9999);
    balancer_health_return(&place, lease, NOW + 500);
    assert_false(balancer_health_take(health, &place, NOW + 499, &other, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(balancer_health_take(health, &place, NOW + 500, &other, &wait_ms));
    /* The first came back after its lease had ended: it puts off nothing. */
    balancer_health_return(&place, lease, NOW + 100000);
    assert_false(balancer_health_take(health, &place, NOW + 501, &other, &wait_ms));
    assert_true(balancer_health_take(health, &place, NOW + 10500, &other, &wait_ms));
}

/* A longer interval of an older configuration, or nonsense. */
static void nothing_is_put_off_for_long(void **state)
{
    const struct balancer_health *health = *state;
    struct balancer_health_place place = place_of(health, 80, NOW);
    uint64_t lease = 0, wait_ms = 0;

    assert_true(balancer_health_take(health, &place, NOW, &lease, &wait_ms));
    balancer_health_return(&place, lease, NOW + 11001);
    assert_true(balancer_health_take(health, &place, NOW, &lease, &wait_ms));
    balancer_health_return(&place, lease, UINT64_MAX);
    assert_true(balancer_health_take(health, &place, NOW, &lease, &wait_ms));
}

static void a_full_table_takes_nobody_more_until_some_are_forgotten(void **state)
{
    const struct balancer_health *health = *state;
    struct balancer_health_place place = {0};
    uint64_t lease, wait_ms, later = NOW + 4 * 3600 * 1000;

    for (unsigned i = 0; i < 100000; i++)
        place = place_of(health, i, NOW);
    assert_null(place.slot);
    assert_true(balancer_health_allows(health, &place));
    assert_false(balancer_health_take(health, &place, NOW, &lease, &wait_ms));
    assert_int_equal(balancer_health_note(health, &place, false), BALANCER_SAME);
    balancer_health_return(&place, 0, NOW);
    assert_non_null(place_of(health, 99999, later).slot);
}

/* Whatever another process writes there. */
static void nonsense_is_survived(void **state)
{
    const struct balancer_health *health = *state;

    srand(1);
    for (int i = 0; i < 2000; i++) {
        struct balancer_health_place place = place_of(health, 80, NOW);
        uint64_t lease, wait_ms;

        for (size_t k = 0; k < health->size; k++)
            ((unsigned char *)health->memory)[k] = (unsigned char)(i % 3 == 0 ? 255 : rand());
        (void)balancer_health_allows(health, &place);
        (void)balancer_health_take(health, &place, NOW, &lease, &wait_ms);
        assert_true(wait_ms <= health->longest_ms);
        (void)balancer_health_note(health, &place, i % 2 == 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_place_for_one_address),
        TEST(verdicts_need_as_many_as_were_asked_for),
        TEST(counts_do_not_overflow),
        TEST(mandatory_waits_for_the_first_check),
        TEST(one_check_at_a_time),
        TEST(nothing_is_put_off_for_long),
        TEST(a_full_table_takes_nobody_more_until_some_are_forgotten),
        TEST(nonsense_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
