#include "relay/protocol_conf.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 100000

static struct address numbered(uint32_t number)
{
    struct address address = {.port = 80, .family = AF_INET};

    for (size_t i = 0; i < 4; i++)
        address.bytes[i] = (uint8_t)(number >> 8 * i);
    return address;
}

/* Comparing each with each would take longer than a test may. */
static void many_addresses_are_found_again(void **state)
{
    struct listen_list list = {0};
    struct address address = numbered(MANY);
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    assert_null(listen_list_find(&list, &address));
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            struct listen *listen;

            address = numbered(i);
            listen = listen_list_add(&list, &arena, &address);
            assert_ptr_equal(listen, &list.listens[i]);
            assert_true(address_equal(&listen->address, &address));
        }
    assert_int_equal(list.count, MANY);
    address = numbered(MANY);
    assert_null(listen_list_find(&list, &address));
    address = numbered(1);
    assert_ptr_equal(listen_list_find(&list, &address), &list.listens[1]);
    address.port = 81;
    assert_null(listen_list_find(&list, &address));
    assert_true(arena.taken < MANY * 8 * sizeof(struct listen));
    arena_deinit(&arena);
}

static void servers_stand_where_they_were_put(void **state)
{
    struct listen listen = {0};
    struct arena arena;
    const int *servers;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    for (int i = 0; i < 1000; i++)
        *(int *)listen_add_server(&listen, &arena, sizeof(int), i == 900 ? 0 : (size_t)i) = i;
    servers = listen.servers;
    assert_int_equal(listen.server_count, 1000);
    assert_int_equal(servers[0], 900);
    for (int i = 1; i <= 900; i++)
        assert_int_equal(servers[i], i - 1);
    for (int i = 901; i < 1000; i++)
        assert_int_equal(servers[i], i);
    assert_true(arena.taken < 4 * 1024 * sizeof(int));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_addresses_are_found_again),
        cmocka_unit_test(servers_stand_where_they_were_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
