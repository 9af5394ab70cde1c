#include "base/arena.h"
#include "certificates.h"
#include "tls/tls_layer.h"
#include "tls_visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/err.h>

static struct credentials credentials;
static struct tls_context *context;

static int set_up(void **state)
{
    (void)state;
    credentials = credentials_for("a.example");
    context = context_with((struct tls_server){.session_tickets = true}, &credentials);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_context_free(context);
    credentials_free(&credentials);
    return 0;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static struct tls_visitor *connected(int version)
{
    struct tls_visitor *client =
        tls_visitor_new(context, tls_visitor_settings(version, version), "a.example");

    assert_true(tls_visitor_handshake(client));
    return client;
}

static void assert_received(const struct tls_visitor *client, struct slice expected)
{
    assert_int_equal(client->received_len, expected.len);
    assert_memory_equal(client->received, expected.at, expected.len);
}

static const char *words_of(const struct tls_visitor *client)
{
    return client->server->functions->words(client->server);
}

static void test_both_versions_connect(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);
        char heard[16];

        tls_visitor_say(client, SLICE("ping"));
        tls_visitor_feed(client, false);
        assert_received(client, SLICE("ping"));
        assert_int_equal(client->result, TRANSFORM_MORE);
        assert_int_equal(tls_visitor_hear(client, SLICE("pong"), heard, sizeof heard), 4);
        assert_memory_equal(heard, "pong", 4);
        assert_true(slice_equal(tls_layer_protocol(client->server),
                                i == 0 ? SLICE("TLSv1.2") : SLICE("TLSv1.3")));
        assert_true(slice_equal(tls_layer_cipher(client->server),
                                slice_of(SSL_get_cipher_name(client->ssl))));
        assert_true(slice_equal(tls_layer_server_name(client->server), SLICE("a.example")));
        assert_int_equal(tls_layer_alpn(client->server).len, 0);
        assert_false(tls_layer_resumed(client->server));
        assert_int_equal(tls_layer_server(client->server), 0);
        tls_visitor_free(client);
    }
}

/* Pitfalls 3 and 9: the handshake and records, a few bytes at a time. */
static void test_wire_comes_in_pieces(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= 7; piece += 2) {
        for (size_t i = 0; i < 2; i++) {
            struct tls_visitor *client = tls_visitor_new(
                context, tls_visitor_settings(versions[i], versions[i]), "a.example");

            client->piece = piece;
            assert_true(tls_visitor_handshake(client));
            tls_visitor_say(client, SLICE("first"));
            tls_visitor_say(client, SLICE(" second"));
            tls_visitor_feed(client, false);
            assert_received(client, SLICE("first second"));
            tls_visitor_free(client);
        }
    }
}

static void test_record_is_split_everywhere(void **state)
{
    struct tls_visitor *client = connected(TLS1_3_VERSION);
    size_t total;

    (void)state;
    tls_visitor_say(client, SLICE("x"));
    total = buffer_len(&client->pending);
    for (size_t split = 1; split < total; split++) {
        client->received_len = 0;
        client->hold_back = total - split;
        tls_visitor_feed(client, false);
        assert_int_equal(client->result, TRANSFORM_MORE);
        assert_int_equal(client->received_len, 0);
        client->hold_back = 0;
        tls_visitor_feed(client, false);
        assert_received(client, SLICE("x"));
        tls_visitor_say(client, SLICE("x"));
    }
    tls_visitor_free(client);
}

/* Pitfall 6: two records at once, read with a buffer smaller than either. */
static void test_small_reads_lose_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);

        tls_visitor_say(client, SLICE("the first record "));
        tls_visitor_say(client, SLICE("and the second"));
        client->capacity = 3;
        tls_visitor_feed(client, false);
        assert_received(client, SLICE("the first record and the second"));
        tls_visitor_free(client);
    }
}

