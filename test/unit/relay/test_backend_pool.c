#include "relay/backend.h"
#include "relay/worker.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define CONNECTIONS 40

struct fixture {
    struct worker worker;
    struct backend_pool *pool;
    struct stream *streams[CONNECTIONS];
    int far[CONNECTIONS]; /* the backend's ends */
    struct address address;
    unsigned received;
};

static struct backend_target target(const char *host, uint16_t port)
{
    return (struct backend_target){.host = slice_of(host), .port = port};
}

static void on_received(void *owner)
{
    struct fixture *fixture = owner;

    fixture->received++;
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static const struct stream_events events = {on_received, on_nothing, on_nothing, on_nothing};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->worker.loop = loop_new();
    fixture->pool = backend_pool_new(&fixture->worker);
    assert_true(address_parse(SLICE("192.0.2.1"), &fixture->address));
    for (int i = 0; i < CONNECTIONS; i++)
        fixture->far[i] = -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->pool != NULL)
        backend_pool_free(fixture->pool);
    for (int i = 0; i < CONNECTIONS; i++) {
        if (fixture->streams[i] != NULL)
            stream_close(&fixture->streams[i]);
        if (fixture->far[i] >= 0)
            close(fixture->far[i]);
    }
    loop_free(fixture->worker.loop);
    free(fixture);
    return 0;
}

static void open_one(struct fixture *fixture, int place)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    fixture->streams[place] = stream_new(fixture->worker.loop, ends[0], &events, fixture);
    fixture->far[place] = ends[1];
}

static void give(struct fixture *fixture, int place, struct backend_target to)
{
    static const struct backend_keep keep = {.idle_max = 32, .idle_ms = 60000};
    struct backend_connection connection = {.stream = fixture->streams[place],
                                            .address = fixture->address};

    connection.address.port = (uint16_t)(1000 + place);
    connection.requests = (uint32_t)place;
    backend_pool_give(fixture->pool, &to, &keep, &connection);
    assert_null(connection.stream);
    fixture->streams[place] = NULL;
}

/* The place the taken connection was given from; -1: there was none. */
static int take(struct fixture *fixture, struct backend_target from)
{
    struct backend_connection connection;
    int place;

    if (!backend_pool_take(fixture->pool, &from, &connection))
        return -1;
    place = connection.address.port - 1000;
    assert_true(address_same_host(&connection.address, &fixture->address));
    assert_int_equal(connection.requests, place);
    stream_set_owner(connection.stream, &events, fixture);
    fixture->streams[place] = connection.stream;
    return place;
}

static void on_paused(void *owner)
{
    loop_stop(owner);
}

static void turn(struct fixture *fixture)
{
    struct deadline over;

    deadline_init(&over, on_paused, fixture->worker.loop);
    deadline_set(fixture->worker.loop, &over, 1);
    loop_run(fixture->worker.loop);
}

static bool is_closed(const struct fixture *fixture, int place)
{
    char byte;

    return recv(fixture->far[place], &byte, 1, MSG_PEEK) == 0 || errno == ECONNRESET;
}

static void newest_first(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(take(fixture, target("a", 80)), -1);
    for (int i = 0; i < 3; i++) {
        open_one(fixture, i);
        give(fixture, i, target("a", 80));
    }
    turn(fixture);
    assert_int_equal(take(fixture, target("a", 80)), 2);
    assert_int_equal(take(fixture, target("a", 80)), 1);
    give(fixture, 2, target("a", 80));
    assert_int_equal(take(fixture, target("a", 80)), 2);
    assert_int_equal(take(fixture, target("a", 80)), 0);
    assert_int_equal(take(fixture, target("a", 80)), -1);
    assert_int_equal(fixture->worker.counters[COUNTER_BACKEND_REUSES], 4);
}

static void targets_are_apart(void **state)
{
    struct fixture *fixture = *state;
    char host[] = "a.example";

    open_one(fixture, 0);
    give(fixture, 0, target(host, 80));
    host[0] = 'x'; /* the pool keeps its own copy */
    assert_int_equal(take(fixture, target("x.example", 80)), -1);
    assert_int_equal(take(fixture, target("a.example", 81)), -1);
    assert_int_equal(take(fixture, target("a.exampl", 80)), -1);
    assert_int_equal(take(fixture, target("a.example", 80)), 0);
}

