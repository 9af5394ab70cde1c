#include "base/arena.h"
#include "certificates.h"
#include "tls/tls_context.h"
#include "tls/tls_internal.h"
#include "tls/tls_layer.h"
#include "tls/tls_tickets.h"
#include "tls_visitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/err.h>

static const char *const http_alpn[] = {"http/1.1", NULL};
static const char *const mail_alpn[] = {"smtp", "esmtp", NULL};

/* Three servers on one address, as pitfall 10 wants them. */
static struct credentials credentials[3];
static const struct slice names[3][2] = {
    {{"default.example", 15}, {NULL, 0}                    },
    {{"a.example", 9},        {"xn--bcher-kva.example", 21}},
    {{"*.wild.example", 14},  {NULL, 0}                    },
};
static const size_t name_counts[3] = {1, 2, 1};

static struct tls_server server_with(size_t index)
{
    return (struct tls_server){
        .names = names[index],
        .name_count = name_counts[index],
        .certificates = &credentials[index].certificate,
        .keys = &credentials[index].key,
        .pair_count = 1,
        .session_timeout_s = 3600,
        .session_tickets = true,
        .service = "test",
    };
}

static struct tls_context *context_of(const struct tls_server *servers, size_t count)
{
    struct arena arena;
    struct slice why = SLICE_NONE;
    struct tls_context *context;

    arena_init(&arena, ARENA_UNLIMITED);
    context = tls_context_new(servers, count, &arena, &why);
    if (context == NULL)
        print_error("%.*s\n", (int)why.len, why.at);
    arena_deinit(&arena);
    assert_non_null(context);
    return context;
}

static struct tls_context *three_servers(void)
{
    struct tls_server servers[3];

    for (size_t i = 0; i < 3; i++)
        servers[i] = server_with(i);
    return context_of(servers, 3);
}

static int set_up(void **state)
{
    (void)state;
    credentials[0] = credentials_for("default.example");
    credentials[1] = credentials_for("a.example");
    credentials[2] = credentials_for("*.wild.example");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        credentials_free(&credentials[i]);
    return 0;
}

static const struct {
    const char *name;
    const char *certificate;
    const char *seen;
    size_t server;
} sni_cases[] = {
    {NULL,                    "default.example", "",                      0},
    {"a.example",             "a.example",       "a.example",             1},
    {"A.EXAMPLE",             "a.example",       "a.example",             1},
    {"a.example.",            "a.example",       "a.example",             1},
    {"default.example",       "default.example", "default.example",       0},
    {"x.wild.example",        "*.wild.example",  "x.wild.example",        2},
    {"wild.example",          "default.example", "wild.example",          0},
    {"192.0.2.1",             "default.example", "192.0.2.1",             0},
    {"xn--bcher-kva.example", "a.example",       "xn--bcher-kva.example", 1},
    {"b\xc3\xbc"
     "cher.example",     "default.example",
     "b\xc3\xbc"
     "cher.example",                                                      0},
    {"unknown.example",       "default.example", "unknown.example",       0},
};

