#include "http/language/http_geo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void add(struct http_geo *geo, struct arena *arena, const char *text, const char *value)
{
    struct http_network network;

    if (http_geo_parse_network(slice_of(text), &network)) {
        network.value = slice_of(value);
        http_geo_add(geo, arena, network);
    } else {
        assert_true(http_geo_add_range(geo, arena, slice_of(text), slice_of(value)));
    }
}

static void assert_found(const struct http_geo *geo, const char *text, const char *expected)
{
    struct address address;
    struct slice found;

    assert_true(address_parse(slice_of(text), &address));
    found = http_geo_find(geo, &address);
    if (!slice_equal(found, slice_of(expected)))
        fail_msg("%s: %.*s", text, (int)found.len, found.at);
}

static void finds_the_narrowest_network(void **state)
{
    struct arena arena;
    struct http_geo geo = {.fallback = SLICE("none")};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    add(&geo, &arena, "10.0.0.0/8", "ten");
    add(&geo, &arena, "10.1.0.0/16", "first");
    add(&geo, &arena, "10.1.0.0/16", "ten-one");
    add(&geo, &arena, "10.1.2.3", "host");
    add(&geo, &arena, "10.255.255.255/32", "last");
    add(&geo, &arena, "2001:db8::/32", "six");
    add(&geo, &arena, "2001:db8::1", "six-one");
    http_geo_sort(&geo);
    assert_int_equal(geo.count, 6);
    assert_found(&geo, "10.0.0.0", "ten");
    assert_found(&geo, "10.1.0.0", "ten-one"); /* the later line of two */
    assert_found(&geo, "10.1.2.3", "host");
    assert_found(&geo, "10.1.2.4", "ten-one");
    assert_found(&geo, "10.255.255.255", "last");
    assert_found(&geo, "11.0.0.0", "none");
    assert_found(&geo, "9.255.255.255", "none");
    assert_found(&geo, "2001:db8::1", "six-one");
    assert_found(&geo, "2001:db8::2", "six");
    assert_found(&geo, "2001:db9::2", "none");
    assert_found(&geo, "a00::", "none"); /* the bytes of 10.0.0.0, as IPv6 */
    arena_deinit(&arena);
}

static void takes_all_and_nothing(void **state)
{
    struct arena arena;
    struct http_geo geo = {.fallback = SLICE("none")};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_geo_sort(&geo);
    assert_found(&geo, "0.0.0.0", "none");
    add(&geo, &arena, "0.0.0.0/0", "four");
    add(&geo, &arena, "::/0", "six");
    http_geo_sort(&geo);
    assert_found(&geo, "0.0.0.0", "four");
    assert_found(&geo, "255.255.255.255", "four");
    assert_found(&geo, "::", "six");
    arena_deinit(&arena);
}

static void takes_ranges_apart(void **state)
{
    struct arena arena;
    struct http_geo geo = {.fallback = SLICE("none")};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    add(&geo, &arena, "10.0.0.1-10.0.0.254", "wide");
    add(&geo, &arena, "10.0.0.7-10.0.0.9", "narrow");
    add(&geo, &arena, "255.255.255.254-255.255.255.255", "end");
    add(&geo, &arena, "0.0.0.0-0.0.0.0", "start");
    http_geo_sort(&geo);
    assert_found(&geo, "10.0.0.0", "none");
    assert_found(&geo, "10.0.0.1", "wide");
    assert_found(&geo, "10.0.0.6", "wide");
    assert_found(&geo, "10.0.0.7", "narrow");
    assert_found(&geo, "10.0.0.9", "narrow");
    assert_found(&geo, "10.0.0.10", "wide");
    assert_found(&geo, "10.0.0.254", "wide");
    assert_found(&geo, "10.0.0.255", "none");
    assert_found(&geo, "255.255.255.255", "end");
    assert_found(&geo, "0.0.0.0", "start");
    arena_deinit(&arena);
}

static void refuses_what_is_no_network(void **state)
{
    static const char *const texts[] = {"",         "x",         "10.0.0.0/33", "::/129",
                                        "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1"};
    static const char *const ranges[] = {"10.0.0.2-10.0.0.1", "10.0.0.1-", "-", "::1-::2"};
    struct http_network network;
    struct http_geo geo = {0};
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(http_geo_parse_network(slice_of(texts[i]), &network));
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        assert_false(http_geo_add_range(&geo, &arena, slice_of(ranges[i]), SLICE("x")));
    arena_deinit(&arena);
}

/* Every third /24 of a /8: each is found, and none between. */
static void finds_each_of_many(void **state)
{
    struct arena arena;
    struct http_geo geo = {.fallback = SLICE("none")};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (unsigned i = 0; i < 65536; i += 3)
        add(&geo, &arena, arena_format(&arena, "10.%u.%u.0/24", i / 256, i % 256).at, "in");
    http_geo_sort(&geo);
    for (unsigned i = 0; i < 65536; i++)
        assert_found(&geo, arena_format(&arena, "10.%u.%u.77", i / 256, i % 256).at,
                     i % 3 == 0 ? "in" : "none");
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_narrowest_network), cmocka_unit_test(takes_all_and_nothing),
        cmocka_unit_test(takes_ranges_apart),          cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(finds_each_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
