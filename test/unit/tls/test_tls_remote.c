#include "certificates.h"
#include "tls/tls_remote.h"
#include "tls/tls_sign_parse.h"
#include "tls/tls_signer.h"
#include "tls_visitor.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A key holder as a thread: the same signer, the same channel. */
struct holder {
    struct tls_signer *signer;
    pthread_t thread;
    int fd;
    size_t answers; /* given; read when the thread has ended */
};

static void *serve(void *owner)
{
    static const bool allowed[] = {true, true, true, true};
    struct holder *holder = owner;
    struct tls_signing *signing = tls_signing_new(holder->signer);
    char datagram[TLS_SIGN_REQUEST_MAX], answer[TLS_SIGN_ANSWER_MAX];
    ssize_t got;

    while ((got = recv(holder->fd, datagram, sizeof datagram, 0)) > 0) {
        size_t len = tls_signing_answer(signing, allowed, false,
                                        (struct slice){datagram, (size_t)got}, answer);

        if (len == 0 || send(holder->fd, answer, len, MSG_NOSIGNAL) < 0)
            break;
        holder->answers++;
    }
    close(holder->fd);
    tls_signing_free(signing);
    return NULL;
}

struct losses {
    unsigned count;
    const char *why;
};

static void on_lost(void *owner, const char *why)
{
    struct losses *losses = owner;

    losses->count++;
    losses->why = why;
}

static const struct tls_remote_events events = {on_lost};

static int start(struct holder *holder, const struct credentials *credentials, size_t count,
                 bool allows_old)
{
    int pair[2];

    holder->signer = tls_signer_new(count, allows_old);
    for (size_t i = 0; i < count; i++)
        assert_null(tls_signer_add(holder->signer, credentials[i].key, SLICE_NONE));
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    holder->fd = pair[0];
    holder->answers = 0;
    assert_int_equal(pthread_create(&holder->thread, NULL, serve, holder), 0);
    return pair[1];
}

static void finish(struct holder *holder)
{
    pthread_join(holder->thread, NULL);
    tls_signer_free(holder->signer);
}

static struct tls_context *context_of(struct tls_remote *remote, struct slice certificate,
                                      uint32_t protocols, struct slice *why)
{
    static const struct slice key = {"<secret 0>", 10};
    struct tls_server server = {
        .certificates = &certificate,
        .keys = &key,
        .pair_count = 1,
        .service = "test",
        .session_timeout_s = 3600,
        .protocols = protocols,
        .remote = remote,
    };
    static struct arena arena;
    struct tls_context *context;

    arena_deinit(&arena);
    arena_init(&arena, ARENA_UNLIMITED);
    context = tls_context_new(&server, 1, &arena, why);
    if (context != NULL)
        arena_deinit(&arena);
    return context;
}

static bool shakes(struct tls_context *context, int version, const char *schemes)
{
    SSL_CTX *settings = tls_visitor_settings(version, version);
    struct tls_visitor *client;
    bool is_done;

    SSL_CTX_set_security_level(settings, 0);
    SSL_CTX_set_cipher_list(settings, "ALL:@SECLEVEL=0");
    if (schemes != NULL)
        assert_int_equal(SSL_CTX_set1_sigalgs_list(settings, schemes), 1);
    client = tls_visitor_new(context, settings, "a.example");
    is_done = tls_visitor_handshake(client);
    tls_visitor_free(client);
    return is_done;
}

static const struct {
    enum key_kind key;
    int version;
    const char *schemes;
    bool works;
} handshakes[] = {
    {KEY_P256,     TLS1_3_VERSION, NULL,             true },
    {KEY_P256,     TLS1_2_VERSION, NULL,             true },
    {KEY_P256,     TLS1_2_VERSION, "ECDSA+SHA384",   true },
    {KEY_P256,     TLS1_3_VERSION, "ECDSA+SHA384",   false},
    {KEY_P384,     TLS1_3_VERSION, NULL,             true },
    {KEY_P384,     TLS1_2_VERSION, NULL,             true },
    {KEY_RSA_2048, TLS1_3_VERSION, "RSA-PSS+SHA256", true },
    {KEY_RSA_2048, TLS1_3_VERSION, "RSA-PSS+SHA384", true },
    {KEY_RSA_2048, TLS1_3_VERSION, "RSA-PSS+SHA512", true },
    {KEY_RSA_2048, TLS1_2_VERSION, "RSA-PSS+SHA256", true },
    {KEY_RSA_2048, TLS1_2_VERSION, "RSA+SHA256",     true },
    {KEY_RSA_2048, TLS1_2_VERSION, "RSA+SHA1",       false},
    {KEY_RSA_2048, TLS1_1_VERSION, "RSA+SHA1",       false},
};