static void test_certificate_follows_the_name(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct tls_context *context = three_servers();
    char common[100];

    (void)state;
    for (size_t i = 0; i < 2 * sizeof sni_cases / sizeof *sni_cases; i++) {
        size_t row = i / 2;
        int version = versions[i % 2];
        struct tls_visitor *client =
            tls_visitor_new(context, tls_visitor_settings(version, version), sni_cases[row].name);

        assert_true(tls_visitor_handshake(client));
        if (!slice_equal(tls_visitor_certificate(client, common, sizeof common),
                         slice_of(sni_cases[row].certificate)) ||
            !slice_equal(tls_layer_server_name(client->server), slice_of(sni_cases[row].seen)) ||
            tls_layer_server(client->server) != sni_cases[row].server)
            fail_msg("%s: %s", sni_cases[row].name, common);
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

/* Malformed ones cannot be asked of OpenSSL's client: they are forged into its ClientHello, the
 * same number of bytes. "name" stands for the ten bytes of the list entry of "forged.x". */
static void forge(struct tls_visitor *client, struct slice old, struct slice new)
{
    char *at =
        memmem(buffer_slice(&client->pending).at, buffer_len(&client->pending), old.at, old.len);

    assert_non_null(at);
    assert_int_equal(old.len, new.len);
    memcpy(at, new.at, new.len);
}

static const struct slice forged_names[] = {
    {"\0\x0b\0\0\x08"
     "for\0ed.x", 13}, /* NUL */
    {"\0\x0b\0\0\x02"
     "aa\0\0\x03"
     "bbb",       13}, /* two names */
    {"\0\x0b\x01\0\x08"
     "forged.x",  13}, /* no host_name */
    {"\0\x0b\0\0\x07"
     "forged.x",  13}, /* bytes left over */
    {"\0\x0b\0\0\x00"
     "forged.x",  13}, /* empty */
    {"\0\x00\0\0\x08"
     "forged.x",  13}, /* empty list */
};

static void test_malformed_names_are_refused(void **state)
{
    struct tls_context *context = three_servers();

    (void)state;
    for (size_t i = 0; i < sizeof forged_names / sizeof *forged_names; i++) {
        struct tls_visitor *client = tls_visitor_new(context, NULL, "forged.x");

        tls_visitor_step(client);
        forge(client,
              (struct slice){"\0\x0b\0\0\x08"
                             "forged.x",
                             13},
              forged_names[i]);
        tls_visitor_feed(client, false);
        assert_int_equal(client->result, TRANSFORM_FAILED);
        assert_string_equal(client->server->functions->words(client->server),
                            "malformed server name in the ClientHello");
        assert_int_equal(buffer_len(&client->wire), 7); /* the alert */
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

static void test_default_without_names(void **state)
{
    struct tls_context *context =
        context_with((struct tls_server){.session_tickets = true}, &credentials[0]);
    struct tls_visitor *client = tls_visitor_new(context, NULL, "any.example");

    (void)state;
    assert_true(tls_visitor_handshake(client));
    tls_visitor_free(client);
    tls_context_free(context);
}

/* Resumption. Each step takes a fresh ticket: OpenSSL's client uses one once (pitfall 13). */
/* Tickets that came on the latest connection. */
struct kept {
    SSL_SESSION *session;
    unsigned count;
};

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct kept *kept = SSL_get_app_data(ssl);

    SSL_SESSION_free(kept->session);
    kept->session = session;
    kept->count++;
    return 1;
}

/* Connects, with *session if there is one, and leaves the new ticket there. */
static bool resumes(struct tls_context *context, int version, const char *name,
                    SSL_SESSION **session)
{
    SSL_CTX *settings = tls_visitor_settings(version, version);
    struct tls_visitor *client;
    struct kept kept = {*session, 0};
    bool resumed;
    char heard[8];

    SSL_CTX_sess_set_new_cb(settings, keep_session);
    client = tls_visitor_new(context, settings, name);
    SSL_set_app_data(client->ssl, &kept);
    if (*session != NULL)
        assert_int_equal(SSL_set_session(client->ssl, *session), 1);
    assert_true(tls_visitor_handshake(client));
    resumed = tls_layer_resumed(client->server);
    assert_int_equal(resumed, SSL_session_reused(client->ssl));
    assert_int_equal(tls_visitor_hear(client, SLICE("x"), heard, sizeof heard), 1);
    /* else OpenSSL's client takes the session for broken */
    SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    tls_visitor_free(client);
    *session = kept.session;
    assert_in_range(kept.count, 0, 1); /* one ticket is enough */
    return resumed;
}

static void test_sessions_resume_on_their_server_only(void **state)
{
    struct tls_context *context = three_servers();

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = NULL;

        assert_false(resumes(context, version, "a.example", &session));
        assert_non_null(session);
        assert_true(resumes(context, version, "a.example", &session));
        assert_true(resumes(context, version, "a.example", &session));
        /* pitfall 11 */
        assert_false(resumes(context, version, "x.wild.example", &session));
        assert_true(resumes(context, version, "y.wild.example", &session));
        assert_false(resumes(context, version, NULL, &session));
        assert_true(resumes(context, version, NULL, &session));
        assert_false(resumes(context, version, "a.example", &session));
        SSL_SESSION_free(session);
    }
    tls_context_free(context);
}

static void test_sessions_do_not_move_between_contexts(void **state)
{
    struct tls_context *first = three_servers(), *second = three_servers();
    SSL_SESSION *session = NULL;

    (void)state;
    assert_false(resumes(first, TLS1_3_VERSION, "a.example", &session));
    assert_false(resumes(second, TLS1_3_VERSION, "a.example", &session));
    SSL_SESSION_free(session);
    tls_context_free(first);
    tls_context_free(second);
}

/* Two contexts, as of two workers or two generations, with the same keys. */
static void test_shared_ticket_keys_resume_on_the_same_server(void **state)
{
    struct tls_tickets tickets = {0};
    struct tls_server servers[] = {server_with(0), server_with(1)};
    struct tls_context *first, *second;

    (void)state;
    tls_tickets_start(&tickets);
    servers[0].tickets = &tickets;
    first = context_of(servers, 2);
    second = context_of(servers, 2);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = NULL;

        assert_false(resumes(first, version, "a.example", &session));
        assert_true(resumes(second, version, "a.example", &session));
        assert_true(resumes(first, version, "a.example", &session));
        assert_false(resumes(second, version, "default.example", &session));
        SSL_SESSION_free(session);
    }
    tls_context_free(first);
    tls_context_free(second);
}

/* Pitfall 12. A ticket lives for the epoch that it is of and the one after, and is replaced. */
static void test_tickets_outlive_one_rotation(void **state)
{
    struct tls_tickets tickets = {0};
    struct tls_server server = server_with(0);
    struct tls_context *context;

    (void)state;
    tls_tickets_start(&tickets);
    server.tickets = &tickets;
    context = context_of(&server, 1);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = NULL;

        assert_false(resumes(context, version, "default.example", &session));
        /* TLS 1.3: with the one it got last. OpenSSL's client keeps the first one of TLS 1.2. */
        for (int i = 0; i < (version == TLS1_3_VERSION ? 6 : 1); i++) {
            tls_tickets_rotate(&tickets);
            assert_true(resumes(context, version, "default.example", &session));
        }
        tls_tickets_rotate(&tickets);
        tls_tickets_rotate(&tickets);
        assert_false(resumes(context, version, "default.example", &session));
        assert_true(resumes(context, version, "default.example", &session));
        SSL_SESSION_free(session);
    }
    tls_context_free(context);
}

