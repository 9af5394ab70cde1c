#include "base/arena.h"
#include "net/stream.h"
#include "net/stream_transform.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One stream on one end of a socket pair; the test plays the peer on the other end. */
struct fixture {
    struct loop *loop;
    struct stream *stream;
    int peer;
    struct deadline limit;
    char got[1 << 20];
    size_t got_len;
    size_t take; /* how much `received` consumes at a time; 0: everything */
    int received, drained, secured, failed;
    bool stop_on_drained, close_on_received;
    size_t stop_at; /* stop the loop when this much has arrived */
    enum stream_end end;
};

static void on_limit(void *owner)
{
    struct fixture *fixture = owner;

    loop_stop(fixture->loop);
}

static void on_received(void *owner)
{
    struct fixture *fixture = owner;
    struct slice input = stream_input(fixture->stream);

    fixture->received++;
    fixture->end = stream_end(fixture->stream);
    if (fixture->close_on_received) {
        stream_close(&fixture->stream);
        loop_stop(fixture->loop);
        return;
    }
    if (fixture->take > 0 && input.len > fixture->take)
        input.len = fixture->take;
    memcpy(fixture->got + fixture->got_len, input.at, input.len);
    fixture->got_len += input.len;
    stream_consume(fixture->stream, input.len);
    if (fixture->end != STREAM_OPEN ||
        (fixture->stop_at > 0 && fixture->got_len >= fixture->stop_at))
        loop_stop(fixture->loop);
}

static void on_drained(void *owner)
{
    struct fixture *fixture = owner;

    fixture->drained++;
    if (fixture->stop_on_drained)
        loop_stop(fixture->loop);
}

static void on_secured(void *owner)
{
    struct fixture *fixture = owner;

    fixture->secured++;
}

static void on_failed(void *owner)
{
    struct fixture *fixture = owner;

    fixture->failed++;
    fixture->end = stream_end(fixture->stream);
    loop_stop(fixture->loop);
}

static const struct stream_events events = {on_received, on_drained, on_secured, on_failed};

static int set_up(void **state)
{
    struct fixture *fixture = memory_zero(sizeof *fixture);
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    fixture->loop = loop_new();
    fixture->peer = pair[1];
    fixture->stream = stream_new(fixture->loop, pair[0], &events, fixture);
    deadline_init(&fixture->limit, on_limit, fixture);
    deadline_set(fixture->loop, &fixture->limit, 5000);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    stream_close(&fixture->stream);
    deadline_clear(&fixture->limit);
    close(fixture->peer);
    loop_free(fixture->loop);
    free(fixture);
    return 0;
}

static void send_text(struct fixture *fixture, const char *text)
{
    assert_int_equal(write(fixture->peer, text, strlen(text)), (ssize_t)strlen(text));
}

/* Lets the loop turn for a short while whatever happens. */
static void run_for(struct fixture *fixture, uint32_t ms)
{
    deadline_set(fixture->loop, &fixture->limit, ms);
    loop_run(fixture->loop);
}

static void what_is_not_consumed_stays(void **state)
{
    struct fixture *fixture = *state;

    fixture->take = 3;
    send_text(fixture, "abcdefgh");
    run_for(fixture, 100);
    assert_int_equal(fixture->received, 1);
    assert_int_equal(stream_input(fixture->stream).len, 5);
    assert_memory_equal(stream_input(fixture->stream).at, "defgh", 5);
    fixture->take = 0;
    send_text(fixture, "ij");
    run_for(fixture, 100);
    assert_int_equal(fixture->got_len, 10);
    assert_memory_equal(fixture->got, "abcdefghij", 10);
}

static void a_paused_stream_hears_nothing_until_resumed(void **state)
{
    struct fixture *fixture = *state;

    stream_pause(fixture->stream);
    send_text(fixture, "abc");
    run_for(fixture, 100);
    assert_int_equal(fixture->received, 0);
    stream_resume(fixture->stream);
    run_for(fixture, 100);
    assert_int_equal(fixture->got_len, 3);
}