static void every_scheme_works_over_the_channel(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++) {
        const struct recipe recipe = {"DNS:a.example", "a.example", handshakes[i].key, 0, 0, 0};
        struct credentials credentials = credentials_make(&recipe);
        struct losses losses = {0};
        struct holder holder;
        struct slice why;
        struct tls_remote *remote =
            tls_remote_new(start(&holder, &credentials, 1, false), &events, &losses);
        struct tls_context *context = context_of(remote, credentials.certificate, 0, &why);

        assert_non_null(context);
        for (int again = 0; again < 3; again++)
            if (shakes(context, handshakes[i].version, handshakes[i].schemes) !=
                handshakes[i].works)
                fail_msg("handshake %zu", i);
        tls_context_free(context);
        tls_remote_free(remote);
        finish(&holder);
        assert_int_equal(losses.count, 0);
        assert_int_equal(holder.answers, handshakes[i].works ? 4 : 1); /* one is the self-test */
        credentials_free(&credentials);
    }
}

/* TLS 1.0 and 1.1 sign with SHA-1: only when the configuration asks for them. */
static void old_protocols_work_where_they_are_asked_for(void **state)
{
    static const enum key_kind kinds[] = {KEY_P256, KEY_RSA_2048};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct recipe recipe = {"DNS:a.example", "a.example", kinds[i], 0, 0, 0};
        struct credentials credentials = credentials_make(&recipe);
        struct losses losses = {0};
        struct holder holder;
        struct slice why;
        struct tls_remote *remote =
            tls_remote_new(start(&holder, &credentials, 1, true), &events, &losses);
        struct tls_context *context =
            context_of(remote, credentials.certificate, TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_2, &why);

        assert_non_null(context);
        assert_true(shakes(context, TLS1_VERSION, NULL));
        tls_context_free(context);
        tls_remote_free(remote);
        finish(&holder);
        assert_int_equal(holder.answers, 2);
        credentials_free(&credentials);
    }
}

/* The public half is the certificate's, so only the self-test sees it (tls-keys.md 5, row 14). */
static void a_key_of_another_certificate_is_refused(void **state)
{
    static const enum key_kind kinds[][2] = {
        {KEY_P256,     KEY_P256    },
        {KEY_RSA_2048, KEY_RSA_2048},
        {KEY_P256,     KEY_P384    },
        {KEY_P256,     KEY_RSA_2048},
    };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct recipe shown = {"DNS:a.example", "a.example", kinds[i][0], 0, 0, 0};
        const struct recipe held = {"DNS:a.example", "a.example", kinds[i][1], 0, 0, 0};
        struct credentials certificate = credentials_make(&shown);
        struct credentials key = credentials_make(&held);
        struct losses losses = {0};
        struct holder holder;
        struct slice why = SLICE_NONE;
        struct tls_remote *remote =
            tls_remote_new(start(&holder, &key, 1, false), &events, &losses);

        assert_null(context_of(remote, certificate.certificate, 0, &why));
        assert_true(slice_equal(why, SLICE("the key does not belong to the certificate")));
        tls_remote_free(remote);
        finish(&holder);
        credentials_free(&certificate);
        credentials_free(&key);
    }
}

static void a_lost_channel_fails_handshakes_until_there_is_another(void **state)
{
    struct credentials credentials = credentials_for("a.example");
    struct losses losses = {0};
    struct holder first, second;
    struct slice why;
    int fd = start(&first, &credentials, 1, false);
    struct tls_remote *remote = tls_remote_new(fd, &events, &losses);
    struct tls_context *context = context_of(remote, credentials.certificate, 0, &why);

    (void)state;
    assert_true(shakes(context, TLS1_3_VERSION, NULL));
    shutdown(fd, SHUT_RDWR);
    finish(&first);
    for (int again = 0; again < 3; again++)
        assert_false(shakes(context, TLS1_3_VERSION, NULL));
    assert_int_equal(losses.count, 1); /* said once */
    tls_remote_renew(remote, start(&second, &credentials, 1, false));
    assert_true(shakes(context, TLS1_3_VERSION, NULL));
    tls_context_free(context);
    tls_remote_free(remote);
    finish(&second);
    credentials_free(&credentials);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_key_holder_that_hangs_is_given_up_after_two_seconds(void **state)
{
    struct credentials credentials = credentials_for("a.example");
    struct losses losses = {0};
    struct slice why = SLICE_NONE;
    struct tls_remote *remote;
    double began;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    remote = tls_remote_new(pair[1], &events, &losses);
    began = seconds();
    assert_null(context_of(remote, credentials.certificate, 0, &why));
    assert_true(seconds() - began > 1.8 && seconds() - began < 4);
    assert_int_equal(losses.count, 1);
    assert_string_equal(losses.why, "the key holder does not answer");
    tls_remote_free(remote);
    close(pair[0]);
    credentials_free(&credentials);
}

static const struct {
    const char *name, *answer;
    size_t len;
} nonsense[] = {
    {"short",         "\1\0\0\0",             4 },
    {"another id",    "\2\0\0\0\0\0\4\0sign", 12},
    {"lying length",  "\1\0\0\0\0\0\5\0sign", 12},
    {"empty",         "\1\0\0\0\0\0\0\0",     8 },
    {"refused, long", "\1\0\0\0\1\0\4\0sign", 12},
};

static void nonsense_from_a_key_holder_ends_the_channel(void **state)
{
    struct credentials credentials = credentials_for("a.example");

    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        struct losses losses = {0};
        struct slice why = SLICE_NONE;
        struct tls_remote *remote;
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
        remote = tls_remote_new(pair[1], &events, &losses);
        assert_int_equal(send(pair[0], nonsense[i].answer, nonsense[i].len, 0), nonsense[i].len);
        assert_null(context_of(remote, credentials.certificate, 0, &why));
        assert_int_equal(losses.count, 1);
        assert_string_equal(losses.why, "the key holder answers nonsense");
        tls_remote_free(remote);
        close(pair[0]);
    }
    credentials_free(&credentials);
}