/* Client's Finished and its first application data in one piece. */
static void test_data_right_behind_the_handshake(void **state)
{
    struct tls_visitor *client =
        tls_visitor_new(context, tls_visitor_settings(TLS1_3_VERSION, TLS1_3_VERSION), NULL);

    (void)state;
    tls_visitor_step(client);
    tls_visitor_feed(client, false);
    tls_visitor_deliver(client);
    tls_visitor_step(client);
    tls_visitor_say(client, SLICE("early"));
    tls_visitor_feed(client, false);
    assert_true(client->is_secured);
    assert_received(client, SLICE("early"));
    tls_visitor_free(client);
}

static void fill(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 7 + i / 251);
}

static void test_much_data_both_ways(void **state)
{
    static char much[100000], heard[sizeof much + 1];

    (void)state;
    fill(much, sizeof much);
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);
        const struct slice all = {much, sizeof much};

        for (size_t at = 0; at < sizeof much; at += 10000)
            tls_visitor_say(client, slice_part(all, at, 10000));
        tls_visitor_feed(client, false);
        assert_received(client, all);
        assert_int_equal(tls_visitor_hear(client, all, heard, sizeof heard), sizeof much);
        assert_memory_equal(heard, much, sizeof much);
        assert_int_equal(ERR_peek_error(), 0);
        tls_visitor_free(client);
    }
}

static void test_writing_nothing_writes_nothing(void **state)
{
    struct tls_visitor *client = connected(TLS1_3_VERSION);
    struct stream_wire wire = {.out = &client->wire};

    (void)state;
    assert_int_equal(client->server->functions->write(client->server, &wire, SLICE_NONE),
                     TRANSFORM_OK);
    assert_int_equal(buffer_len(&client->wire), 0);
    tls_visitor_free(client);
}

/* Pitfall 25: close_notify and the bare end of the wire are two things. */
static void test_close_notify_is_an_orderly_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);
        char heard[16];

        tls_visitor_say(client, SLICE("last words"));
        SSL_shutdown(client->ssl);
        tls_visitor_collect(client);
        tls_visitor_feed(client, false);
        assert_received(client, SLICE("last words"));
        assert_int_equal(client->result, TRANSFORM_CLOSED);
        tls_visitor_feed(client, true);
        assert_int_equal(client->result, TRANSFORM_CLOSED);
        /* our direction goes on */
        assert_int_equal(tls_visitor_hear(client, SLICE("answer"), heard, sizeof heard), 6);
        tls_visitor_free(client);
    }
}

static void test_end_without_close_notify_is_not_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);

        tls_visitor_say(client, SLICE("half a body"));
        tls_visitor_feed(client, true);
        assert_received(client, SLICE("half a body"));
        assert_int_equal(client->result, TRANSFORM_MORE);
        tls_visitor_free(client);
    }
}

