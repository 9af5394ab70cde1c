/* Reaching backends: on loopback, with names from a server that says what the rows say. */
#include "dns/dns.h"
#include "dns/fake_dns.h"
#include "relay/backend.h"
#include "relay/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* clang-format off */
static const struct fake_record records[] = {
    {"one.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\3"), FAKE_RAW},
    {"two.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\2"), FAKE_RAW},
    {"two.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\3"), FAKE_RAW},
    {"slow.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\4"), FAKE_RAW},
    {"slow.test", FAKE_A, 60, FAKE_BYTES("\x7f\0\0\3"), FAKE_RAW},
    {"broken.test", FAKE_A, 0, "", 0, FAKE_SERVFAIL},
    {"silent.test", FAKE_A, 0, "", 0, FAKE_SILENT},
    {"silent.test", FAKE_AAAA, 0, "", 0, FAKE_SILENT},
};
/* clang-format on */

struct fixture {
    struct worker worker;
    struct fake_dns *fake;
    struct deadline limit;
    struct backend_dial *dial;
    uint16_t port;
    int listener; /* on 127.0.0.3 */
    bool inside;
    unsigned calls;
    enum backend_failure failure;
    int fd;
    struct address address;
};

static int listen_on(const char *host, uint16_t port, int backlog)
{
    struct address address = {.port = port};
    struct sockaddr_storage to;
    int fd, on = 1;

    assert_true(address_parse(slice_of(host), &address));
    fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&to, address_to_socket(&address, &to)) != 0 ||
        listen(fd, backlog) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    struct address address;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    address_from_socket((struct sockaddr *)&own, &address);
    return address.port;
}

static void on_limit(void *owner)
{
    (void)owner;
    fail_msg("nothing happens");
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct dns_options options = {.timeout_ms = 2000};

    fixture->fake = fake_dns_start(records, sizeof records / sizeof records[0]);
    fixture->worker.loop = loop_new();
    options.servers = fake_dns_servers(fixture->fake);
    fixture->worker.resolver = dns_resolver_new(fixture->worker.loop, &options);
    fixture->worker.backends = backend_pool_new(&fixture->worker);
    deadline_init(&fixture->limit, on_limit, fixture);
    fixture->listener = listen_on("127.0.0.3", 0, 8);
    fixture->port = port_of(fixture->listener);
    fixture->fd = -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    deadline_clear(&fixture->limit);
    backend_pool_free(fixture->worker.backends);
    dns_resolver_free(fixture->worker.resolver);
    loop_free(fixture->worker.loop);
    fake_dns_stop(fixture->fake);
    close(fixture->listener);
    if (fixture->fd >= 0)
        close(fixture->fd);
    free(fixture);
    return 0;
}

static void on_done(void *owner, enum backend_failure failure, int fd,
                    const struct address *address)
{
    struct fixture *fixture = owner;

    assert_false(fixture->inside);
    assert_true((failure == BACKEND_OK) == (fd >= 0));
    fixture->calls++;
    fixture->dial = NULL;
    fixture->failure = failure;
    fixture->fd = fd;
    if (address != NULL)
        fixture->address = *address;
    loop_stop(fixture->worker.loop);
}

static void begin(struct fixture *fixture, const char *host, uint16_t port, uint32_t timeout_ms)
{
    struct backend_target target = {.host = slice_of(host), .port = port};

    if (fixture->fd >= 0)
        close(fixture->fd);
    fixture->fd = -1;
    fixture->calls = 0;
    fixture->inside = true;
    fixture->dial = backend_dial(&fixture->worker, &target, timeout_ms, on_done, fixture);
    fixture->inside = false;
}

static enum backend_failure dial(struct fixture *fixture, const char *host, uint16_t port)
{
    begin(fixture, host, port, 1500);
    deadline_set(fixture->worker.loop, &fixture->limit, 10000);
    loop_run(fixture->worker.loop);
    assert_int_equal(fixture->calls, 1);
    return fixture->failure;
}

