#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool is_in(const char *range, const char *host)
{
    struct network network;
    struct address address = {0};

    assert_true(network_parse(slice_of(range), &network));
    assert_true(address_parse(slice_of(host), &address));
    return network_has(&network, &address);
}

static void test_first_bits_count(void **state)
{
    (void)state;
    assert_true(is_in("192.0.2.0/24", "192.0.2.255"));
    assert_false(is_in("192.0.2.0/24", "192.0.3.0"));
    assert_true(is_in("192.0.2.129/25", "192.0.2.128"));
    assert_false(is_in("192.0.2.128/25", "192.0.2.127"));
    assert_true(is_in("0.0.0.0/0", "203.0.113.9"));
    assert_true(is_in("192.0.2.1", "192.0.2.1"));
    assert_false(is_in("192.0.2.1", "192.0.2.0"));
    assert_true(is_in("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(is_in("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(is_in("::1", "::1"));
}

static void test_families_stay_apart(void **state)
{
    (void)state;
    assert_false(is_in("::/0", "192.0.2.1"));
    assert_false(is_in("0.0.0.0/0", "::1"));
    assert_true(is_in("192.0.2.0/24", "::ffff:192.0.2.7"));
}

static void test_what_is_no_network(void **state)
{
    static const char *const wrong[] = {
        "",           "all",         "192.0.2.0/33", "192.0.2.0/",   "/8", "::/129", "192.0.2.0/-1",
        "192.0.2/24", "1.2.3.4/8/8", "x.org",        "192.0.2.0/2 4"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct network network;

        assert_false(network_parse(slice_of(wrong[i]), &network));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_bits_count),
        cmocka_unit_test(test_families_stay_apart),
        cmocka_unit_test(test_what_is_no_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
