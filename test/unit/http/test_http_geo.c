#include "http/language/http_geo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void add(struct http_geo *geo, struct arena *arena, const char *text, const char *value)
{
    struct http_network network;

    assert_true(http_geo_parse_network(slice_of(text), &network));
    network.value = slice_of(value);
    http_geo_add(geo, arena, network);
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
    struct http_geo geo = {0};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_geo_add_default(&geo, &arena, SLICE("none"));
    add(&geo, &arena, "10.0.0.0/8", "ten");
    add(&geo, &arena, "10.1.0.0/16", "first");
    add(&geo, &arena, "10.1.0.0/16", "ten-one");
    add(&geo, &arena, "10.1.2.3", "host");
    add(&geo, &arena, "10.255.255.255/32", "last");
    add(&geo, &arena, "2001:db8::/32", "six");
    add(&geo, &arena, "2001:db8::1", "six-one");
    http_geo_sort(&geo);
    assert_int_equal(geo.count, 8);
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
    struct http_geo geo = {0};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_geo_add_default(&geo, &arena, SLICE("none"));
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

/* Adds ("from-to=value") or deletes ("from-to"). */
static bool change(struct http_geo_ranges *ranges, const char *text,
                   enum http_geo_range_result *result)
{
    struct slice value, name;
    struct http_geo_range range;

    value = slice_of(text);
    name = slice_cut(&value, '=');
    assert_true(http_geo_range_parse(name, &range));
    range.value = value;
    if (value.at == NULL)
        return http_geo_ranges_delete(ranges, &range);
    *result = http_geo_ranges_add(ranges, &range);
    return true;
}

/* clang-format off */
static const struct {
    const char *lines[6];
    enum http_geo_range_result last; /* of the last line that adds */
    bool fails;                      /* a line that deletes */
    struct {
        const char *address, *value;
    } found[7];
} ranges_cases[] = {
    {{"10.0.0.1-10.0.0.254=wide", "10.0.0.7-10.0.0.9=narrow"},
     HTTP_GEO_RANGE_ADDED, false,
     {{"10.0.0.0", "none"}, {"10.0.0.1", "wide"}, {"10.0.0.6", "wide"}, {"10.0.0.7", "narrow"},
      {"10.0.0.9", "narrow"}, {"10.0.0.254", "wide"}, {"10.0.0.255", "none"}}},
    {{"10.0.0.1-10.0.0.9=a", "10.0.0.1-10.0.0.3=b", "10.0.0.8-10.0.0.9=c"},
     HTTP_GEO_RANGE_ADDED, false,
     {{"10.0.0.1", "b"}, {"10.0.0.3", "b"}, {"10.0.0.4", "a"}, {"10.0.0.7", "a"}, {"10.0.0.8", "c"},
      {"10.0.0.9", "c"}, {"10.0.0.10", "none"}}},
    {{"255.255.255.254-255.255.255.255=end", "0.0.0.0-0.0.0.0=start"},
     HTTP_GEO_RANGE_ADDED, false,
     {{"255.255.255.255", "end"}, {"0.0.0.0", "start"}, {"0.0.0.1", "none"}, {"::1", "end"},
      {"::ffff:0.0.0.0", "start"}}},
    {{"0.0.0.0-255.255.255.255=all", "10.1.0.0-10.2.255.255=some", "10.2.0.0-10.2.255.255"},
     HTTP_GEO_RANGE_REPLACED, false,
     {{"10.0.255.255", "all"}, {"10.1.0.0", "some"}, {"10.2.0.0", "none"}, {"10.2.255.255", "none"},
      {"10.3.0.0", "all"}, {"255.255.255.255", "all"}}},
    {{"10.0.0.1-10.0.0.9=a", "10.0.0.3-10.0.0.4=b", "10.0.0.3-10.0.0.4"},
     HTTP_GEO_RANGE_ADDED, false, /* and not the one around it again */
     {{"10.0.0.2", "a"}, {"10.0.0.3", "none"}, {"10.0.0.5", "a"}}},
    {{"10.0.0.1-10.0.0.9=a", "10.0.0.1-10.0.0.8"},
     HTTP_GEO_RANGE_ADDED, true,
     {{"10.0.0.1", "a"}, {"10.0.0.9", "a"}}},
    {{"10.0.0.1-10.0.0.9=a", "10.0.0.1-10.0.0.9=b"},
     HTTP_GEO_RANGE_REPLACED, false,
     {{"10.0.0.1", "b"}, {"10.0.0.9", "b"}}},
    {{"10.0.0.1-10.0.0.9=a", "10.0.0.9-10.0.0.10=b"}, HTTP_GEO_RANGE_OVERLAPS, false, {{0}}},
    {{"10.0.0.3-10.0.0.4=a", "10.0.0.1-10.0.0.9=b"}, HTTP_GEO_RANGE_OVERLAPS, false, {{0}}},
    {{"10.0.0.3-10.0.0.4=a", "10.0.0.1-10.0.0.3=b"}, HTTP_GEO_RANGE_OVERLAPS, false, {{0}}},
};
/* clang-format on */

static void ranges_lie_in_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges_cases / sizeof *ranges_cases; i++) {
        struct arena arena;
        struct http_geo_ranges ranges;
        struct http_geo geo = {.fallback = SLICE("none"), .ranges = &ranges};
        enum http_geo_range_result result = HTTP_GEO_RANGE_ADDED;
        bool fails = false;

        arena_init(&arena, ARENA_UNLIMITED);
        http_geo_ranges_begin(&ranges);
        for (size_t k = 0; k < 6 && ranges_cases[i].lines[k] != NULL; k++)
            fails = !change(&ranges, ranges_cases[i].lines[k], &result) || fails;
        assert_int_equal(result, ranges_cases[i].last);
        assert_int_equal(fails, ranges_cases[i].fails);
        http_geo_ranges_finish(&ranges, &arena);
        for (size_t k = 0; k < 7 && ranges_cases[i].found[k].address != NULL; k++)
            assert_found(&geo, ranges_cases[i].found[k].address, ranges_cases[i].found[k].value);
        arena_deinit(&arena);
    }
}