static void on_paused(void *owner)
{
    loop_stop(((struct fixture *)owner)->worker.loop);
}

static void pass_time(struct fixture *fixture, uint32_t ms)
{
    struct deadline over;

    deadline_init(&over, on_paused, fixture);
    deadline_set(fixture->worker.loop, &over, ms);
    loop_run(fixture->worker.loop);
}

static void assert_reached(struct fixture *fixture, const char *expected)
{
    struct sockaddr_storage to;
    socklen_t len = sizeof to;
    struct address address;

    assert_string_equal(address_print(&fixture->address).text, expected);
    assert_int_equal(fixture->address.port, fixture->port);
    assert_int_equal(getpeername(fixture->fd, (struct sockaddr *)&to, &len), 0);
    address_from_socket((struct sockaddr *)&to, &address);
    assert_true(address_equal(&address, &fixture->address));
}

static void text_needs_no_resolver(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(dial(fixture, "127.0.0.3", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), 0);
    assert_int_equal(fixture->worker.counters[COUNTER_BACKEND_CONNECTS], 1);
    assert_int_equal(fixture->worker.counters[COUNTER_BACKEND_FAILURES], 0);
}

static void ipv6_text(void **state)
{
    struct fixture *fixture = *state;
    int listener = listen_on("::1", fixture->port, 8);

    if (listener < 0)
        skip();
    assert_int_equal(dial(fixture, "::1", fixture->port), BACKEND_OK);
    assert_reached(fixture, "::1");
    assert_int_equal(dial(fixture, "[::1]", fixture->port), BACKEND_OK);
    close(listener);
}