/* Servers that share what OpenSSL makes of their settings do not share tickets. */
static void test_alike_servers_have_their_own_tickets(void **state)
{
    struct tls_server servers[] = {server_with(0), server_with(0), server_with(0)};
    struct tls_context *context;
    SSL_SESSION *session = NULL;

    (void)state;
    servers[1].names = names[1];
    servers[2].names = names[2];
    servers[2].service = "another";
    context = context_of(servers, 3);
    assert_ptr_equal(context->choices[0].settings, context->choices[1].settings);
    assert_ptr_equal(context->choices[0].settings, context->choices[2].settings);
    assert_false(resumes(context, TLS1_3_VERSION, "default.example", &session));
    assert_true(resumes(context, TLS1_3_VERSION, "default.example", &session));
    assert_false(resumes(context, TLS1_3_VERSION, "a.example", &session));
    assert_true(resumes(context, TLS1_3_VERSION, "a.example", &session));
    assert_false(resumes(context, TLS1_3_VERSION, "x.wild.example", &session));
    SSL_SESSION_free(session);
    tls_context_free(context);
}

static void test_one_ticket_or_none(void **state)
{
    struct tls_server servers[2] = {server_with(0), server_with(1)};
    struct tls_context *context;
    SSL_SESSION *session = NULL;

    (void)state;
    servers[1].session_tickets = false;
    context = context_of(servers, 2);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        assert_false(resumes(context, version, "a.example", &session));
        if (session != NULL) /* TLS 1.2 gives a session, but no way to resume it */
            assert_false(SSL_SESSION_has_ticket(session));
        assert_false(resumes(context, version, "a.example", &session));
        SSL_SESSION_free(session);
        session = NULL;
        assert_false(resumes(context, version, "default.example", &session));
        assert_true(SSL_SESSION_has_ticket(session));
        assert_true(resumes(context, version, "default.example", &session));
        SSL_SESSION_free(session);
        session = NULL;
    }
    tls_context_free(context);
}

/* Names that are in no list: "p<n>.pattern" is of the server n of three, "p9.pattern" of one that
 * the context does not have. */
