#include "http/language/http_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct http_template compile(struct http_registry *registry, const char *text)
{
    struct http_template compiled;
    struct http_template_error error;

    assert_true(
        http_template_compile(slice_of(text), registry, registry->arena, &compiled, &error));
    return compiled;
}

static void gives_each_name_one_number(void **state)
{
    struct arena arena;
    struct http_registry *registry;
    struct http_template text;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    registry = http_registry_new(&arena);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(http_registry_number(registry, arena_format(&arena, "v%u", i)), i);
    assert_int_equal(http_registry_number(registry, SLICE("v7")), 7);
    text = compile(registry, "$v99 ${new}");
    assert_int_equal(text.parts[0].variable, HTTP_VARIABLE_MADE);
    assert_int_equal(text.parts[0].number, 99);
    assert_int_equal(text.parts[2].number, 100);
    assert_int_equal(registry->count, 101);
    arena_deinit(&arena);
}

static void has_room_for_so_many(void **state)
{
    struct arena arena;
    struct http_registry *registry;
    struct http_template compiled;
    struct http_template_error error;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    registry = http_registry_new(&arena);
    for (unsigned i = 0; i < HTTP_MADE_VARIABLES_MAX; i++)
        assert_int_equal(http_registry_number(registry, arena_format(&arena, "v%u", i)), i);
    assert_int_equal(http_registry_number(registry, SLICE("more")), HTTP_MADE_VARIABLES_MAX);
    assert_false(http_template_compile(SLICE("$more"), registry, &arena, &compiled, &error));
    assert_string_equal(error.words, "too many variables");
    arena_deinit(&arena);
}

/* "set $http_x" below its first use. */
static void prefers_what_the_configuration_makes_to_a_prefix(void **state)
{
    struct arena arena;
    struct http_registry *registry;
    struct http_template early, other, late;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    registry = http_registry_new(&arena);
    early = compile(registry, "$http_x");
    other = compile(registry, "$http_host");
    assert_int_equal(http_registry_number(registry, SLICE("http_x")), 0);
    registry->items[0].origin = HTTP_MADE_BY_SET;
    http_registry_settle(registry);
    late = compile(registry, "$http_x");
    assert_int_equal(early.parts[0].variable, HTTP_VARIABLE_MADE);
    assert_int_equal(early.parts[0].number, 0);
    assert_int_equal(other.parts[0].variable, HTTP_VARIABLE_HTTP);
    assert_int_equal(late.parts[0].variable, HTTP_VARIABLE_MADE);
    arena_deinit(&arena);
}

static void knows_nothing_new_once_all_is_read(void **state)
{
    struct arena arena;
    struct http_registry *registry;
    struct http_template compiled;
    struct http_template_error error;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    registry = http_registry_new(&arena);
    (void)http_registry_number(registry, SLICE("backend"));
    registry->items[0].origin = HTTP_MADE_BY_SET;
    http_registry_settle(registry);
    assert_int_equal(compile(registry, "$backend").parts[0].number, 0);
    assert_false(http_template_compile(SLICE("$bakend"), registry, &arena, &compiled, &error));
    assert_string_equal(error.suggestion, "backend");
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_name_one_number),
        cmocka_unit_test(has_room_for_so_many),
        cmocka_unit_test(prefers_what_the_configuration_makes_to_a_prefix),
        cmocka_unit_test(knows_nothing_new_once_all_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