static void resuming_delivers_what_was_kept(void **state)
{
    struct fixture *fixture = *state;

    fixture->take = 1;
    send_text(fixture, "abc");
    run_for(fixture, 100);
    stream_pause(fixture->stream);
    fixture->take = 0;
    stream_resume(fixture->stream);
    run_for(fixture, 100);
    assert_int_equal(fixture->received, 2);
    assert_memory_equal(fixture->got, "abc", 3);
}

static void reading_stops_at_the_input_limit(void **state)
{
    struct fixture *fixture = *state;
    static char block[64 << 10];
    size_t sent = 0;

    fixture->take = 1;
    stream_set_input_limit(fixture->stream, 4096);
    for (;;) {
        ssize_t put = write(fixture->peer, block, sizeof block);

        if (put <= 0)
            break;
        sent += (size_t)put;
        run_for(fixture, 20);
    }
    assert_true(sent > 64 << 10);
    assert_true(stream_input(fixture->stream).len <= (64 << 10) + 4096);
    assert_true(fixture->received <= 2);
}

static void the_peers_end_is_told_once_with_the_last_bytes(void **state)
{
    struct fixture *fixture = *state;

    send_text(fixture, "bye");
    shutdown(fixture->peer, SHUT_WR);
    loop_run(fixture->loop);
    assert_int_equal(fixture->end, STREAM_FINISHED);
    assert_memory_equal(fixture->got, "bye", 3);
    run_for(fixture, 50);
    assert_int_equal(fixture->failed, 0);
    assert_true(fixture->received <= 2);
}

static void everything_written_in_one_callback_leaves_together(void **state)
{
    struct fixture *fixture = *state;
    char got[64];

    stream_write(fixture->stream, SLICE("one "));
    stream_write(fixture->stream, SLICE("two "));
    stream_write(fixture->stream, SLICE("three"));
    assert_int_equal(read(fixture->peer, got, sizeof got), -1);
    run_for(fixture, 20);
    assert_int_equal(read(fixture->peer, got, sizeof got), 13);
    assert_memory_equal(got, "one two three", 13);
    assert_int_equal(fixture->drained, 0);
}

/* Reads at the peer until `len` bytes came, checking the pattern; lets the loop turn meanwhile. */
static size_t peer_reads(struct fixture *fixture, size_t len)
{
    static unsigned char block[64 << 10];
    size_t got = 0;

    while (got < len) {
        ssize_t part = read(fixture->peer, block, sizeof block);

        if (part == 0)
            break;
        if (part < 0) {
            run_for(fixture, 1);
            continue;
        }
        for (ssize_t i = 0; i < part; i++)
            assert_int_equal(block[i], (unsigned char)((got + (size_t)i) % 251));
        got += (size_t)part;
    }
    return got;
}

static void a_slow_reader_gets_every_byte_and_drained_is_told(void **state)
{
    struct fixture *fixture = *state;
    size_t len = 3 << 20;
    char *bytes = memory_alloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 251);
    for (size_t at = 0; at < len; at += 100000)
        stream_write(fixture->stream, slice_part((struct slice){bytes, len}, at, 100000));
    assert_true(stream_queued(fixture->stream) > 0);
    assert_int_equal(peer_reads(fixture, len), len);
    run_for(fixture, 20);
    assert_int_equal(stream_queued(fixture->stream), 0);
    assert_int_equal(fixture->drained, 1);
    free(bytes);
}

static int file_with_pattern(size_t len)
{
    int file = memfd_create("pattern", 0);

    for (size_t i = 0; i < len; i++) {
        char byte = (char)(i % 251);

        assert_int_equal(write(file, &byte, 1), 1);
    }
    return file;
}

static void a_file_follows_what_was_written(void **state)
{
    struct fixture *fixture = *state;
    size_t len = 300000;
    int file = file_with_pattern(len);

    stream_write_file(fixture->stream, file, 0, len);
    assert_int_equal(peer_reads(fixture, len), len);
    run_for(fixture, 20);
    assert_int_equal(stream_queued(fixture->stream), 0);
    assert_true(fixture->drained >= 1);
    close(file);
}

static void a_file_that_shrank_fails_and_is_never_padded(void **state)
{
    struct fixture *fixture = *state;
    int file = file_with_pattern(1000);

    stream_write_file(fixture->stream, file, 0, 2000);
    loop_run(fixture->loop);
    assert_int_equal(fixture->failed, 1);
    assert_int_equal(fixture->end, STREAM_RESET);
    close(file);
}