static void test_finish_sends_close_notify_once_secured(void **state)
{
    struct tls_visitor *client = connected(TLS1_3_VERSION);
    struct stream_wire wire = {.out = &client->wire};
    char heard[4];

    (void)state;
    client->server->functions->finish(client->server, &wire);
    assert_int_equal(tls_visitor_hear(client, SLICE_NONE, heard, sizeof heard), 0);
    assert_int_equal(SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    /* the client may still talk */
    tls_visitor_say(client, SLICE("bye"));
    tls_visitor_feed(client, false);
    assert_received(client, SLICE("bye"));
    tls_visitor_free(client);
}

/* A handshake against bytes that are none. */
static void refuse(struct slice bytes, const char *words)
{
    struct tls_visitor *client = tls_visitor_new(context, NULL, NULL);

    buffer_append(&client->pending, bytes);
    tls_visitor_feed(client, false);
    assert_int_equal(client->result, TRANSFORM_FAILED);
    assert_string_equal(words_of(client), words);
    assert_int_equal(ERR_peek_error(), 0);
    /* and stays so, whatever is called */
    buffer_append(&client->pending, SLICE("more"));
    client->result = TRANSFORM_MORE;
    tls_visitor_feed(client, false);
    assert_int_equal(client->result, TRANSFORM_FAILED);
    client->is_secured = true;
    client->result = TRANSFORM_MORE;
    buffer_append(&client->pending, SLICE("more"));
    tls_visitor_feed(client, false);
    assert_int_equal(client->result, TRANSFORM_FAILED);
    assert_string_equal(words_of(client), words);
    tls_visitor_free(client);
}

static void test_other_protocols_are_named(void **state)
{
    (void)state;
    refuse(SLICE("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
           "unknown protocol: plain HTTP request");
    refuse(SLICE("CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
           "unknown protocol: plain HTTP CONNECT request");
    refuse(SLICE("EHLO client.example\r\n"), "unknown protocol: this is not TLS");
    refuse(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
           "unknown protocol: this is not TLS");
}

/* One byte short of a record header: nothing is decided yet. */
static void test_few_bytes_wait(void **state)
{
    struct tls_visitor *client = tls_visitor_new(context, NULL, NULL);

    (void)state;
    buffer_append(&client->pending, SLICE("\x16\x03\x01"));
    tls_visitor_feed(client, false);
    assert_int_equal(client->result, TRANSFORM_MORE);
    tls_visitor_feed(client, true);
    assert_int_equal(client->result, TRANSFORM_FAILED);
    assert_string_equal(words_of(client), "client left during the handshake");
    tls_visitor_free(client);
}

/* A ClientHello of `len` bytes in records of at most 16 KiB, as far as OpenSSL reads it. */
static void append_hello(struct buffer *out, size_t len)
{
    char *hello = memory_zero(len + 4);

    hello[0] = 1;
    hello[1] = (char)(len >> 16);
    hello[2] = (char)(len >> 8);
    hello[3] = (char)len;
    hello[4] = hello[5] = 3;
    for (size_t at = 0; at < len + 4;) {
        size_t piece = len + 4 - at < 16384 ? len + 4 - at : 16384;
        char header[5] = {22, 3, 1, (char)(piece >> 8), (char)piece};

        buffer_append(out, (struct slice){header, 5});
        buffer_append(out, (struct slice){hello + at, piece});
        at += piece;
    }
    free(hello);
}

/* Pitfall 9. OpenSSL alone would take 128 KiB. */
static void test_client_hello_over_16_kib_is_refused(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 1000; piece += 1000) {
        struct tls_visitor *client = tls_visitor_new(context, NULL, NULL);

        client->piece = piece;
        append_hello(&client->pending, 20000);
        tls_visitor_feed(client, false);
        assert_int_equal(client->result, TRANSFORM_FAILED);
        assert_string_equal(words_of(client), "client's handshake is longer than 16 KiB");
        tls_visitor_free(client);
    }
}

/* Just below the limit, and again after a HelloRetryRequest: each flight counts for itself. */
static void test_large_client_hello_is_taken(void **state)
{
    SSL_CTX *settings = tls_visitor_settings(0, 0);
    struct tls_visitor *client;
    unsigned char protocols[15500];

    (void)state;
    for (size_t at = 0; at < sizeof protocols; at += 250) {
        protocols[at] = 249;
        memset(protocols + at + 1, 'p', 249);
    }
    SSL_CTX_set_alpn_protos(settings, protocols, sizeof protocols);
    SSL_CTX_set1_groups_list(settings, "P-521:P-384");
    client = tls_visitor_new(context, settings, "a.example");
    client->piece = 1;
    assert_true(tls_visitor_handshake(client));
    tls_visitor_free(client);
}

/* Pitfall 8. */
static void key_updates(struct tls_visitor *client, size_t count, int kind)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(SSL_key_update(client->ssl, kind), 1);
        SSL_do_handshake(client->ssl);
    }
    tls_visitor_collect(client);
}

static void test_flood_of_key_updates_is_refused(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 30; piece += 30) {
        struct tls_visitor *client = connected(TLS1_3_VERSION);

        client->piece = piece;
        key_updates(client, 1000, SSL_KEY_UPDATE_NOT_REQUESTED);
        tls_visitor_feed(client, false);
        assert_int_equal(client->result, TRANSFORM_FAILED);
        assert_string_equal(words_of(client), "client sends too many records without data");
        if (piece == 0) /* it did not work through all of it first */
            assert_true(client->untaken > 20000);
        assert_int_equal(ERR_peek_error(), 0);
        tls_visitor_free(client);
    }
}