static void deletes_networks(void **state)
{
    struct http_geo geo = {0};
    struct http_network network;
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_geo_add_default(&geo, &arena, SLICE("none"));
    add(&geo, &arena, "10.0.0.0/8", "ten");
    add(&geo, &arena, "10.1.0.0/16", "one");
    add(&geo, &arena, "10.1.0.0/16", "two");
    add(&geo, &arena, "::/0", "six");
    assert_true(http_geo_parse_network(SLICE("10.1.0.0/16"), &network));
    assert_true(http_geo_delete(&geo, &network));
    assert_false(http_geo_delete(&geo, &network));
    assert_true(http_geo_parse_network(SLICE("0.0.0.0/0"), &network));
    assert_true(http_geo_delete(&geo, &network));
    http_geo_sort(&geo);
    assert_found(&geo, "10.1.0.1", "ten");
    assert_found(&geo, "11.0.0.0", "");
    assert_found(&geo, "::1", "six");
    arena_deinit(&arena);
}

static void refuses_what_is_no_network(void **state)
{
    static const char *const texts[] = {"",         "x",         "10.0.0.0/33", "::/129",
                                        "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1"};
    static const char *const ranges[] = {"10.0.0.2-10.0.0.1", "10.0.0.1-", "-", "::1-::2"};
    struct http_network network;
    struct http_geo_range range;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(http_geo_parse_network(slice_of(texts[i]), &network));
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        assert_false(http_geo_range_parse(slice_of(ranges[i]), &range));
}

/* Every third /24 of a /8: each is found, and none between. */
static void finds_each_of_many(void **state)
{
    struct arena arena;
    struct http_geo geo = {0};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_geo_add_default(&geo, &arena, SLICE("none"));
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
        cmocka_unit_test(ranges_lie_in_ranges),        cmocka_unit_test(deletes_networks),
        cmocka_unit_test(refuses_what_is_no_network),  cmocka_unit_test(finds_each_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