/* More targets than the table has buckets. */
static void many_targets(void **state)
{
    struct fixture *fixture = *state;

    for (int round = 0; round < 600; round++) {
        open_one(fixture, 0);
        give(fixture, 0, target("a", (uint16_t)round));
        assert_int_equal(take(fixture, target("a", (uint16_t)round)), 0);
        stream_close(&fixture->streams[0]);
        close(fixture->far[0]);
        fixture->far[0] = -1;
    }
}

static void what_the_backend_ends_is_dropped(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 3; i++) {
        open_one(fixture, i);
        give(fixture, i, target("a", 80));
    }
    shutdown(fixture->far[1], SHUT_WR);
    assert_int_equal(write(fixture->far[2], "x", 1), 1);
    turn(fixture);
    assert_true(is_closed(fixture, 1));
    assert_true(is_closed(fixture, 2));
    assert_int_equal(take(fixture, target("a", 80)), 0);
    assert_int_equal(take(fixture, target("a", 80)), -1);
    assert_int_equal(fixture->received, 0);
}

static void taken_connection_reports_to_its_new_owner(void **state)
{
    struct fixture *fixture = *state;

    open_one(fixture, 0);
    stream_pause(fixture->streams[0]);
    give(fixture, 0, target("a", 80));
    assert_int_equal(take(fixture, target("a", 80)), 0);
    assert_int_equal(write(fixture->far[0], "x", 1), 1);
    turn(fixture);
    assert_int_equal(fixture->received, 1);
}

static void on_received_give(void *owner)
{
    struct fixture *fixture = owner;

    fixture->received++;
    give(fixture, 0, target("a", 80)); /* with a byte that nobody asked for */
}

static const struct stream_events giving_events = {on_received_give, on_nothing, on_nothing,
                                                   on_nothing};

static void what_is_not_idle_is_not_kept(void **state)
{
    struct fixture *fixture = *state;

    open_one(fixture, 0);
    stream_set_owner(fixture->streams[0], &giving_events, fixture);
    assert_int_equal(write(fixture->far[0], "x", 1), 1);
    turn(fixture);
    assert_int_equal(fixture->received, 1);
    assert_int_equal(take(fixture, target("a", 80)), -1);
    assert_true(is_closed(fixture, 0));

    open_one(fixture, 1);
    shutdown(fixture->far[1], SHUT_WR);
    turn(fixture);
    assert_int_equal(fixture->received, 2);
    give(fixture, 1, target("a", 80));
    assert_int_equal(take(fixture, target("a", 80)), -1);
}

static void thirty_two_are_kept(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < CONNECTIONS; i++) {
        open_one(fixture, i);
        give(fixture, i, target("a", 80));
    }
    for (int i = 0; i < CONNECTIONS; i++)
        assert_int_equal(is_closed(fixture, i), i < CONNECTIONS - 32);
    for (int i = CONNECTIONS - 1; i >= CONNECTIONS - 32; i--)
        assert_int_equal(take(fixture, target("a", 80)), i);
    assert_int_equal(take(fixture, target("a", 80)), -1);
}

static void free_closes_them_all(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 4; i++) {
        open_one(fixture, i);
        give(fixture, i, i < 2 ? target("a", 80) : target("b", 80));
    }
    backend_pool_free(fixture->pool);
    fixture->pool = NULL;
    for (int i = 0; i < 4; i++)
        assert_true(is_closed(fixture, i));
}

#define POOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(newest_first),
        POOL_TEST(targets_are_apart),
        POOL_TEST(many_targets),
        POOL_TEST(what_the_backend_ends_is_dropped),
        POOL_TEST(taken_connection_reports_to_its_new_owner),
        POOL_TEST(what_is_not_idle_is_not_kept),
        POOL_TEST(thirty_two_are_kept),
        POOL_TEST(free_closes_them_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
