#include "process/listens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct address at(const char *host, uint16_t port)
{
    struct address address;

    assert_true(address_parse(slice_of(host), &address));
    address.port = port;
    return address;
}

/* Two protocols with addresses of their own; both want 192.0.2.1:25. */
static void add(struct arena *arena, struct listen_list *list, const char *host, uint16_t port)
{
    struct address address = at(host, port);

    listen_list_add(list, arena, &address)->place = (struct conf_place){0, port, 1, 1};
}

static void web(const struct conf *conf, struct arena *arena, struct listen_list *list)
{
    (void)conf;
    add(arena, list, "192.0.2.1", 80);
    add(arena, list, "0.0.0.0", 80);
    add(arena, list, "::", 80);
    add(arena, list, "192.0.2.1", 25);
}

static void mail(const struct conf *conf, struct arena *arena, struct listen_list *list)
{
    (void)conf;
    add(arena, list, "192.0.2.1", 25);
    add(arena, list, "192.0.2.1", 587);
}

static const struct protocol_conf web_conf = {.name = "web", .listens = web};
static const struct protocol_conf mail_conf = {.name = "mail", .listens = mail};
static const struct protocol_conf *const both[] = {&web_conf, &mail_conf, NULL};

static void all_are_collected_and_a_conflict_is_reported(void **state)
{
    struct arena arena;
    struct listen_list list = {0};
    struct conf_report report;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    conf_report_init(&report);
    listens_collect(NULL, both, &arena, &list, &report);
    assert_int_equal(list.count, 5);
    assert_string_equal(list.listens[0].protocol_name, "web");
    assert_string_equal(list.listens[4].protocol_name, "mail");
    assert_int_equal(report.errors, 1);
    assert_int_equal(report.findings[0].other.line, 25);
    conf_report_deinit(&report);
    arena_deinit(&arena);
}

static void a_wildcard_covers_its_family_and_port_only(void **state)
{
    static const size_t covers[] = {1, 1, 2, 3, 4};
    struct arena arena;
    struct listen_list list = {0};
    struct address local = at("192.0.2.1", 80), other = at("192.0.2.9", 80);

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    listens_collect(NULL, both, &arena, &list, NULL);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(listens_cover(&list, i), covers[i]);
    assert_ptr_equal(listens_choose(&list, 1, &local), &list.listens[0]);
    assert_ptr_equal(listens_choose(&list, 1, &other), &list.listens[1]);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_collected_and_a_conflict_is_reported),
        cmocka_unit_test(a_wildcard_covers_its_family_and_port_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
