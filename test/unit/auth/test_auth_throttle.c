#include "auth/auth_throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const uint64_t key[2] = {1, 2};

static struct auth_rate rate_of(const char *text)
{
    struct auth_rate rate;

    assert_true(auth_rate_parse(slice_of(text), &rate));
    return rate;
}

static struct auth_attempt attempt(const struct auth_throttle *throttle, const char *user,
                                   const char *from, const char *rate_text)
{
    const struct auth_rate rate = rate_of(rate_text);
    struct address client;

    assert_true(address_parse(slice_of(from), &client));
    return auth_throttle_attempt(throttle, 0, slice_of(user), &client, &rate);
}

/* False: it has to wait. */
static bool fails(struct auth_throttle *throttle, const struct auth_attempt *one, uint64_t now)
{
    if (auth_throttle_wait(throttle, one, now) > 0)
        return false;
    auth_throttle_try(throttle, one, now);
    auth_throttle_fail(throttle, one, now);
    return true;
}

static unsigned failures(struct auth_throttle *throttle, const struct auth_attempt *one,
                         uint64_t now)
{
    unsigned count = 0;

    while (count < 100000 && fails(throttle, one, now))
        count++;
    return count;
}

static void rates_are_read(void **state)
{
    static const struct {
        const char *text;
        struct auth_rate rate; /* count 0: wrong */
    } cases[] = {
        {"5/m",    {5, 60000}     },
        {"1/s",    {1, 1000}      },
        {"1000/h", {1000, 3600000}},
        {"3/d",    {3, 86400000}  },
        {"0/m",    {0, 0}         },
        {"1001/s", {0, 0}         },
        {"5",      {0, 0}         },
        {"5/",     {0, 0}         },
        {"/m",     {0, 0}         },
        {"5/mm",   {0, 0}         },
        {"5r/m",   {0, 0}         },
        {"5/w",    {0, 0}         },
        {"-5/m",   {0, 0}         },
        {"5/m/m",  {0, 0}         },
        {"",       {0, 0}         },
        {"off",    {0, 0}         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct auth_rate rate = {0};

        assert_int_equal(auth_rate_parse(slice_of(cases[i].text), &rate), cases[i].rate.count > 0);
        assert_int_equal(rate.count, cases[i].rate.count);
        assert_int_equal(rate.period_ms, cases[i].rate.period_ms);
        assert_true(auth_rate_is_sound(&rate));
    }
    assert_false(auth_rate_is_sound(&(struct auth_rate){1, 999}));
    assert_false(auth_rate_is_sound(&(struct auth_rate){1001, 1000}));
    assert_false(auth_rate_is_sound(&(struct auth_rate){1, 86400001}));
}

static void a_rate_is_what_may_fail(void **state)
{
    static const char *const texts[] = {"5/m", "1/m", "7/s", "999/s", "1000/s", "1/d"};
    static const unsigned counts[] = {5, 1, 7, 999, 1000, 1};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct auth_throttle *throttle = auth_throttle_new(key);
        struct auth_attempt one = attempt(throttle, "bob", "192.0.2.1", texts[i]);

        assert_int_equal(failures(throttle, &one, 1000000), counts[i]);
        auth_throttle_free(throttle);
    }
}

static void failures_are_forgotten_little_by_little(void **state)
{
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt one = attempt(throttle, "bob", "192.0.2.1", "5/m");
    uint64_t now = 5000;

    (void)state;
    assert_int_equal(failures(throttle, &one, now), 5);
    assert_int_equal(auth_throttle_wait(throttle, &one, now), 12000);
    assert_int_equal(auth_throttle_wait(throttle, &one, now + 11999), 1);
    assert_int_equal(auth_throttle_wait(throttle, &one, now + 12000), 0);
    assert_int_equal(failures(throttle, &one, now + 12000), 1);
    assert_int_equal(failures(throttle, &one, now + 36000), 2);
    assert_int_equal(failures(throttle, &one, now + 600000), 5);
    assert_int_equal(auth_throttle_wait(throttle, &one, now), 600000 - 60000 + 60000 + 12000);
    auth_throttle_free(throttle);
}

static void many_at_once_are_no_way_round(void **state)
{
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt one = attempt(throttle, "bob", "192.0.2.1", "5/m");

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        auth_throttle_try(throttle, &one, 1000);
    assert_true(auth_throttle_wait(throttle, &one, 1000) > 0);
    for (unsigned i = 0; i < 5; i++)
        auth_throttle_take_back(throttle, &one);
    assert_int_equal(failures(throttle, &one, 1000), 5);
    auth_throttle_free(throttle);
}

