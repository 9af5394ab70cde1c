#include "process/listens.h"
#include "process/sockets.h"
#include "relay/protocol_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A port that is free now, on 127.0.0.1. */
static struct listen free_listen(void)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    struct listen listen = {0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(address_parse(SLICE("127.0.0.1"), &listen.address));
    len = address_to_socket(&listen.address, &name);
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    address_from_socket((const struct sockaddr *)&name, &listen.address);
    close(fd);
    return listen;
}

/* What lists them, in an arena that the caller frees. */
static struct listen_list list_of(struct arena *arena, const struct listen *listens, size_t count)
{
    struct listen_list list = {0};

    arena_init(arena, ARENA_UNLIMITED);
    for (size_t i = 0; i < count; i++)
        listen_list_add(&list, arena, &listens[i].address);
    return list;
}

static void a_kept_address_keeps_its_socket(void **state)
{
    struct listen first[] = {free_listen(), free_listen()}, second[] = {first[1], free_listen()};
    struct arena arenas[2];
    struct listen_list before = list_of(&arenas[0], first, 2);
    struct listen_list after = list_of(&arenas[1], second, 2);
    struct sockets sockets = {0};
    struct conf_report report;
    int kept;

    (void)state;
    conf_report_init(&report);
    assert_true(sockets_bind(&sockets, &before, &report));
    sockets_commit(&sockets, &before);
    kept = sockets_fd(&sockets, &before, 1);
    assert_true(sockets_bind(&sockets, &after, &report));
    assert_int_equal(sockets.count, 3);
    assert_int_equal(sockets_fd(&sockets, &after, 0), kept);
    sockets_commit(&sockets, &after);
    assert_int_equal(sockets.count, 2);
    assert_int_equal(sockets_fd(&sockets, &before, 0), -1);
    sockets_deinit(&sockets);
    arena_deinit(&arenas[0]);
    arena_deinit(&arenas[1]);
    conf_report_deinit(&report);
}

static void a_failed_bind_is_reported_and_undone(void **state)
{
    struct listen good = free_listen(), taken = free_listen();
    struct listen list[] = {good, taken};
    struct arena arenas[2];
    struct listen_list holder = list_of(&arenas[0], &taken, 1);
    struct listen_list wanted = list_of(&arenas[1], list, 2);
    struct sockets other = {0}, sockets = {0};
    struct conf_report report;

    (void)state;
    conf_report_init(&report);
    assert_true(sockets_bind(&other, &holder, &report));
    assert_false(sockets_bind(&sockets, &wanted, &report));
    assert_int_equal(report.errors, 1);
    assert_true(report.findings[0].help[0].len > 0);
    sockets_abandon(&sockets);
    assert_int_equal(sockets.count, 0);
    sockets_deinit(&sockets);
    sockets_deinit(&other);
    arena_deinit(&arenas[0]);
    arena_deinit(&arenas[1]);
    conf_report_deinit(&report);
}

static void what_a_wildcard_covers_is_not_bound(void **state)
{
    struct listen list[] = {free_listen(), free_listen()};
    struct arena arena;
    struct listen_list listens;
    struct sockets sockets = {0};
    struct conf_report report;

    (void)state;
    assert_true(address_parse(SLICE("0.0.0.0"), &list[1].address));
    list[1].address.port = list[0].address.port;
    listens = list_of(&arena, list, 2);
    conf_report_init(&report);
    assert_true(sockets_bind(&sockets, &listens, &report));
    assert_int_equal(sockets.count, 1);
    assert_int_equal(sockets_fd(&sockets, &listens, 0), -1);
    assert_true(sockets_fd(&sockets, &listens, 1) >= 0);
    sockets_deinit(&sockets);
    arena_deinit(&arena);
    conf_report_deinit(&report);
}

static void a_wildcard_takes_the_place_of_its_address_and_back(void **state)
{
    struct listen list[] = {free_listen(), free_listen()};
    struct arena arenas[2];
    struct listen_list narrow, wide;
    struct sockets sockets = {0}, other = {0};
    struct conf_report report;

    (void)state;
    assert_true(address_parse(SLICE("0.0.0.0"), &list[1].address));
    list[1].address.port = list[0].address.port;
    narrow = list_of(&arenas[0], &list[0], 1);
    wide = list_of(&arenas[1], &list[1], 1);
    conf_report_init(&report);
    assert_true(sockets_bind(&sockets, &narrow, &report));
    sockets_commit(&sockets, &narrow);
    for (int i = 0; i < 2; i++) {
        assert_true(sockets_bind(&sockets, &wide, &report));
        sockets_commit(&sockets, &wide);
        assert_int_equal(sockets.count, 1);
        assert_false(sockets_bind(&other, &wide, &report)); /* nobody else comes in */
        assert_true(sockets_bind(&sockets, &narrow, &report));
        sockets_commit(&sockets, &narrow);
        assert_int_equal(sockets.count, 1);
        assert_false(sockets_bind(&other, &narrow, &report));
    }
    sockets_deinit(&sockets);
    arena_deinit(&arenas[0]);
    arena_deinit(&arenas[1]);
    conf_report_deinit(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_address_keeps_its_socket),
        cmocka_unit_test(a_failed_bind_is_reported_and_undone),
        cmocka_unit_test(what_a_wildcard_covers_is_not_bound),
        cmocka_unit_test(a_wildcard_takes_the_place_of_its_address_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
