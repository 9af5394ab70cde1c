#include "net/loop.h"
#include "relay/balancer.h"
#include "relay/balancer_ring.h"
#include "relay/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* hash, hash … consistent and random. That the servers are nginx's says test/integration. */

#define SERVERS 5
#define KEYS    1000

struct fixture {
    struct worker worker;
    struct balancer_server servers[SERVERS];
    char names[SERVERS][24], hosts[SERVERS][16];
    struct balancer_conf conf;
    struct balancer *balancer;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->worker.loop = loop_new();
    fixture->conf.servers = fixture->servers;
    for (size_t i = 0; i < SERVERS; i++) {
        struct balancer_server *server = &fixture->servers[i];

        snprintf(fixture->hosts[i], sizeof fixture->hosts[i], "127.0.0.%zu", i);
        snprintf(fixture->names[i], sizeof fixture->names[i], "127.0.0.%zu:80", i);
        server->name = slice_of(fixture->names[i]);
        server->target = (struct backend_target){.host = slice_of(fixture->hosts[i]), .port = 80};
        server->weight = 1;
        server->max_fails = 1;
        server->fail_timeout_ms = 10000;
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->balancer != NULL)
        balancer_free(fixture->balancer);
    loop_free(fixture->worker.loop);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, enum balancer_method method, size_t count)
{
    if (fixture->balancer != NULL)
        balancer_free(fixture->balancer);
    fixture->conf.method = method;
    fixture->conf.server_count = count;
    fixture->balancer = balancer_new(&fixture->worker, NULL, &fixture->conf, NULL);
}

/* Number of the peer that gets the key's request; SERVERS: none. */
static unsigned ask(struct fixture *fixture, struct balancer_tries *tries, const char *key)
{
    struct address address = {0};
    struct balancer_client client = {&address, slice_of(key)};
    struct balancer_peer *peer = NULL;
    unsigned number;

    if (balancer_pick(fixture->balancer, tries, &client, &peer) != BALANCER_PICKED)
        return SERVERS;
    number = peer->address.bytes[3];
    balancer_release(fixture->balancer, &peer, BALANCER_UNDECIDED);
    return number;
}

static unsigned first(struct fixture *fixture, unsigned key)
{
    struct balancer_tries tries = {0};
    char text[16];

    snprintf(text, sizeof text, "key%u", key);
    return ask(fixture, &tries, text);
}

static void ask_for_all(struct fixture *fixture, unsigned found[KEYS])
{
    for (unsigned i = 0; i < KEYS; i++)
        found[i] = first(fixture, i);
}

static unsigned count_moved(const unsigned before[KEYS], const unsigned after[KEYS])
{
    unsigned moved = 0;

    for (unsigned i = 0; i < KEYS; i++)
        moved += before[i] != after[i];
    return moved;
}

static void a_key_stays_with_its_peer(void **state)
{
    static const enum balancer_method methods[] = {BALANCER_HASH, BALANCER_RING};
    struct fixture *fixture = *state;
    unsigned found[KEYS], again[KEYS];

    for (size_t i = 0; i < 2; i++) {
        unsigned counts[SERVERS + 1] = {0};

        start(fixture, methods[i], SERVERS);
        ask_for_all(fixture, found);
        ask_for_all(fixture, again);
        assert_int_equal(count_moved(found, again), 0);
        for (unsigned k = 0; k < KEYS; k++)
            counts[found[k]]++;
        for (size_t k = 0; k < SERVERS; k++)
            assert_in_range(counts[k], KEYS / SERVERS / 2, KEYS / SERVERS * 2);
    }
}

/* Of five servers one goes: on the ring only its keys move. */
static void a_ring_moves_few_keys(void **state)
{
    struct fixture *fixture = *state;
    unsigned before[KEYS], after[KEYS];

    start(fixture, BALANCER_RING, SERVERS);
    ask_for_all(fixture, before);
    start(fixture, BALANCER_RING, SERVERS - 1);
    ask_for_all(fixture, after);
    for (unsigned i = 0; i < KEYS; i++)
        if (before[i] != SERVERS - 1)
            assert_int_equal(after[i], before[i]);
}

static void one_request_meets_each_peer_once(void **state)
{
    struct fixture *fixture = *state;

    for (int method = BALANCER_HASH; method <= BALANCER_RANDOM_TWO; method++) {
        struct balancer_tries tries = {0};
        bool met[SERVERS + 1] = {false};

        start(fixture, (enum balancer_method)method, SERVERS);
        for (size_t i = 0; i < SERVERS; i++)
            met[ask(fixture, &tries, "a key")] = true;
        assert_int_equal(ask(fixture, &tries, "a key"), SERVERS);
        for (size_t i = 0; i < SERVERS; i++)
            assert_true(met[i]);
    }
}

static void without_a_key_all_take_turns(void **state)
{
    struct fixture *fixture = *state;

    for (int method = BALANCER_HASH; method <= BALANCER_RING; method++) {
        start(fixture, (enum balancer_method)method, SERVERS);
        for (unsigned i = 0; i < 2 * SERVERS; i++) {
            struct balancer_tries tries = {0};

            assert_int_equal(ask(fixture, &tries, ""), i % SERVERS);
        }
    }
}

static void chance_follows_weight(void **state)
{
    struct fixture *fixture = *state;
    unsigned counts[SERVERS + 1] = {0};

    fixture->servers[0].weight = 5;
    start(fixture, BALANCER_RANDOM, SERVERS);
    for (unsigned i = 0; i < 9000; i++)
        counts[first(fixture, 0)]++;
    assert_in_range(counts[0], 4000, 6000);
    for (size_t i = 1; i < SERVERS; i++)
        assert_in_range(counts[i], 500, 1500);
}

/* One of two is full: it is chosen only when it is met twice. */
static void the_better_of_two(void **state)
{
    struct fixture *fixture = *state;
    struct balancer_tries tries = {0};
    struct balancer_client client = {0};
    struct balancer_peer *held = NULL;

    start(fixture, BALANCER_RANDOM_TWO, 2);
    assert_int_equal(balancer_pick(fixture->balancer, &tries, &client, &held), BALANCER_PICKED);
    for (unsigned i = 0; i < 100; i++)
        assert_int_not_equal(first(fixture, 0), held->address.bytes[3]);
    balancer_release(fixture->balancer, &held, BALANCER_WORKED);
}

/* "host" and "host:port" are taken apart as nginx does; an address in brackets has a port. */
static void a_ring_of_odd_names(void **state)
{
    static const char *const names[] = {"", ":", ":80", "123", "[::1]", "[::1]:8080", "a:b:1"};
    struct balancer_server servers[7] = {0};
    struct balancer_ring *ring;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        servers[i].name = slice_of(names[i]);
        servers[i].weight = 1;
    }
    ring = balancer_ring_new(servers, 7);
    assert_int_equal(balancer_ring_find(ring, 0), 0);
    for (size_t i = 0; i < 2000; i++)
        assert_non_null(balancer_ring_name(ring, i).at);
    assert_in_range(balancer_ring_find(ring, UINT32_MAX), 1, 7 * 160);
    balancer_ring_free(ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_stays_with_its_peer),
        TEST(a_ring_moves_few_keys),
        TEST(one_request_meets_each_peer_once),
        TEST(without_a_key_all_take_turns),
        TEST(chance_follows_weight),
        TEST(the_better_of_two),
        TEST(a_ring_of_odd_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