static void what_the_peer_said_before_it_went_is_heard_although_a_write_fails(void **state)
{
    static char block[64 << 10];
    struct fixture *fixture = *state;

    send_text(fixture, "last words");
    close(fixture->peer);
    stream_write(fixture->stream, (struct slice){block, sizeof block});
    loop_run(fixture->loop);
    assert_int_equal(fixture->got_len, 10);
    assert_memory_equal(fixture->got, "last words", 10);
    assert_int_equal(fixture->failed, 1);
    assert_int_equal(fixture->end, STREAM_RESET);
    stream_write(fixture->stream, SLICE("unheard"));
    assert_int_equal(stream_queued(fixture->stream), 0);
    fixture->peer = -1;
}

static void finish_sends_the_end_after_the_bytes(void **state)
{
    struct fixture *fixture = *state;
    char got[16];

    stream_write(fixture->stream, SLICE("last"));
    stream_finish(fixture->stream);
    run_for(fixture, 20);
    assert_int_equal(read(fixture->peer, got, sizeof got), 4);
    assert_int_equal(read(fixture->peer, got, sizeof got), 0);
    send_text(fixture, "still heard");
    run_for(fixture, 50);
    assert_int_equal(fixture->got_len, 11);
}

static void closing_inside_received_is_safe(void **state)
{
    struct fixture *fixture = *state;

    fixture->close_on_received = true;
    send_text(fixture, "abc");
    loop_run(fixture->loop);
    assert_null(fixture->stream);
    assert_int_equal(fixture->received, 1);
}

static void a_peer_that_only_ended_its_direction_gets_all_last_words(void **state)
{
    struct fixture *fixture = *state;
    size_t len = 3 << 20;
    char *bytes = memory_alloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 251);
    stream_write(fixture->stream, (struct slice){bytes, len});
    shutdown(fixture->peer, SHUT_WR);
    run_for(fixture, 20);
    stream_close_after(&fixture->stream, 0);
    run_for(fixture, 20);
    assert_int_equal(peer_reads(fixture, len + 1), len); /* and then the end */
    free(bytes);
}

static void a_lingering_close_delivers_the_last_words_despite_unread_input(void **state)
{
    struct fixture *fixture = *state;
    char got[64];

    stream_pause(fixture->stream);
    send_text(fixture, "a request body nobody wants");
    stream_write(fixture->stream, SLICE("413"));
    stream_close_after(&fixture->stream, 1000);
    run_for(fixture, 50);
    assert_int_equal(read(fixture->peer, got, sizeof got), 3);
    assert_int_equal(read(fixture->peer, got, sizeof got), 0);
    send_text(fixture, "even more of it");
    shutdown(fixture->peer, SHUT_WR);
    run_for(fixture, 100);
    assert_int_equal(fixture->received, 0);
}

static void a_lingering_close_gives_up_on_a_peer_that_stays(void **state)
{
    struct fixture *fixture = *state;
    char got[8];

    send_text(fixture, "x");
    stream_write(fixture->stream, SLICE("bye"));
    stream_close_after(&fixture->stream, 200);
    run_for(fixture, 600);
    assert_int_equal(read(fixture->peer, got, sizeof got), 3);
    assert_true(write(fixture->peer, "y", 1) < 0); /* EPIPE: the other end is gone */
}

static void a_close_that_is_answered_ends_with_the_answer(void **state)
{
    struct fixture *fixture = *state;
    char got[8];

    stream_write(fixture->stream, SLICE("QUIT"));
    stream_close_answered(&fixture->stream, 60000);
    run_for(fixture, 20);
    assert_int_equal(read(fixture->peer, got, sizeof got), 4);
    assert_int_equal(recv(fixture->peer, got, sizeof got, MSG_DONTWAIT), -1); /* no end yet */
    assert_int_equal(loop_farewells(fixture->loop), 1);
    send_text(fixture, "221 Bye");
    run_for(fixture, 20);
    assert_int_equal(loop_farewells(fixture->loop), 0);
    assert_int_equal(read(fixture->peer, got, sizeof got), 0);
}

