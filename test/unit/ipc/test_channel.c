#include "ipc/channel.h"
#include "os/descriptor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* A master's channel; the test is the worker, and speaks for itself. */
struct fixture {
    struct loop *loop;
    struct channel *channel;
    int other;
    enum message messages[8];
    size_t count, ends;
    char body[64];
    const char *why;
    bool got_descriptor, closes;
};

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct fixture *fixture = owner;

    fixture->messages[fixture->count++] = message;
    snprintf(fixture->body, sizeof fixture->body, "%.*s", (int)body.len, body.at);
    if (fd >= 0) {
        fixture->got_descriptor = true;
        close(fd);
    }
    if (fixture->closes)
        channel_close(&fixture->channel);
    loop_stop(fixture->loop);
}

static void on_closed(void *owner, const char *why)
{
    struct fixture *fixture = owner;

    fixture->ends++;
    fixture->why = why;
    loop_stop(fixture->loop);
}

static const struct channel_events events = {on_message, on_closed};

static void open_as(struct fixture *fixture, enum role self, enum role other)
{
    int pair[2];

    *fixture = (struct fixture){.loop = loop_new()};
    assert_true(descriptor_pair(pair));
    fixture->other = pair[1];
    fixture->channel = channel_new(fixture->loop, pair[0], self, other, &events, fixture);
}

static void end(struct fixture *fixture)
{
    channel_close(&fixture->channel);
    assert_null(fixture->channel);
    if (fixture->other >= 0)
        close(fixture->other);
    loop_free(fixture->loop);
}

static void say(const struct fixture *fixture, uint32_t number, struct slice body, int fd)
{
    char bytes[4096];

    memcpy(bytes, &number, sizeof number);
    memcpy(bytes + sizeof number, body.at, body.len);
    assert_int_equal(
        descriptor_send(fixture->other, (struct slice){bytes, sizeof number + body.len}, fd),
        DESCRIPTOR_OK);
}

static void messages_arrive(void **state)
{
    struct fixture fixture;

    (void)state;
    open_as(&fixture, ROLE_MASTER, ROLE_WORKER);
    say(&fixture, MESSAGE_FAILED, SLICE("no luck"), -1);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1);
    assert_int_equal(fixture.messages[0], MESSAGE_FAILED);
    assert_string_equal(fixture.body, "no luck");
    end(&fixture);
}

static void a_descriptor_arrives_with_its_message(void **state)
{
    struct fixture fixture;

    (void)state;
    open_as(&fixture, ROLE_WORKER, ROLE_MASTER);
    say(&fixture, MESSAGE_LOG_FILE, SLICE("\1\0\0\0"), 1);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1);
    assert_true(fixture.got_descriptor);
    end(&fixture);
}

static void expect_dropped(uint32_t number, struct slice body, int fd)
{
    struct fixture fixture;

    open_as(&fixture, ROLE_MASTER, ROLE_WORKER);
    say(&fixture, number, body, fd);
    say(&fixture, MESSAGE_READY, SLICE(""), -1); /* too late */
    loop_run(fixture.loop);
    assert_int_equal(fixture.ends, 1);
    assert_non_null(fixture.why);
    assert_int_equal(fixture.count, 0);
    end(&fixture);
}

static void who_breaks_the_table_is_dropped(void **state)
{
    static char large[MESSAGE_BODY_MAX + 64];

    (void)state;
    expect_dropped(MESSAGE_STOP, SLICE(""), -1);   /* only the master says that */
    expect_dropped(MESSAGE_READY, SLICE("x"), -1); /* has no body */
    expect_dropped(MESSAGE_READY, SLICE(""), 1);   /* carries none */
    expect_dropped(MESSAGE_COUNT, SLICE(""), -1);  /* does not exist */
    expect_dropped(MESSAGE_FAILED, (struct slice){large, sizeof large}, -1); /* too large */
}

static void the_other_end_going_is_no_crime(void **state)
{
    struct fixture fixture;

    (void)state;
    open_as(&fixture, ROLE_MASTER, ROLE_WORKER);
    say(&fixture, MESSAGE_READY, SLICE(""), -1);
    close(fixture.other);
    fixture.other = -1;
    loop_run(fixture.loop);
    if (fixture.ends == 0)
        loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1); /* what was sent before is read first */
    assert_int_equal(fixture.ends, 1);
    assert_null(fixture.why);
    assert_false(channel_send(fixture.channel, MESSAGE_STOP, SLICE_NONE, -1));
    end(&fixture);
}

static void it_may_be_closed_in_a_callback(void **state)
{
    struct fixture fixture;

    (void)state;
    open_as(&fixture, ROLE_MASTER, ROLE_WORKER);
    fixture.closes = true;
    say(&fixture, MESSAGE_READY, SLICE(""), -1);
    say(&fixture, MESSAGE_READY, SLICE(""), -1);
    loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1);
    assert_int_equal(fixture.ends, 0);
    end(&fixture);
}

static void what_is_sent_is_what_the_table_says(void **state)
{
    struct fixture fixture;
    char buffer[64];
    uint32_t words[2];
    size_t len;
    int fd;

    (void)state;
    open_as(&fixture, ROLE_MASTER, ROLE_WORKER);
    assert_true(channel_send_number(fixture.channel, MESSAGE_LOG_FILE, 7, 1));
    assert_int_equal(descriptor_receive(fixture.other, buffer, sizeof buffer, &len, &fd),
                     DESCRIPTOR_OK);
    assert_int_equal(len, sizeof words);
    memcpy(words, buffer, sizeof words);
    assert_int_equal(words[0], MESSAGE_LOG_FILE);
    assert_int_equal(words[1], 7);
    assert_true(fd >= 0);
    close(fd);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive),
        cmocka_unit_test(a_descriptor_arrives_with_its_message),
        cmocka_unit_test(who_breaks_the_table_is_dropped),
        cmocka_unit_test(the_other_end_going_is_no_crime),
        cmocka_unit_test(it_may_be_closed_in_a_callback),
        cmocka_unit_test(what_is_sent_is_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
