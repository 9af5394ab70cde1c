#include "../dns/fake_dns.h"
#include "dns/dns.h"
#include "relay/balancer.h"
#include "relay/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SERVERS_MAX 5

struct fixture {
    struct worker worker;
    struct balancer_server servers[SERVERS_MAX];
    struct balancer_conf conf;
    struct balancer *balancer;
    struct fake_dns *fake;
    struct deadline over;
    unsigned woken;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->worker.loop = loop_new();
    fixture->conf.servers = fixture->servers;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    deadline_clear(&fixture->over);
    if (fixture->balancer != NULL)
        balancer_free(fixture->balancer);
    if (fixture->worker.resolver != NULL)
        dns_resolver_free(fixture->worker.resolver);
    loop_free(fixture->worker.loop);
    if (fixture->fake != NULL)
        fake_dns_stop(fixture->fake);
    free(fixture);
    return 0;
}

static struct balancer_server *add(struct fixture *fixture, const char *host, uint32_t weight)
{
    struct balancer_server *server = &fixture->servers[fixture->conf.server_count++];

    server->target = (struct backend_target){.host = slice_of(host), .port = 80};
    server->weight = weight;
    server->max_fails = 1;
    server->fail_timeout_ms = 10000;
    return server;
}

static void start(struct fixture *fixture, enum balancer_method method)
{
    fixture->conf.method = method;
    fixture->balancer =
        balancer_new(&fixture->worker, fixture->worker.resolver, &fixture->conf, NULL);
}

static const char *const client = "192.0.2.7";
static const struct balancer_client nobody = {0};

/* The last byte of the address that is picked, and how it goes there; 0: none. */
static unsigned ask(struct fixture *fixture, struct balancer_tries *tries, const char *from,
                    enum balancer_outcome outcome)
{
    struct balancer_peer *peer = NULL;
    struct address address = {0};
    unsigned last;

    assert_true(address_parse(slice_of(from), &address));
    if (balancer_pick(fixture->balancer, tries, &(struct balancer_client){.address = &address},
                      &peer) != BALANCER_PICKED)
        return 0;
    last = peer->address.bytes[3];
    balancer_release(fixture->balancer, &peer, outcome);
    assert_null(peer);
    return last;
}

static unsigned next(struct fixture *fixture, enum balancer_outcome outcome)
{
    struct balancer_tries tries = {0};

    return ask(fixture, &tries, client, outcome);
}

static void expect_turns(struct fixture *fixture, const char *turns)
{
    for (const char *at = turns; *at != '\0'; at++) {
        unsigned got = next(fixture, BALANCER_WORKED);

        if (got != (unsigned)(*at - '0'))
            fail_msg("turn %td of %s: %u", at - turns + 1, turns, got);
    }
}

/* nginx's own example for 5, 1, 1. */
static void turns_are_smooth_and_weighted(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "127.0.0.1", 5);
    add(fixture, "127.0.0.2", 1);
    add(fixture, "127.0.0.3", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    expect_turns(fixture, "11213111121311");
}

static void a_failed_peer_is_put_aside_and_tried_again(void **state)
{
    struct fixture *fixture = *state;
    bool again = false;

    add(fixture, "127.0.0.1", 1)->fail_timeout_ms = 200;
    add(fixture, "127.0.0.2", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(next(fixture, BALANCER_FAILED), 1);
    expect_turns(fixture, "2222");
    usleep(300000);
    loop_free(fixture->worker.loop); /* the clock is read once a turn: a new loop has a new one */
    fixture->worker.loop = loop_new();
    for (int i = 0; i < 6 && !again; i++)
        again = next(fixture, BALANCER_WORKED) == 1;
    assert_true(again);
}

static void max_fails_counts_and_0_never_puts_aside(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "127.0.0.1", 1)->max_fails = 2;
    add(fixture, "127.0.0.2", 1)->max_fails = 0;
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(next(fixture, BALANCER_FAILED), 1);
    assert_int_equal(next(fixture, BALANCER_FAILED), 2);
    assert_int_equal(next(fixture, BALANCER_FAILED), 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(next(fixture, BALANCER_FAILED), 2);
}

static void what_is_undecided_is_no_failure(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "127.0.0.1", 1);
    add(fixture, "127.0.0.2", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(next(fixture, BALANCER_UNDECIDED), 1);
    expect_turns(fixture, "2121");
}

static void the_only_peer_is_never_put_aside(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "127.0.0.1", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    for (int i = 0; i < 5; i++)
        assert_int_equal(next(fixture, BALANCER_FAILED), 1);
}

static void backups_stand_in(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "127.0.0.1", 1);
    add(fixture, "127.0.0.2", 1)->down = true;
    add(fixture, "127.0.0.3", 1)->backup = true;
    start(fixture, BALANCER_ROUND_ROBIN);
    expect_turns(fixture, "111");
    assert_int_equal(next(fixture, BALANCER_FAILED), 1);
    expect_turns(fixture, "333");
    assert_int_equal(next(fixture, BALANCER_FAILED), 3);
    assert_int_equal(next(fixture, BALANCER_WORKED), 0);
}

static void one_request_meets_each_peer_once(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_tries tries = {0};

    add(fixture, "127.0.0.1", 1);
    add(fixture, "127.0.0.2", 1);
    add(fixture, "127.0.0.3", 1)->backup = true;
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(ask(fixture, &tries, client, BALANCER_UNDECIDED), 1);
    assert_true(balancer_has_another(fixture->balancer, &tries));
    assert_int_equal(ask(fixture, &tries, client, BALANCER_UNDECIDED), 2);
    assert_int_equal(ask(fixture, &tries, client, BALANCER_UNDECIDED), 3);
    assert_false(balancer_has_another(fixture->balancer, &tries));
    assert_int_equal(ask(fixture, &tries, client, BALANCER_UNDECIDED), 0);
}

