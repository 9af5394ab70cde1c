#include "http/files/http_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_type(const struct http_types *types, const char *path, const char *expected)
{
    struct slice type = http_types_find(types, slice_of(path));

    if (!slice_equal(type, slice_of(expected)))
        fail_msg("%s: \"%.*s\"", path, (int)type.len, type.at);
}

static void knows_the_usual_types_without_a_table(void **state)
{
    struct http_types types = {0};

    (void)state;
    assert_type(&types, "/index.html", "text/html");
    assert_type(&types, "/a.b/INDEX.HTM", "text/html");
    assert_type(&types, "/style.css", "text/css");
    assert_type(&types, "/file", "");
    assert_type(&types, "/a.html/file", "");
    assert_type(&types, "/file.", "");
    assert_type(&types, "/x.unknown", "");
}

static void an_empty_table_knows_nothing(void **state)
{
    struct arena arena;
    struct http_types types = {0};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    http_types_init(&types, &arena);
    assert_type(&types, "/index.html", "");
    arena_deinit(&arena);
}

static void finds_each_of_many(void **state)
{
    struct arena arena;
    struct http_types types = {0};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (unsigned i = 0; i < 500; i++)
        assert_true(http_types_add(&types, &arena, arena_format(&arena, "e%u", i),
                                   arena_format(&arena, "type/%u", i)));
    assert_false(http_types_add(&types, &arena, SLICE("E7"), SLICE("type/seven")));
    assert_int_equal(types.count, 500);
    for (unsigned i = 0; i < 500; i++)
        assert_type(&types, arena_format(&arena, "/x.e%u", i).at,
                    i == 7 ? "type/seven" : arena_format(&arena, "type/%u", i).at);
    assert_type(&types, "/x.e500", "");
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_usual_types_without_a_table),
        cmocka_unit_test(an_empty_table_knows_nothing),
        cmocka_unit_test(finds_each_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