static void name_is_asked_once(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(dial(fixture, "one.test", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");
    assert_int_equal(dial(fixture, "one.test", fixture->port), BACKEND_OK);
    assert_int_equal(fake_dns_asked(fixture->fake, "one.test", FAKE_A), 1);
}

static void second_address_after_a_refusal(void **state)
{
    struct fixture *fixture = *state;
    int late;

    assert_int_equal(dial(fixture, "two.test", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");

    /* The first would take connections now, but it failed a moment ago: it waits its time. */
    late = listen_on("127.0.0.2", fixture->port, 8);
    assert_true(late >= 0);
    assert_int_equal(dial(fixture, "two.test", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");
    close(late);
}

static void failed_address_is_tried_last_not_never(void **state)
{
    struct fixture *fixture = *state;
    int late;

    assert_int_equal(dial(fixture, "127.0.0.2", fixture->port), BACKEND_REFUSED);
    late = listen_on("127.0.0.2", fixture->port, 8);
    close(fixture->listener);
    fixture->listener = -1;
    assert_int_equal(dial(fixture, "two.test", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.2");
    close(late);
}

static void all_refused(void **state)
{
    struct fixture *fixture = *state;

    close(fixture->listener);
    fixture->listener = -1;
    assert_int_equal(dial(fixture, "127.0.0.3", fixture->port), BACKEND_REFUSED);
    assert_int_equal(dial(fixture, "two.test", fixture->port), BACKEND_REFUSED);
    assert_int_equal(fixture->worker.counters[COUNTER_BACKEND_FAILURES], 2);
    assert_int_equal(fixture->worker.counters[COUNTER_BACKEND_CONNECTS], 0);
}

static void not_resolved(void **state)
{
    static const char *const hosts[] = {"nowhere.test", "broken.test", "no name", ""};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dial(fixture, hosts[i], fixture->port), BACKEND_NOT_RESOLVED);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The dial's time is shorter than the resolver's. */
static void silent_name_server(void **state)
{
    struct fixture *fixture = *state;
    uint64_t start = now_ms();

    begin(fixture, "silent.test", fixture->port, 300);
    loop_run(fixture->worker.loop);
    assert_int_equal(fixture->failure, BACKEND_NOT_RESOLVED);
    assert_in_range(now_ms() - start, 290, 1500);
}

/* A listener on 127.0.0.4 whose queue is full: the kernel drops what else comes. -1 if this
 * kernel does not. */
static int listen_and_never_accept(uint16_t port, int fill[8])
{
    int listener = listen_on("127.0.0.4", port, 0);
    struct address address = {.port = port};
    struct sockaddr_storage to;
    socklen_t len;

    assert_true(address_parse(SLICE("127.0.0.4"), &address));
    len = address_to_socket(&address, &to);
    for (int i = 0; i < 8; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (struct sockaddr *)&to, len);
    }
    usleep(50000);
    for (int i = 0; i < 8; i++)
        if (connect(fill[i], (struct sockaddr *)&to, len) != 0)
            return listener;
    close(listener);
    return -1;
}

static void stop_listening(int listener, const int fill[8])
{
    close(listener);
    for (int i = 0; i < 8; i++)
        close(fill[i]);
}

static void silence_times_out(void **state)
{
    struct fixture *fixture = *state;
    int fill[8], listener = listen_and_never_accept(fixture->port, fill);
    uint64_t start = now_ms();

    if (listener < 0)
        skip();
    begin(fixture, "127.0.0.4", fixture->port, 400);
    loop_run(fixture->worker.loop);
    assert_int_equal(fixture->failure, BACKEND_TIMED_OUT);
    assert_in_range(now_ms() - start, 390, 1500);
    stop_listening(listener, fill);
}

static void silent_address_leaves_time_for_the_next(void **state)
{
    struct fixture *fixture = *state;
    int fill[8], listener = listen_and_never_accept(fixture->port, fill);
    uint64_t start = now_ms();

    if (listener < 0)
        skip();
    begin(fixture, "slow.test", fixture->port, 2000);
    loop_run(fixture->worker.loop);
    assert_in_range(now_ms() - start, 900, 1800);
    assert_int_equal(fixture->failure, BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");
    stop_listening(listener, fill);
}

static void cancelled_dials_say_nothing(void **state)
{
    static const char *const hosts[] = {"127.0.0.3", "127.0.0.2", "one.test", "silent.test"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < 4; i++) {
        begin(fixture, hosts[i], fixture->port, 500);
        backend_dial_cancel(&fixture->dial);
        assert_null(fixture->dial);
        backend_dial_cancel(&fixture->dial);
        pass_time(fixture, i == 3 ? 800 : 100);
        assert_int_equal(fixture->calls, 0);
    }
}

static void works_without_a_pool(void **state)
{
    struct fixture *fixture = *state;
    struct backend_pool *pool = fixture->worker.backends;

    fixture->worker.backends = NULL;
    assert_int_equal(dial(fixture, "two.test", fixture->port), BACKEND_OK);
    assert_reached(fixture, "127.0.0.3");
    fixture->worker.backends = pool;
}

static void every_failure_has_words(void **state)
{
    (void)state;
    for (int failure = BACKEND_OK; failure <= BACKEND_TIMED_OUT; failure++)
        assert_non_null(backend_failure_words((enum backend_failure)failure));
}

#define DIAL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIAL_TEST(text_needs_no_resolver),
        DIAL_TEST(ipv6_text),
        DIAL_TEST(name_is_asked_once),
        DIAL_TEST(second_address_after_a_refusal),
        DIAL_TEST(failed_address_is_tried_last_not_never),
        DIAL_TEST(all_refused),
        DIAL_TEST(not_resolved),
        DIAL_TEST(silent_name_server),
        DIAL_TEST(silence_times_out),
        DIAL_TEST(silent_address_leaves_time_for_the_next),
        DIAL_TEST(cancelled_dials_say_nothing),
        DIAL_TEST(works_without_a_pool),
        cmocka_unit_test(every_failure_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