static void test_some_key_updates_are_answered(void **state)
{
    struct tls_visitor *client = connected(TLS1_3_VERSION);
    char heard[8];

    (void)state;
    key_updates(client, 20, SSL_KEY_UPDATE_REQUESTED);
    tls_visitor_say(client, SLICE("after"));
    tls_visitor_feed(client, false);
    assert_received(client, SLICE("after"));
    assert_int_equal(tls_visitor_hear(client, SLICE("answer"), heard, sizeof heard), 6);
    tls_visitor_free(client);
}

static void test_renegotiation_is_refused(void **state)
{
    struct tls_visitor *client = connected(TLS1_2_VERSION);
    char heard[8];

    (void)state;
    SSL_renegotiate(client->ssl);
    SSL_do_handshake(client->ssl);
    tls_visitor_collect(client);
    assert_true(buffer_len(&client->pending) > 0);
    tls_visitor_feed(client, false);
    /* a warning goes back, no handshake begins */
    assert_int_equal(client->result, TRANSFORM_MORE);
    assert_in_range(buffer_len(&client->wire), 1, 64);
    tls_visitor_hear(client, SLICE_NONE, heard, sizeof heard);
    tls_visitor_free(client);
}

static void test_damaged_record_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_visitor *client = connected(versions[i]);

        tls_visitor_say(client, SLICE("good"));
        tls_visitor_say(client, SLICE("damaged"));
        client->pending.memory[client->pending.end - 1] ^= 1;
        tls_visitor_feed(client, false);
        assert_int_equal(client->result, TRANSFORM_FAILED);
        assert_string_equal(words_of(client), "record does not authenticate");
        assert_received(client, SLICE("good"));
        assert_true(buffer_len(&client->wire) > 0); /* the alert */
        assert_int_equal(ERR_peek_error(), 0);
        tls_visitor_free(client);
    }
}

static void test_alert_of_the_client_is_named(void **state)
{
    SSL_CTX *settings = tls_visitor_settings(0, 0);
    struct tls_visitor *client;

    (void)state;
    SSL_CTX_set_verify(settings, SSL_VERIFY_PEER, NULL); /* and no CA that it trusts */
    client = tls_visitor_new(context, settings, "a.example");
    assert_false(tls_visitor_handshake(client));
    assert_int_equal(client->result, TRANSFORM_FAILED);
    assert_string_equal(words_of(client), "client sent alert: unknown ca");
    tls_visitor_free(client);
}

/* Pitfall 5: another connection's failure in the same loop is not noticed. */
static void test_failure_of_one_does_not_touch_another(void **state)
{
    struct tls_visitor *good = connected(TLS1_3_VERSION);

    (void)state;
    for (int i = 0; i < 3; i++) {
        refuse(SLICE("garbage garbage"), "unknown protocol: this is not TLS");
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH); /* left behind by anybody */
        good->received_len = 0;
        tls_visitor_say(good, SLICE("still here"));
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
        tls_visitor_feed(good, false);
        assert_received(good, SLICE("still here"));
        assert_int_equal(good->result, TRANSFORM_MORE);
    }
    ERR_clear_error();
    tls_visitor_free(good);
}

/* Two handshakes in turns share one BIO: neither may see the other's bytes. */
static void test_handshakes_interleave(void **state)
{
    struct tls_visitor *clients[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        clients[i] = tls_visitor_new(context, NULL, i == 0 ? "a.example" : "b.example");
        tls_visitor_step(clients[i]);
    }
    while (buffer_len(&clients[0]->pending) > 0 || buffer_len(&clients[1]->pending) > 0) {
        for (size_t i = 0; i < 2; i++) {
            size_t len = buffer_len(&clients[i]->pending);

            clients[i]->hold_back = len > 0 ? len - 1 : 0;
            ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH); /* somebody's, not ours */
            tls_visitor_feed(clients[i], false);
            tls_visitor_deliver(clients[i]);
            tls_visitor_step(clients[i]);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_true(clients[i]->is_secured);
        assert_true(slice_equal(tls_layer_server_name(clients[i]->server),
                                i == 0 ? SLICE("a.example") : SLICE("b.example")));
        clients[i]->hold_back = 0;
    }
    for (size_t i = 0; i < 2; i++)
        tls_visitor_free(clients[i]);
}