/* What a worker in other hands could send. */
static void the_signer_signs_nothing_else(void **state)
{
    static const bool allowed[] = {true, false};
    struct credentials credentials[] = {credentials_for("a.example"), credentials_for("b.example")};
    struct tls_signer *signer = tls_signer_new(2, false);
    struct tls_signing *signing;
    char text[130], datagram[TLS_SIGN_REQUEST_MAX], answer[TLS_SIGN_ANSWER_MAX];
    struct slice signature;
    uint16_t status;
    static const struct {
        uint16_t key, scheme;
        bool too_many;
        uint16_t status;
    } cases[] = {
        {0, 0x0403, false, TLS_SIGN_DONE       },
        {0, 0x0403, true,  TLS_SIGN_TOO_MANY   },
        {0, 0x0503, false, TLS_SIGN_REFUSED    },
        {0, 0x0804, false, TLS_SIGN_REFUSED    },
        {0, 0x0203, false, TLS_SIGN_REFUSED    },
        {1, 0x0403, false, TLS_SIGN_UNKNOWN_KEY},
        {2, 0x0403, false, TLS_SIGN_UNKNOWN_KEY},
        {9, 0x0403, false, TLS_SIGN_UNKNOWN_KEY},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_null(tls_signer_add(signer, credentials[i].key, SLICE_NONE));
    signing = tls_signing_new(signer);
    memset(text, ' ', 64);
    memcpy(text + 64, "TLS 1.3, server CertificateVerify", 34);
    memset(text + 98, 'h', 32);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len;

        tls_sign_write_request(datagram, 5, cases[i].key, cases[i].scheme, sizeof text);
        memcpy(datagram + TLS_SIGN_HEAD_BYTES, text, sizeof text);
        len =
            tls_signing_answer(signing, allowed, cases[i].too_many,
                               (struct slice){datagram, TLS_SIGN_HEAD_BYTES + sizeof text}, answer);
        assert_true(tls_sign_parse_answer((struct slice){answer, len}, 5, &status, &signature));
        assert_int_equal(status, cases[i].status);
        assert_int_equal(signature.len > 0, cases[i].status == TLS_SIGN_DONE);
    }
    for (size_t at = TLS_SIGN_HEAD_BYTES; at < TLS_SIGN_HEAD_BYTES + 98; at++) {
        tls_sign_write_request(datagram, 5, 0, 0x0403, sizeof text);
        memcpy(datagram + TLS_SIGN_HEAD_BYTES, text, sizeof text);
        datagram[at] ^= 0x40; /* any byte in front of the hash */
        assert_int_equal(
            tls_signing_answer(signing, allowed, false,
                               (struct slice){datagram, TLS_SIGN_HEAD_BYTES + sizeof text}, answer),
            0);
    }
    tls_signing_free(signing);
    tls_signer_free(signer);
    credentials_free(&credentials[0]);
    credentials_free(&credentials[1]);
}

static void weak_and_broken_keys_are_refused(void **state)
{
    const struct recipe weak = {"DNS:a.example", "a.example", KEY_RSA_1024, 0, 0, 0};
    struct credentials credentials = credentials_make(&weak);
    struct tls_signer *signer = tls_signer_new(3, false);

    (void)state;
    assert_string_equal(tls_signer_add(signer, credentials.key, SLICE_NONE),
                        "a key of a kind that is not served");
    assert_string_equal(tls_signer_add(signer, credentials.certificate, SLICE_NONE),
                        "this is a certificate, not a private key");
    assert_string_equal(tls_signer_add(signer, SLICE_NONE, SLICE_NONE), "the file is empty");
    tls_signer_free(signer);
    credentials_free(&credentials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_works_over_the_channel),
        cmocka_unit_test(old_protocols_work_where_they_are_asked_for),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(a_lost_channel_fails_handshakes_until_there_is_another),
        cmocka_unit_test(a_key_holder_that_hangs_is_given_up_after_two_seconds),
        cmocka_unit_test(nonsense_from_a_key_holder_ends_the_channel),
        cmocka_unit_test(the_signer_signs_nothing_else),
        cmocka_unit_test(weak_and_broken_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
