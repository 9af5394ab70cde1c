#include "ipc/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The table, written down a second time as what it must mean. */
static const struct {
    enum message message;
    enum role sender, receiver;
    size_t body;
    bool descriptor;
} legal[] = {
    {MESSAGE_READY,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 2048, false},
    {MESSAGE_DRAINING,       ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAINED,        ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_LOG_TAKEN,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_ISOLATION,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_RENEW,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAIN,          ROLE_MASTER, ROLE_WORKER, 4,    false},
    {MESSAGE_STOP,           ROLE_MASTER, ROLE_WORKER, 0,    false},
    {MESSAGE_LOG_FILE,       ROLE_MASTER, ROLE_WORKER, 4,    true },
    {MESSAGE_AUTH_READY,     ROLE_AUTH,   ROLE_MASTER, 4,    false},
    {MESSAGE_AUTH_RENEW,     ROLE_AUTH,   ROLE_MASTER, 0,    false},
    {MESSAGE_AUTH_PING,      ROLE_MASTER, ROLE_AUTH,   0,    false},
    {MESSAGE_AUTH_PONG,      ROLE_AUTH,   ROLE_MASTER, 8,    false},
    {MESSAGE_HOLDER_PING,    ROLE_MASTER, ROLE_HOLDER, 0,    false},
    {MESSAGE_HOLDER_PONG,    ROLE_HOLDER, ROLE_MASTER, 0,    false},
    {MESSAGE_AUTH_FAILED,    ROLE_AUTH,   ROLE_MASTER, 2048, false},
    {MESSAGE_AUTH_SAYS,      ROLE_AUTH,   ROLE_MASTER, 4,    false},
    {MESSAGE_AUTH_STOP,      ROLE_MASTER, ROLE_AUTH,   0,    false},
    {MESSAGE_AUTH_WORKER,    ROLE_MASTER, ROLE_AUTH,   0,    true },
    {MESSAGE_AUTH_CHANNEL,   ROLE_MASTER, ROLE_WORKER, 0,    true },
    {MESSAGE_AUTH_ASK,       ROLE_WORKER, ROLE_AUTH,   48,   false},
    {MESSAGE_AUTH_ASK,       ROLE_WORKER, ROLE_AUTH,   814,  false},
    {MESSAGE_AUTH_ANSWER,    ROLE_AUTH,   ROLE_WORKER, 20,   false},
    {MESSAGE_READY,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 2048, false},
    {MESSAGE_DRAINING,       ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAINED,        ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_LOG_TAKEN,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_ISOLATION,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_RENEW,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAIN,          ROLE_MASTER, ROLE_WORKER, 4,    false},
    {MESSAGE_STOP,           ROLE_MASTER, ROLE_WORKER, 0,    false},
    {MESSAGE_LOG_FILE,       ROLE_MASTER, ROLE_WORKER, 4,    true },
    {MESSAGE_READY,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 2048, false},
    {MESSAGE_DRAINING,       ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAINED,        ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_LOG_TAKEN,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_ISOLATION,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_RENEW,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAIN,          ROLE_MASTER, ROLE_WORKER, 4,    false},
    {MESSAGE_STOP,           ROLE_MASTER, ROLE_WORKER, 0,    false},
    {MESSAGE_LOG_FILE,       ROLE_MASTER, ROLE_WORKER, 4,    true },
    {MESSAGE_READY,          ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_FAILED,         ROLE_WORKER, ROLE_MASTER, 2048, false},
    {MESSAGE_DRAINING,       ROLE_WORKER, ROLE_MASTER, 0,    false},
    {MESSAGE_DRAINED,        ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_LOG_TAKEN,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_DRAIN,          ROLE_MASTER, ROLE_WORKER, 4,    false},
    {MESSAGE_STOP,           ROLE_MASTER, ROLE_WORKER, 0,    false},
    {MESSAGE_LOG_FILE,       ROLE_MASTER, ROLE_WORKER, 4,    true },
    {MESSAGE_KEYS,           ROLE_MASTER, ROLE_WORKER, 4,    true },
    {MESSAGE_KEYS_LOST,      ROLE_WORKER, ROLE_MASTER, 4,    false},
    {MESSAGE_HOLDER_READY,   ROLE_HOLDER, ROLE_MASTER, 4,    false},
    {MESSAGE_HOLDER_READY,   ROLE_HOLDER, ROLE_MASTER, 512,  false},
    {MESSAGE_HOLDER_FAILED,  ROLE_HOLDER, ROLE_MASTER, 512,  false},
    {MESSAGE_HOLDER_SERVE,   ROLE_MASTER, ROLE_HOLDER, 4,    true },
    {MESSAGE_HOLDER_REFUSED, ROLE_HOLDER, ROLE_MASTER, 4,    false},
};

static char bytes[MESSAGE_HEAD_BYTES + MESSAGE_BODY_MAX + 1];

static struct slice datagram(uint32_t number, size_t body)
{
    memcpy(bytes, &number, sizeof number);
    return (struct slice){bytes, sizeof number + body};
}

static void what_the_table_allows_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof legal / sizeof *legal; i++) {
        enum message message = MESSAGE_COUNT;
        struct slice body;

        assert_int_equal(message_check(datagram(legal[i].message, legal[i].body), legal[i].sender,
                                       legal[i].receiver, legal[i].descriptor, &message, &body),
                         MESSAGE_GOOD);
        assert_int_equal(message, legal[i].message);
        assert_int_equal(body.len, legal[i].body);
    }
}

static void each_way_to_break_it_is_named(void **state)
{
    enum message message;
    struct slice body;

    (void)state;
    for (size_t i = 0; i < sizeof legal / sizeof *legal; i++) {
        struct slice good = datagram(legal[i].message, legal[i].body);

        assert_int_equal(message_check(good, legal[i].receiver, legal[i].sender,
                                       legal[i].descriptor, &message, &body),
                         MESSAGE_WRONG_SENDER);
        assert_int_equal(message_check(good, legal[i].sender, legal[i].receiver,
                                       !legal[i].descriptor, &message, &body),
                         MESSAGE_WRONG_DESCRIPTOR);
        assert_int_equal(message_check(datagram(legal[i].message, MESSAGE_BODY_MAX + 1),
                                       legal[i].sender, legal[i].receiver, legal[i].descriptor,
                                       &message, &body),
                         MESSAGE_WRONG_SIZE);
        for (size_t len = 0; len < MESSAGE_HEAD_BYTES; len++)
            assert_int_equal(message_check(slice_part(good, 0, len), legal[i].sender,
                                           legal[i].receiver, legal[i].descriptor, &message, &body),
                             MESSAGE_SHORT);
    }
    assert_int_equal(message_check(datagram(MESSAGE_DRAINED, 3), ROLE_WORKER, ROLE_MASTER, false,
                                   &message, &body),
                     MESSAGE_WRONG_SIZE);
    assert_int_equal(
        message_check(datagram(MESSAGE_COUNT, 0), ROLE_WORKER, ROLE_MASTER, false, &message, &body),
        MESSAGE_UNKNOWN);
    assert_int_equal(
        message_check(datagram(UINT32_MAX, 0), ROLE_MASTER, ROLE_WORKER, false, &message, &body),
        MESSAGE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_table_allows_passes),
        cmocka_unit_test(each_way_to_break_it_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