static const void *find_pattern(const void *owner, struct slice name)
{
    const struct tls_server *servers = owner;

    assert_true(name.len > 0 && name.len <= TLS_NAME_MAX);
    if (name.len != 10 || name.at[0] != 'p' || !slice_ends(name, SLICE(".pattern")))
        return NULL;
    return &servers[name.at[1] - '0'];
}

static struct tls_context *named_servers(struct tls_server servers[3])
{
    static const struct slice patterns[3] = {
        {"~^p0", 4},
        {"~^p1", 4},
        {"~^p2", 4}
    };
    struct tls_context *context;

    for (size_t i = 0; i < 3; i++) {
        servers[i] = server_with(i);
        servers[i].names = &patterns[i];
        servers[i].name_count = 1;
        servers[i].owner = &servers[i];
    }
    servers[2].certificates = servers[1].certificates;
    servers[2].keys = servers[1].keys;
    context = context_of(servers, 3);
    tls_context_set_naming(context, (struct tls_naming){find_pattern, servers});
    return context;
}

static void test_names_may_be_known_to_somebody_else(void **state)
{
    static const struct {
        const char *name, *certificate;
        size_t server;
    } cases[] = {
        {"p0.pattern", "default.example", 0},
        {"p1.pattern", "a.example",       1},
        {"P2.PATTERN", "a.example",       2},
        {"p9.pattern", "default.example", 0},
        {"p1.patterm", "default.example", 0},
        {"~^p1",       "default.example", 0},
        {NULL,         "default.example", 0},
    };
    struct tls_server servers[3];
    struct tls_context *context = named_servers(servers);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_visitor *client = tls_visitor_new(context, NULL, cases[i].name);
        char common[100];

        assert_true(tls_visitor_handshake(client));
        assert_true(slice_equal(tls_visitor_certificate(client, common, sizeof common),
                                slice_of(cases[i].certificate)));
        assert_int_equal(tls_layer_server(client->server), cases[i].server);
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

/* Two servers with one certificate: what tells them apart are their patterns. */
static void test_tickets_of_patterns_are_their_servers(void **state)
{
    struct tls_server servers[3];
    struct tls_context *context = named_servers(servers);

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_SESSION *session = NULL;

        assert_false(resumes(context, version, "p1.pattern", &session));
        assert_true(resumes(context, version, "p1.pattern", &session));
        assert_false(resumes(context, version, "p2.pattern", &session));
        assert_true(resumes(context, version, "p2.pattern", &session));
        assert_false(resumes(context, version, "unknown.pattern", &session));
        assert_true(resumes(context, version, "p0.pattern", &session));
        SSL_SESSION_free(session);
    }
    tls_context_free(context);
}

/* ALPN. `offer` is in wire form. */
static const struct {
    const char *name;
    const char *offer;
    const char *chosen; /* NULL: refused */
} alpn_cases[] = {
    {"a.example",       NULL,                 ""        },
    {"a.example",       "\x08http/1.1",       "http/1.1"},
    {"a.example",       "\x02h2\x08http/1.1", "http/1.1"},
    {"a.example",       "\x02h2",             NULL      },
    {"a.example",       "\x04imap",           NULL      },
    {"a.example",       "\x07http/1.",        NULL      },
    {"x.wild.example",
     "\x05"
     "esmtp\x04smtp",                         "smtp"    },
    {"x.wild.example",
     "\x05"
     "esmtp",                                 "esmtp"   },
    {"x.wild.example",  "\x08http/1.1",       NULL      },
    {"default.example", "\x08http/1.1",       ""        },
};

