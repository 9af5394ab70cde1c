#include "conf_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct one {
    conf_flag first, second;
};

#define ROW(member)                                                                                \
    {                                                                                              \
        .name = #member, .contexts = CONF_MAIN, .type = &conf_type_flag,                           \
        .offset = offsetof(struct one, member), .size = sizeof(conf_flag), .min_words = 1,         \
        .max_words = 1, .syntax = "on | off", .meaning = "Something."                              \
    }

/* Two good rows, of which one is then spoilt. */
struct table {
    struct conf_row rows[2];
    struct conf_group group;
    const struct conf_group *groups[3];
};

static void make(struct table *table)
{
    *table = (struct table){
        .rows = {ROW(first), ROW(second)}
    };
    table->group = (struct conf_group){"one", sizeof(struct one), table->rows, 2, NULL};
    table->groups[0] = &table->group;
}

static void expect(struct table *table, const char *expected)
{
    struct arena arena;
    struct slice why = SLICE_NONE;
    bool is_good;

    arena_init(&arena, ARENA_UNLIMITED);
    is_good = conf_groups_consistent(table->groups, &arena, &why);
    assert_int_equal(is_good, expected == NULL);
    if (expected != NULL && !slice_equal(why, slice_of(expected)))
        fail_msg("says %.*s\nnot %s", (int)why.len, why.at, expected);
    arena_deinit(&arena);
}

static void good_tables_are_good(void **state)
{
    struct table table;

    (void)state;
    make(&table);
    expect(&table, NULL);
    table.rows[0].initial = "on";
    expect(&table, NULL);
    table.rows[1].name = "first";
    table.rows[1].contexts = CONF_HTTP; /* the same name elsewhere */
    expect(&table, NULL);
    table.rows[1].opens = CONF_TYPES; /* a block that its own type reads */
    expect(&table, NULL);
}

static void each_fault_is_found(void **state)
{
    struct table table;

    (void)state;
#define SPOIL(change, expected)                                                                    \
    make(&table);                                                                                  \
    table.rows[1].change;                                                                          \
    expect(&table, "one: `second` " expected)

    SPOIL(type = NULL, "has no type");
    SPOIL(syntax = NULL, "has no syntax");
    SPOIL(meaning = NULL, "has no meaning");
    SPOIL(meaning = "", "has no meaning");
    SPOIL(contexts = 0, "may stand nowhere");
    SPOIL(opens = CONF_HTTP, "opens a context and is no block, or the other way round");
    SPOIL(type = &conf_type_block, "opens a context and is no block, or the other way round");
    SPOIL(opens = CONF_HTTP | CONF_TYPES, "opens more than one context");
    SPOIL(min_words = 2, "takes fewer words than it needs");
    SPOIL(offset = sizeof(struct one), "has its member outside of the struct");
    SPOIL(size = 1000, "has its member outside of the struct");
    SPOIL(offset = 0, "shares its member with another row");
    SPOIL(initial = "maybe", "has a default that does not parse");
    SPOIL(initial = "on off", "has a default with a wrong number of words");
    SPOIL(initial = "", "has a default with a wrong number of words");
#undef SPOIL
}

static void names_are_unique_in_a_context(void **state)
{
    struct table table, other;

    (void)state;
    make(&table);
    table.rows[1].name = "first";
    table.rows[1].contexts = CONF_MAIN | CONF_HTTP;
    expect(&table, "one: `first` stands twice in the same context");

    make(&table);
    make(&other);
    other.group.name = "two";
    table.groups[1] = &other.group;
    expect(&table, "two: `first` stands twice in the same context");
}

static void a_default_without_a_member(void **state)
{
    struct table table;

    (void)state;
    make(&table);
    table.rows[1].size = 0;
    table.rows[1].initial = "on";
    expect(&table, "one: `second` has a default that goes nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tables_are_good),
        cmocka_unit_test(each_fault_is_found),
        cmocka_unit_test(names_are_unique_in_a_context),
        cmocka_unit_test(a_default_without_a_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