static struct balancer_peer *hold(struct fixture *fixture)
{
    struct balancer_tries tries = {0};
    struct balancer_peer *peer = NULL;

    if (balancer_pick(fixture->balancer, &tries, &nobody, &peer) != BALANCER_PICKED)
        return NULL;
    return peer;
}

static void least_conn_counts_open_connections(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_peer *held[4];
    static const unsigned expected[] = {1, 2, 1, 1};

    add(fixture, "127.0.0.1", 3);
    add(fixture, "127.0.0.2", 1);
    start(fixture, BALANCER_LEAST_CONN);
    for (size_t i = 0; i < 4; i++) {
        held[i] = hold(fixture);
        assert_int_equal(held[i]->address.bytes[3], expected[i]);
    }
    balancer_release(fixture->balancer, &held[1], BALANCER_WORKED);
    assert_int_equal(next(fixture, BALANCER_WORKED), 2);
    for (size_t i = 0; i < 4; i++)
        balancer_release(fixture->balancer, &held[i], BALANCER_WORKED);
}

static void max_conns_is_a_ceiling(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_peer *first, *second;

    add(fixture, "127.0.0.1", 1)->max_conns = 1;
    add(fixture, "127.0.0.2", 1)->max_conns = 1;
    start(fixture, BALANCER_ROUND_ROBIN);
    first = hold(fixture);
    second = hold(fixture);
    assert_ptr_not_equal(first, second);
    assert_null(hold(fixture));
    balancer_release(fixture->balancer, &second, BALANCER_WORKED);
    assert_int_equal(next(fixture, BALANCER_WORKED), 2);
    balancer_release(fixture->balancer, &first, BALANCER_WORKED);
}

static void ip_hash_keeps_a_client_with_its_peer(void **state)
{
    struct fixture *fixture = *state;
    bool met[6] = {false};

    for (size_t i = 0; i < 5; i++)
        add(fixture,
            (const char *[]){"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}[i],
            1);
    start(fixture, BALANCER_IP_HASH);
    for (unsigned i = 0; i < 64; i++) {
        char from[32], neighbour[32];
        struct balancer_tries tries[3] = {0};
        unsigned first;

        snprintf(from, sizeof from, "10.1.%u.1", i);
        snprintf(neighbour, sizeof neighbour, "10.1.%u.200", i);
        first = ask(fixture, &tries[0], from, BALANCER_WORKED);
        assert_in_range(first, 1, 5);
        met[first] = true;
        assert_int_equal(ask(fixture, &tries[1], from, BALANCER_WORKED), first);
        assert_int_equal(ask(fixture, &tries[2], neighbour, BALANCER_WORKED), first);
    }
    for (size_t i = 1; i <= 5; i++)
        assert_true(met[i]);
}

/* Names. */

static const struct fake_record records[] = {
    {"two.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\x01"), FAKE_RAW},
    {"two.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\x02"), FAKE_RAW},
};

static void on_over(void *owner)
{
    const struct fixture *fixture = owner;

    loop_stop(fixture->worker.loop);
}

static void on_ready(void *owner)
{
    struct fixture *fixture = owner;

    fixture->woken++;
    loop_stop(fixture->worker.loop);
}

static void wait_for_names(struct fixture *fixture)
{
    struct balancer_waiter waiter = {.ready = on_ready, .owner = fixture};

    fixture->woken = 0;
    balancer_wait(fixture->balancer, &waiter);
    deadline_init(&fixture->over, on_over, fixture);
    deadline_set(fixture->worker.loop, &fixture->over, 10000);
    loop_run(fixture->worker.loop);
    deadline_clear(&fixture->over);
    balancer_stop_waiting(&waiter);
    assert_int_equal(fixture->woken, 1);
}

static void start_dns(struct fixture *fixture)
{
    struct dns_options options = {.timeout_ms = 2000};

    fixture->fake = fake_dns_start(records, sizeof records / sizeof records[0]);
    options.servers = fake_dns_servers(fixture->fake);
    fixture->worker.resolver = dns_resolver_new(fixture->worker.loop, &options);
}

static void each_address_of_a_name_is_a_peer(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_tries tries = {0};
    struct balancer_peer *peer = NULL;

    start_dns(fixture);
    add(fixture, "two.test", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(balancer_pick(fixture->balancer, &tries, &nobody, &peer), BALANCER_WAIT);
    wait_for_names(fixture);
    expect_turns(fixture, "1212");
}

static void a_name_that_does_not_exist_is_said_so(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_tries tries = {0};
    struct balancer_peer *peer = NULL;

    start_dns(fixture);
    add(fixture, "none.test", 1);
    start(fixture, BALANCER_ROUND_ROBIN);
    assert_int_equal(balancer_pick(fixture->balancer, &tries, &nobody, &peer), BALANCER_WAIT);
    wait_for_names(fixture);
    assert_int_equal(balancer_pick(fixture->balancer, &tries, &nobody, &peer), BALANCER_UNRESOLVED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(turns_are_smooth_and_weighted),
        TEST(a_failed_peer_is_put_aside_and_tried_again),
        TEST(max_fails_counts_and_0_never_puts_aside),
        TEST(what_is_undecided_is_no_failure),
        TEST(the_only_peer_is_never_put_aside),
        TEST(backups_stand_in),
        TEST(one_request_meets_each_peer_once),
        TEST(least_conn_counts_open_connections),
        TEST(max_conns_is_a_ceiling),
        TEST(ip_hash_keeps_a_client_with_its_peer),
        TEST(each_address_of_a_name_is_a_peer),
        TEST(a_name_that_does_not_exist_is_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
