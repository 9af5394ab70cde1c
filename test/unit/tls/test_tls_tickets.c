#include "tls/tls_tickets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool knows(const struct tls_tickets *tickets, const struct tls_ticket_key *key,
                  bool *is_current)
{
    struct tls_ticket_key found;

    if (!tls_tickets_find(tickets, key->name, &found, is_current))
        return false;
    assert_memory_equal(&found, key, sizeof found);
    return true;
}

static void a_key_seals_for_one_epoch_and_opens_for_two(void **state)
{
    struct tls_tickets tickets = {0};
    struct tls_ticket_key first, second;
    bool is_current;

    (void)state;
    tls_tickets_start(&tickets);
    tls_tickets_current(&tickets, &first);
    assert_true(knows(&tickets, &first, &is_current) && is_current);
    tls_tickets_rotate(&tickets);
    tls_tickets_current(&tickets, &second);
    assert_memory_not_equal(&first, &second, sizeof first);
    assert_true(knows(&tickets, &first, &is_current) && !is_current);
    assert_true(knows(&tickets, &second, &is_current) && is_current);
    tls_tickets_rotate(&tickets);
    assert_false(knows(&tickets, &first, &is_current));
    assert_true(knows(&tickets, &second, &is_current) && !is_current);
}

static void the_next_key_is_known_before_it_seals(void **state)
{
    struct tls_tickets tickets = {0}, later;
    struct tls_ticket_key next;
    bool is_current;

    (void)state;
    tls_tickets_start(&tickets);
    memcpy(&later, &tickets, sizeof later);
    tls_tickets_rotate(&later);
    tls_tickets_current(&later, &next);
    assert_true(knows(&tickets, &next, &is_current) && !is_current);
}

/* Zeros would be a key that everybody knows. */
static void a_forgotten_key_is_gone_and_none_is_empty(void **state)
{
    static const struct tls_ticket_key zeros;
    struct tls_tickets tickets = {0};
    struct tls_ticket_key first;
    bool is_current;

    (void)state;
    assert_int_equal(sizeof zeros, 80);
    tls_tickets_start(&tickets);
    tls_tickets_current(&tickets, &first);
    for (int i = 0; i < 9; i++) {
        assert_false(knows(&tickets, &zeros, &is_current));
        for (size_t j = 0; j < TLS_TICKET_SLOTS; j++) {
            assert_memory_not_equal(&tickets.keys[j], &zeros, sizeof zeros);
            assert_true(i < 2 || memcmp(&tickets.keys[j], &first, sizeof first) != 0);
        }
        tls_tickets_rotate(&tickets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_seals_for_one_epoch_and_opens_for_two),
        cmocka_unit_test(the_next_key_is_known_before_it_seals),
        cmocka_unit_test(a_forgotten_key_is_gone_and_none_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