static void test_application_protocol_is_the_servers(void **state)
{
    struct tls_server servers[3] = {server_with(0), server_with(1), server_with(2)};
    struct tls_context *context;

    (void)state;
    servers[1].alpn = http_alpn;
    servers[2].alpn = mail_alpn;
    context = context_of(servers, 3);
    for (size_t i = 0; i < sizeof alpn_cases / sizeof *alpn_cases; i++) {
        const char *offer = alpn_cases[i].offer, *chosen = alpn_cases[i].chosen;
        SSL_CTX *settings = tls_visitor_settings(0, 0);
        struct tls_visitor *client;

        if (offer != NULL)
            SSL_CTX_set_alpn_protos(settings, (const unsigned char *)offer,
                                    (unsigned)strlen(offer));
        client = tls_visitor_new(context, settings, alpn_cases[i].name);
        assert_int_equal(tls_visitor_handshake(client), chosen != NULL);
        if (chosen != NULL)
            assert_true(slice_equal(tls_layer_alpn(client->server), slice_of(chosen)));
        else
            assert_string_equal(client->server->functions->words(client->server),
                                "no shared application protocol (ALPN)");
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

/* Pitfall 30: the client sees alert 120. */
static void test_refused_application_protocol_is_alert_120(void **state)
{
    struct tls_context *context =
        context_with((struct tls_server){.alpn = http_alpn}, &credentials[0]);
    SSL_CTX *settings = tls_visitor_settings(0, 0);
    struct tls_visitor *client;

    (void)state;
    SSL_CTX_set_alpn_protos(settings, (const unsigned char *)"\x04imap", 5);
    client = tls_visitor_new(context, settings, NULL);
    tls_visitor_step(client);
    tls_visitor_feed(client, false);
    assert_int_equal(buffer_len(&client->wire), 7);
    assert_memory_equal(buffer_slice(&client->wire).at, "\x15\x03\x03\0\x02\x02\x78", 7);
    tls_visitor_free(client);
    tls_context_free(context);
}

/* An ECDSA and an RSA certificate: each client gets the one that it can check. */
static void test_certificate_follows_the_clients_signatures(void **state)
{
    struct credentials rsa = credentials_make(
        &(struct recipe){.names = "DNS:a.example", .common = "rsa", .key = KEY_RSA_2048});
    struct slice certificates[2] = {rsa.certificate, credentials[1].certificate};
    struct slice keys[2] = {rsa.key, credentials[1].key};
    struct tls_context *context = context_with(
        (struct tls_server){.certificates = certificates, .keys = keys, .pair_count = 2}, NULL);
    static const struct {
        int version;
        const char *signatures, *ciphers, *common;
    } cases[] = {
        {TLS1_3_VERSION, "RSA-PSS+SHA256",              NULL,                            "rsa"      },
        {TLS1_3_VERSION, "ECDSA+SHA256",                NULL,                            "a.example"},
        {TLS1_3_VERSION, "ECDSA+SHA256:RSA-PSS+SHA256", NULL,                            "a.example"},
        {TLS1_2_VERSION, "RSA+SHA256",                  "ECDHE-RSA-AES128-GCM-SHA256",   "rsa"      },
        {TLS1_2_VERSION, "ECDSA+SHA256",                "ECDHE-ECDSA-AES128-GCM-SHA256", "a.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SSL_CTX *settings = tls_visitor_settings(cases[i].version, cases[i].version);
        struct tls_visitor *client;
        char common[100];

        assert_int_equal(SSL_CTX_set1_sigalgs_list(settings, cases[i].signatures), 1);
        if (cases[i].ciphers != NULL)
            assert_int_equal(SSL_CTX_set_cipher_list(settings, cases[i].ciphers), 1);
        client = tls_visitor_new(context, settings, NULL);
        assert_true(tls_visitor_handshake(client));
        assert_true(slice_equal(tls_visitor_certificate(client, common, sizeof common),
                                slice_of(cases[i].common)));
        tls_visitor_free(client);
    }
    tls_context_free(context);
    credentials_free(&rsa);
}

/* Pitfall 23: what the client's groups must not break. */
static const struct {
    int version;
    const char *groups;
    bool connects;
} group_cases[] = {
    {TLS1_2_VERSION, "P-256",        true },
    {TLS1_2_VERSION, "X25519:P-256", true },
    {TLS1_3_VERSION, "P-256",        true },
    {TLS1_3_VERSION, "P-384",        true },
    {TLS1_3_VERSION, "X25519",       true },
    {TLS1_3_VERSION, "P-521",        false},
    {TLS1_3_VERSION, "P-521:P-384",  true }, /* by a HelloRetryRequest */
};

static void test_groups(void **state)
{
    struct tls_context *context = three_servers();

    (void)state;
    for (size_t i = 0; i < sizeof group_cases / sizeof *group_cases; i++) {
        SSL_CTX *settings = tls_visitor_settings(group_cases[i].version, group_cases[i].version);
        struct tls_visitor *client;
        char common[100];

        assert_int_equal(SSL_CTX_set1_groups_list(settings, group_cases[i].groups), 1);
        client = tls_visitor_new(context, settings, "a.example");
        client->piece = 1;
        assert_int_equal(tls_visitor_handshake(client), group_cases[i].connects);
        if (group_cases[i].connects)
            assert_true(slice_equal(tls_visitor_certificate(client, common, sizeof common),
                                    SLICE("a.example")));
        else
            assert_string_equal(client->server->functions->words(client->server),
                                "no shared key exchange group");
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

/* Protocol versions belong to the server that the name chose. */
#define REFUSED "client offers no protocol version that is allowed here"

static void test_protocols_follow_the_name(void **state)
{
    struct tls_server servers[3] = {server_with(0), server_with(1), server_with(2)};
    struct tls_context *context;
    static const struct {
        const char *name;
        int version;
        bool connects;
        const char *words;
    } cases[] = {
        {"default.example", TLS1_2_VERSION, true,  "no failure"},
        {"default.example", TLS1_3_VERSION, true,  "no failure"},
        {"default.example", TLS1_1_VERSION, false, REFUSED     },
        {"default.example", TLS1_VERSION,   false, REFUSED     },
        {"a.example",       TLS1_2_VERSION, false, REFUSED     },
        {"a.example",       TLS1_3_VERSION, true,  "no failure"},
        {"x.wild.example",  TLS1_VERSION,   true,  "no failure"},
        {"x.wild.example",  TLS1_1_VERSION, true,  "no failure"},
        {"x.wild.example",  TLS1_2_VERSION, true,  "no failure"},
        {"x.wild.example",  TLS1_3_VERSION, false, REFUSED     },
    };

    (void)state;
    servers[1].protocols = TLS_PROTOCOL_1_3;
    servers[2].protocols = TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_1 | TLS_PROTOCOL_1_2;
    context = context_of(servers, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_visitor *client = tls_visitor_new(
            context, tls_visitor_settings(cases[i].version, cases[i].version), cases[i].name);

        if (tls_visitor_handshake(client) != cases[i].connects ||
            strcmp(client->server->functions->words(client->server), cases[i].words) != 0)
            fail_msg("%s %x: %s", cases[i].name, (unsigned)cases[i].version,
                     client->server->functions->words(client->server));
        tls_visitor_free(client);
    }
    tls_context_free(context);
}

static void test_ciphers(void **state)
{
    static const struct {
        const char *server, *client, *chosen; /* chosen NULL: none */
        bool preference;
    } cases[] = {
        {"",                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-ECDSA-AES256-GCM-SHA384",                                                                                          false},
        {"",                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
         "ECDHE-ECDSA-AES128-GCM-SHA256",                                                                                          true },
        {"",                              "ECDHE-ECDSA-AES128-SHA",                                      NULL,                     false},
        {"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256",                               NULL,                     false},
        {"HIGH:!aNULL:!MD5",              "ECDHE-ECDSA-AES128-SHA",                                      "ECDHE-ECDSA-AES128-SHA", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_context *context =
            context_with((struct tls_server){.ciphers = slice_of(cases[i].server),
                                             .server_preference = cases[i].preference},
                         &credentials[0]);
        SSL_CTX *settings = tls_visitor_settings(TLS1_2_VERSION, TLS1_2_VERSION);
        struct tls_visitor *client;

        SSL_CTX_set_cipher_list(settings, cases[i].client);
        client = tls_visitor_new(context, settings, NULL);
        assert_int_equal(tls_visitor_handshake(client), cases[i].chosen != NULL);
        if (cases[i].chosen != NULL)
            assert_true(slice_equal(tls_layer_cipher(client->server), slice_of(cases[i].chosen)));
        else
            assert_string_equal(client->server->functions->words(client->server),
                                "no shared cipher");
        tls_visitor_free(client);
        tls_context_free(context);
    }
}

/* Pitfall 31: a chain over 4 KiB is still one flight. */
static void test_long_chain_is_one_flight(void **state)
{
    struct credentials heavy = credentials_make(
        &(struct recipe){.names = "DNS:a.example", .key = KEY_P256, .padding = 9000});
    struct tls_context *context = context_with((struct tls_server){0}, &heavy);
    struct tls_visitor *client = tls_visitor_new(context, NULL, NULL);

    (void)state;
    tls_visitor_step(client);
    tls_visitor_feed(client, false);
    assert_true(buffer_len(&client->wire) > 9000);
    tls_visitor_deliver(client);
    tls_visitor_step(client);
    assert_true(SSL_is_init_finished(client->ssl));
    tls_visitor_free(client);
    tls_context_free(context);
    credentials_free(&heavy);
}

static void refuse(const struct tls_server *server, const char *words)
{
    struct arena arena;
    struct slice why = SLICE_NONE;

    arena_init(&arena, ARENA_UNLIMITED);
    assert_null(tls_context_new(server, 1, &arena, &why));
    if (!slice_equal(why, slice_of(words)))
        fail_msg("%.*s", (int)why.len, why.at);
    assert_int_equal(ERR_peek_error(), 0);
    arena_deinit(&arena);
}

static void refuse_recipe(const struct recipe *recipe, const char *words)
{
    struct credentials made = credentials_make(recipe);
    struct tls_server server = server_with(0);

    server.certificates = &made.certificate;
    server.keys = &made.key;
    refuse(&server, words);
    credentials_free(&made);
}

static void test_what_cannot_be_served_is_said(void **state)
{
    struct tls_server server = server_with(0);
    struct slice empty = SLICE_NONE;

    (void)state;
    server.pair_count = 0;
    refuse(&server, "there is no certificate");
    server = server_with(0);
    server.keys = &credentials[1].key; /* pitfall 14 */
    refuse(&server, "the key does not belong to the certificate");
    server.keys = &credentials[1].certificate;
    refuse(&server, "this is a certificate, not a private key");
    server.keys = &empty;
    refuse(&server, "the file is empty");
    server = server_with(0);
    server.certificates = &credentials[0].key;
    refuse(&server, "this is a private key, not a certificate");
    server = server_with(0);
    server.ciphers = SLICE("NO-SUCH-CIPHER");
    refuse(&server, "OpenSSL does not take the list of ciphers (no cipher match)");
    refuse_recipe(&(struct recipe){.key = KEY_RSA_1024},
                  "its key is RSA 1024; use ECDSA on P-256 or P-384, or RSA of at least 2048 bits");
    refuse_recipe(
        &(struct recipe){.key = KEY_P521},
        "its key is ECDSA secp521r1; use ECDSA on P-256 or P-384, or RSA of at least 2048 bits");
}

/* Pitfall 24: the test runs with OPENSSL_CONF naming a file that takes all algorithms
 * away (see meson.build's environment). */
static void test_environment_changes_nothing(void **state)
{
    struct tls_context *context = three_servers();
    struct tls_visitor *client = tls_visitor_new(context, NULL, "a.example");

    (void)state;
    assert_non_null(getenv("OPENSSL_CONF"));
    assert_true(tls_visitor_handshake(client));
    assert_true(slice_equal(tls_layer_protocol(client->server), SLICE("TLSv1.3")));
    tls_visitor_free(client);
    tls_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment_changes_nothing),
        cmocka_unit_test(test_certificate_follows_the_name),
        cmocka_unit_test(test_malformed_names_are_refused),
        cmocka_unit_test(test_default_without_names),
        cmocka_unit_test(test_sessions_resume_on_their_server_only),
        cmocka_unit_test(test_sessions_do_not_move_between_contexts),
        cmocka_unit_test(test_shared_ticket_keys_resume_on_the_same_server),
        cmocka_unit_test(test_tickets_outlive_one_rotation),
        cmocka_unit_test(test_alike_servers_have_their_own_tickets),
        cmocka_unit_test(test_one_ticket_or_none),
        cmocka_unit_test(test_names_may_be_known_to_somebody_else),
        cmocka_unit_test(test_tickets_of_patterns_are_their_servers),
        cmocka_unit_test(test_application_protocol_is_the_servers),
        cmocka_unit_test(test_refused_application_protocol_is_alert_120),
        cmocka_unit_test(test_certificate_follows_the_clients_signatures),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_protocols_follow_the_name),
        cmocka_unit_test(test_ciphers),
        cmocka_unit_test(test_long_chain_is_one_flight),
        cmocka_unit_test(test_what_cannot_be_served_is_said),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