static void a_close_that_is_not_answered_gives_up(void **state)
{
    struct fixture *fixture = *state;
    char got[8];

    stream_write(fixture->stream, SLICE("QUIT"));
    stream_close_answered(&fixture->stream, 100);
    run_for(fixture, 500);
    assert_int_equal(loop_farewells(fixture->loop), 0);
    assert_int_equal(read(fixture->peer, got, sizeof got), 4);
    assert_int_equal(read(fixture->peer, got, sizeof got), 0);
}

static void a_reset_is_told_as_failure(void **state)
{
    struct fixture *fixture = *state;

    close(fixture->peer);
    fixture->peer = -1;
    stream_write(fixture->stream, SLICE("into the void"));
    loop_run(fixture->loop);
    assert_true(fixture->failed == 1 || fixture->end == STREAM_FINISHED);
}

/* A toy transform: each byte is XORed with 0x20; the handshake is one '!' each way; '.' is
 * close_notify; '#' breaks it. */
struct toy {
    struct stream_transform transform;
    bool freed;
};

static enum transform_result toy_handshake(struct stream_transform *self, struct stream_wire *wire)
{
    (void)self;
    if (wire->in.len == 0)
        return TRANSFORM_MORE;
    if (wire->in.at[0] != '!') {
        buffer_append(wire->out, SLICE("ALERT"));
        return TRANSFORM_FAILED;
    }
    wire->in = slice_from(wire->in, 1);
    buffer_append(wire->out, SLICE("!"));
    return TRANSFORM_OK;
}

static enum transform_result toy_read(struct stream_transform *self, struct stream_wire *wire,
                                      char *out, size_t capacity, size_t *len)
{
    (void)self;
    *len = 0;
    while (wire->in.len > 0 && *len < capacity) {
        char byte = wire->in.at[0];

        wire->in = slice_from(wire->in, 1);
        if (byte == '.')
            return TRANSFORM_CLOSED;
        if (byte == '#')
            return TRANSFORM_FAILED;
        out[(*len)++] = (char)(byte ^ 0x20);
    }
    return wire->in.len > 0 ? TRANSFORM_OK : TRANSFORM_MORE;
}

static enum transform_result toy_write(struct stream_transform *self, struct stream_wire *wire,
                                       struct slice bytes)
{
    (void)self;
    for (size_t i = 0; i < bytes.len; i++) {
        char byte = (char)(bytes.at[i] ^ 0x20);

        buffer_append(wire->out, (struct slice){&byte, 1});
    }
    return TRANSFORM_OK;
}

static void toy_finish(struct stream_transform *self, struct stream_wire *wire)
{
    (void)self;
    buffer_append(wire->out, SLICE("."));
}

static const char *toy_words(const struct stream_transform *self)
{
    (void)self;
    return "toy failure";
}

static void toy_free(struct stream_transform *self)
{
    ((struct toy *)self)->freed = true;
}

static const struct stream_transform_functions toy_functions = {
    toy_handshake, toy_read, toy_write, toy_finish, toy_words, toy_free,
};

static void tls_carries_the_request_that_came_with_the_handshake(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};
    char got[64];

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "!HELLO");
    run_for(fixture, 50);
    assert_int_equal(fixture->secured, 1);
    assert_memory_equal(fixture->got, "hello", 5);
    stream_write(fixture->stream, SLICE("WORLD"));
    stream_finish(fixture->stream);
    run_for(fixture, 50);
    assert_int_equal(read(fixture->peer, got, sizeof got), 7);
    assert_memory_equal(got, "!world.", 7);
    assert_int_equal(read(fixture->peer, got, sizeof got), 0);
    stream_close(&fixture->stream);
    assert_true(toy.freed);
}

static void what_was_written_before_the_handshake_waits_for_it(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};
    char got[64];

    stream_write(fixture->stream, SLICE("clear"));
    stream_start_tls(fixture->stream, &toy.transform);
    stream_write(fixture->stream, SLICE("SECRET"));
    run_for(fixture, 20);
    assert_int_equal(read(fixture->peer, got, sizeof got), 5);
    send_text(fixture, "!");
    run_for(fixture, 50);
    assert_int_equal(read(fixture->peer, got, sizeof got), 7);
    assert_memory_equal(got, "!secret", 7);
    stream_close(&fixture->stream);
}

