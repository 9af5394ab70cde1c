/* Dialling and accepting, against each other and against what is not there. */
#include "net/dial.h"
#include "net/listener.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct deadline limit;
    struct listener *listener;
    int dialled, error, dials, accepted, accepts;
    struct address client;
};

static void on_limit(void *owner)
{
    struct fixture *fixture = owner;

    loop_stop(fixture->loop);
}

static void on_dialled(void *owner, int fd, int error)
{
    struct fixture *fixture = owner;

    fixture->dials++;
    fixture->dialled = fd;
    fixture->error = error;
    if (error != 0)
        loop_stop(fixture->loop);
}

static void on_accepted(void *owner, int fd, const struct address *client)
{
    struct fixture *fixture = owner;

    fixture->accepts++;
    fixture->accepted = fd;
    fixture->client = *client;
    loop_stop(fixture->loop);
}

static void on_exhausted(void *owner, int error)
{
    (void)owner;
    (void)error;
    fail();
}

static int listen_on_loopback(struct address *address)
{
    struct sockaddr_storage socket_address;
    socklen_t len;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(address_parse(SLICE("127.0.0.1"), address));
    len = address_to_socket(address, &socket_address);
    assert_int_equal(bind(fd, (struct sockaddr *)&socket_address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&socket_address, &len), 0);
    address_from_socket((struct sockaddr *)&socket_address, address);
    return fd;
}

static void start(struct fixture *fixture)
{
    *fixture = (struct fixture){.loop = loop_new(), .dialled = -1, .accepted = -1};
    deadline_init(&fixture->limit, on_limit, fixture);
    deadline_set(fixture->loop, &fixture->limit, 3000);
}

static void finish(struct fixture *fixture)
{
    listener_stop(&fixture->listener);
    deadline_clear(&fixture->limit);
    loop_free(fixture->loop);
}

static void a_dial_reaches_a_listener(void **state)
{
    struct fixture fixture;
    struct address address = {0};
    int fd = listen_on_loopback(&address);

    (void)state;
    start(&fixture);
    fixture.listener = listener_start(fixture.loop, fd, on_accepted, on_exhausted, &fixture);
    assert_non_null(dial_start(fixture.loop, &address, 1000, on_dialled, &fixture));
    assert_int_equal(fixture.dials, 0);
    loop_run(fixture.loop);
    if (fixture.dials == 0) {
        deadline_set(fixture.loop, &fixture.limit, 100);
        loop_run(fixture.loop);
    }
    assert_int_equal(fixture.accepts, 1);
    assert_int_equal(fixture.dials, 1);
    assert_int_equal(fixture.error, 0);
    assert_true(fixture.dialled >= 0);
    assert_int_equal(fixture.client.family, AF_INET);
    close(fixture.dialled);
    close(fixture.accepted);
    finish(&fixture);
}

static void a_refused_dial_says_so_from_the_loop(void **state)
{
    struct fixture fixture;
    struct address address = {0};
    int fd = listen_on_loopback(&address);

    (void)state;
    close(fd);
    start(&fixture);
    dial_start(fixture.loop, &address, 1000, on_dialled, &fixture);
    assert_int_equal(fixture.dials, 0);
    loop_run(fixture.loop);
    assert_int_equal(fixture.dials, 1);
    assert_int_equal(fixture.error, ECONNREFUSED);
    assert_int_equal(fixture.dialled, -1);
    finish(&fixture);
}

static void a_cancelled_dial_says_nothing(void **state)
{
    struct fixture fixture;
    struct address address = {0};
    int fd = listen_on_loopback(&address);
    struct dial *dial;

    (void)state;
    start(&fixture);
    dial = dial_start(fixture.loop, &address, 1000, on_dialled, &fixture);
    dial_cancel(&dial);
    assert_null(dial);
    deadline_set(fixture.loop, &fixture.limit, 100);
    loop_run(fixture.loop);
    assert_int_equal(fixture.dials, 0);
    close(fd);
    finish(&fixture);
}

static void a_dial_into_a_full_queue_times_out(void **state)
{
    struct fixture fixture;
    struct address address = {0};
    struct sockaddr_storage to;
    int fd = listen_on_loopback(&address), fillers[64], count = 0;
    socklen_t len = address_to_socket(&address, &to);

    (void)state;
    listen(fd, 0);
    for (; count < 8; count++) { /* nobody accepts: the queue is full after one or two */
        fillers[count] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[count], (struct sockaddr *)&to, len);
    }
    start(&fixture);
    dial_start(fixture.loop, &address, 300, on_dialled, &fixture);
    loop_run(fixture.loop);
    assert_int_equal(fixture.error, ETIMEDOUT);
    while (count > 0)
        close(fillers[--count]);
    close(fd);
    finish(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dial_reaches_a_listener),
        cmocka_unit_test(a_refused_dial_says_so_from_the_loop),
        cmocka_unit_test(a_cancelled_dial_says_nothing),
        cmocka_unit_test(a_dial_into_a_full_queue_times_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