/* Who else has to wait when bob's failures from 192.0.2.1, or 2001:db8::1, are too many? */
static void only_that_name_from_that_address_waits(void **state)
{
    static const struct {
        const char *first, *user, *from, *rate;
        bool waits;
    } cases[] = {
        {"192.0.2.1",   "bob", "192.0.2.1",          "5/m", true },
        {"192.0.2.1",   "bob", "192.0.2.2",          "5/m", false},
        {"192.0.2.1",   "bob", "198.51.100.1",       "5/m", false},
        {"192.0.2.1",   "Bob", "192.0.2.1",          "5/m", false},
        {"192.0.2.1",   "eve", "192.0.2.1",          "5/m", false},
        {"192.0.2.1",   "bob", "192.0.2.1",          "6/m", false},
        {"192.0.2.1",   "bob", "192.0.2.1",          "5/s", false},
        {"2001:db8::1", "bob", "2001:db8::2",        "5/m", true },
        {"2001:db8::1", "bob", "2001:db8::ffff:0:0", "5/m", true },
        {"2001:db8::1", "bob", "2001:db8:0:1::1",    "5/m", false},
        {"2001:db8::1", "bob", "32.1.13.184",        "5/m", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct auth_throttle *throttle = auth_throttle_new(key);
        struct auth_attempt first = attempt(throttle, "bob", cases[i].first, "5/m");
        struct auth_attempt other = attempt(throttle, cases[i].user, cases[i].from, cases[i].rate);

        assert_int_equal(failures(throttle, &first, 1000), 5);
        assert_int_equal(auth_throttle_wait(throttle, &other, 1000) > 0, cases[i].waits);
        auth_throttle_free(throttle);
    }
}

/* How many names may fail, one each, from the addresses of one net? */
static unsigned sprayed(struct auth_throttle *throttle, const char *pattern)
{
    for (unsigned i = 0; i < 1000; i++) {
        char user[16], from[40];
        struct auth_attempt one;

        snprintf(user, sizeof user, "user %u", i);
        snprintf(from, sizeof from, pattern, i % 200 + 1);
        one = attempt(throttle, user, from, "5/m");
        if (!fails(throttle, &one, 1000))
            return i;
    }
    return 1000;
}

static void a_net_may_fail_ten_times_as_often(void **state)
{
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt one;

    (void)state;
    assert_int_equal(sprayed(throttle, "192.0.2.%u"), 50);
    one = attempt(throttle, "anybody", "192.0.2.250", "5/m");
    assert_int_equal(auth_throttle_wait(throttle, &one, 1000), 1200);
    one = attempt(throttle, "anybody", "192.0.3.1", "5/m");
    assert_int_equal(auth_throttle_wait(throttle, &one, 1000), 0);
    assert_int_equal(sprayed(throttle, "2001:db8:1:%x::1"), 50);
    one = attempt(throttle, "anybody", "2001:db8:2::1", "5/m");
    assert_int_equal(auth_throttle_wait(throttle, &one, 1000), 0);
    auth_throttle_free(throttle);
}

static void looks_end_too(void **state)
{
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt one = attempt(throttle, "bob", "192.0.2.1", "5/m");
    unsigned looks = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) { /* who is recognised may be again and again */
        assert_true(auth_throttle_look(throttle, &one, 1000));
        auth_throttle_recognise(throttle, &one);
    }
    while (looks < 1000 && auth_throttle_look(throttle, &one, 1000))
        looks++;
    assert_int_equal(looks, 50);
    assert_true(auth_throttle_look(throttle, &one, 13000));
    assert_false(auth_throttle_look(throttle, &one, 13000));
    assert_int_equal(auth_throttle_wait(throttle, &one, 1000), 0);
    auth_throttle_free(throttle);
}

static void without_a_rate_nobody_waits(void **state)
{
    const struct auth_rate none = {0};
    const struct address client = {.family = AF_INET};
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt one = auth_throttle_attempt(throttle, 0, SLICE("bob"), &client, &none);

    (void)state;
    assert_int_equal(failures(throttle, &one, 1000), 100000);
    auth_throttle_take_back(throttle, &one);
    assert_int_equal(auth_throttle_wait(throttle, &one, 1000), 0);
    auth_throttle_free(throttle);
}

/* Names that fail once each must not push out the one that failed often, nor the net it is in: the
 * table has room for 16384 names and 8192 nets. */
static void a_flood_of_names_pushes_nobody_out(void **state)
{
    struct auth_throttle *throttle = auth_throttle_new(key);
    struct auth_attempt bob = attempt(throttle, "bob", "192.0.2.1", "5/m");
    unsigned refused = 0;

    (void)state;
    assert_int_equal(failures(throttle, &bob, 1000), 5);
    while (auth_throttle_look(throttle, &bob, 1000))
        ;
    for (unsigned i = 0; i < 200000; i++) {
        char user[16], from[40];
        struct auth_attempt one;

        snprintf(user, sizeof user, "user %u", i);
        snprintf(from, sizeof from, "%u.%u.2.1", 1 + i % 200, i / 200 % 200);
        one = attempt(throttle, user, from, "5/m");
        refused += !fails(throttle, &one, 1000);
        if (auth_throttle_wait(throttle, &one, 1000) > 0)
            (void)!auth_throttle_look(throttle, &one, 1000);
    }
    assert_true(auth_throttle_wait(throttle, &bob, 1000) > 0);
    assert_false(auth_throttle_look(throttle, &bob, 1000));
    /* the control: what is pushed out may fail again */
    assert_true(refused < 200000);
    auth_throttle_free(throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_read),
        cmocka_unit_test(a_rate_is_what_may_fail),
        cmocka_unit_test(failures_are_forgotten_little_by_little),
        cmocka_unit_test(many_at_once_are_no_way_round),
        cmocka_unit_test(only_that_name_from_that_address_waits),
        cmocka_unit_test(a_net_may_fail_ten_times_as_often),
        cmocka_unit_test(looks_end_too),
        cmocka_unit_test(without_a_rate_nobody_waits),
        cmocka_unit_test(a_flood_of_names_pushes_nobody_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