static void an_end_without_close_notify_is_truncation(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "!AB");
    shutdown(fixture->peer, SHUT_WR);
    loop_run(fixture->loop);
    assert_int_equal(fixture->end, STREAM_TRUNCATED);
    assert_int_equal(fixture->got_len, 2);
    stream_close(&fixture->stream);
}

static void close_notify_is_an_orderly_end(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "!AB.");
    loop_run(fixture->loop);
    assert_int_equal(fixture->end, STREAM_FINISHED);
    stream_close(&fixture->stream);
}

static void a_failed_handshake_sends_its_alert_and_its_words(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};
    char got[16];

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "GET / HTTP/1.1");
    loop_run(fixture->loop);
    assert_int_equal(fixture->end, STREAM_TLS_FAILED);
    assert_string_equal(stream_failure_words(fixture->stream), "toy failure");
    assert_int_equal(read(fixture->peer, got, sizeof got), 5);
    stream_close(&fixture->stream);
}

static void a_broken_record_delivers_what_came_before_it(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "!AB#CD");
    loop_run(fixture->loop);
    assert_int_equal(fixture->failed, 1);
    assert_memory_equal(fixture->got, "ab", 2);
    stream_close(&fixture->stream);
}

static void a_large_file_and_a_slow_reader_work_under_tls(void **state)
{
    struct fixture *fixture = *state;
    struct toy toy = {.transform.functions = &toy_functions};
    size_t len = 700000, got = 0;
    int file = file_with_pattern(len);
    unsigned char block[4096];

    stream_start_tls(fixture->stream, &toy.transform);
    send_text(fixture, "!");
    run_for(fixture, 20);
    assert_int_equal(read(fixture->peer, block, 1), 1);
    stream_write_file(fixture->stream, file, 0, len);
    while (got < len) {
        ssize_t part = read(fixture->peer, block, sizeof block);

        if (part < 0) {
            run_for(fixture, 1);
            continue;
        }
        for (ssize_t i = 0; i < part; i++)
            assert_int_equal(block[i] ^ 0x20, (unsigned char)((got + (size_t)i) % 251));
        got += (size_t)part;
    }
    close(file);
    stream_close(&fixture->stream);
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(what_is_not_consumed_stays),
        STREAM_TEST(a_paused_stream_hears_nothing_until_resumed),
        STREAM_TEST(resuming_delivers_what_was_kept),
        STREAM_TEST(reading_stops_at_the_input_limit),
        STREAM_TEST(the_peers_end_is_told_once_with_the_last_bytes),
        STREAM_TEST(everything_written_in_one_callback_leaves_together),
        STREAM_TEST(a_slow_reader_gets_every_byte_and_drained_is_told),
        STREAM_TEST(a_file_follows_what_was_written),
        STREAM_TEST(a_file_that_shrank_fails_and_is_never_padded),
        STREAM_TEST(what_the_peer_said_before_it_went_is_heard_although_a_write_fails),
        STREAM_TEST(finish_sends_the_end_after_the_bytes),
        STREAM_TEST(closing_inside_received_is_safe),
        STREAM_TEST(a_peer_that_only_ended_its_direction_gets_all_last_words),
        STREAM_TEST(a_lingering_close_delivers_the_last_words_despite_unread_input),
        STREAM_TEST(a_lingering_close_gives_up_on_a_peer_that_stays),
        STREAM_TEST(a_close_that_is_answered_ends_with_the_answer),
        STREAM_TEST(a_close_that_is_not_answered_gives_up),
        STREAM_TEST(a_reset_is_told_as_failure),
        STREAM_TEST(tls_carries_the_request_that_came_with_the_handshake),
        STREAM_TEST(what_was_written_before_the_handshake_waits_for_it),
        STREAM_TEST(an_end_without_close_notify_is_truncation),
        STREAM_TEST(close_notify_is_an_orderly_end),
        STREAM_TEST(a_failed_handshake_sends_its_alert_and_its_words),
        STREAM_TEST(a_broken_record_delivers_what_came_before_it),
        STREAM_TEST(a_large_file_and_a_slow_reader_work_under_tls),
    };

    signal(SIGPIPE, SIG_IGN); /* as in every process of frontd: sendfile(2) knows no MSG_NOSIGNAL */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