/* Pitfall 26: freed, or finished and freed, after every single byte of a handshake. The sanitizer
 * sees what leaks. */
static void abort_after(size_t count, int version, bool finishes)
{
    struct tls_visitor *client =
        tls_visitor_new(context, tls_visitor_settings(version, version), "unknown.example");
    size_t left = count;

    tls_visitor_step(client);
    while (left > 0 && buffer_len(&client->pending) > 0) {
        size_t len = buffer_len(&client->pending);

        client->hold_back = len > left ? len - left : 0;
        left -= len - client->hold_back;
        tls_visitor_feed(client, false);
        client->hold_back = 0;
        tls_visitor_deliver(client);
        tls_visitor_step(client);
    }
    if (finishes)
        client->server->functions->finish(client->server,
                                          &(struct stream_wire){.out = &client->wire});
    if (!client->is_secured)
        assert_int_equal(buffer_len(&client->wire), 0);
    assert_int_equal(ERR_peek_error(), 0);
    tls_visitor_free(client);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_abort_in_every_state_of_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t count = 0; count < 700; count += count < 8 ? 1 : 13)
            abort_after(count, versions[i], count % 2 == 0);
}

/* Writing before the handshake is done cannot happen; if it does, it is a failure, not a leak of
 * plain text. */
static void test_write_before_the_handshake_fails(void **state)
{
    struct tls_visitor *client = tls_visitor_new(context, NULL, NULL);
    struct stream_wire wire = {.out = &client->wire};

    (void)state;
    assert_int_equal(client->server->functions->write(client->server, &wire, SLICE("secret")),
                     TRANSFORM_FAILED);
    assert_int_equal(buffer_len(&client->wire), 0);
    tls_visitor_free(client);
}

/* The context is let go while a connection lives: a reload. */
static void test_connection_outlives_its_context(void **state)
{
    struct tls_context *other = context_with((struct tls_server){0}, &credentials);
    struct tls_visitor *client = tls_visitor_new(other, NULL, "a.example");

    (void)state;
    tls_visitor_step(client);
    tls_context_free(other);
    assert_true(tls_visitor_handshake(client));
    tls_visitor_say(client, SLICE("alive"));
    tls_visitor_feed(client, false);
    assert_received(client, SLICE("alive"));
    tls_visitor_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_versions_connect),
        cmocka_unit_test(test_wire_comes_in_pieces),
        cmocka_unit_test(test_record_is_split_everywhere),
        cmocka_unit_test(test_small_reads_lose_nothing),
        cmocka_unit_test(test_data_right_behind_the_handshake),
        cmocka_unit_test(test_much_data_both_ways),
        cmocka_unit_test(test_writing_nothing_writes_nothing),
        cmocka_unit_test(test_close_notify_is_an_orderly_end),
        cmocka_unit_test(test_end_without_close_notify_is_not_closed),
        cmocka_unit_test(test_finish_sends_close_notify_once_secured),
        cmocka_unit_test(test_other_protocols_are_named),
        cmocka_unit_test(test_few_bytes_wait),
        cmocka_unit_test(test_client_hello_over_16_kib_is_refused),
        cmocka_unit_test(test_large_client_hello_is_taken),
        cmocka_unit_test(test_flood_of_key_updates_is_refused),
        cmocka_unit_test(test_some_key_updates_are_answered),
        cmocka_unit_test(test_renegotiation_is_refused),
        cmocka_unit_test(test_damaged_record_fails),
        cmocka_unit_test(test_alert_of_the_client_is_named),
        cmocka_unit_test(test_failure_of_one_does_not_touch_another),
        cmocka_unit_test(test_handshakes_interleave),
        cmocka_unit_test(test_abort_in_every_state_of_the_handshake),
        cmocka_unit_test(test_write_before_the_handshake_fails),
        cmocka_unit_test(test_connection_outlives_its_context),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
