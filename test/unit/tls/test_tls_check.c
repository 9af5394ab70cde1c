#include "certificates.h"
#include "tls/tls_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/err.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    assert_int_equal(ERR_peek_error(), 0);
    return 0;
}

static struct tls_certificate_facts facts_of(const struct credentials *credentials)
{
    struct tls_certificate_facts facts;
    struct slice why = SLICE_NONE;

    assert_true(tls_check_certificate(credentials->certificate, &arena, &facts, &why));
    return facts;
}

static void assert_text(struct slice text, const char *expected)
{
    if (!slice_equal(text, slice_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", (int)text.len, text.at, expected);
}

static void test_facts_of_a_certificate(void **state)
{
    struct credentials made = credentials_make(
        &(struct recipe){.names = "DNS:A.Example,DNS:*.a.example,IP:192.0.2.1,email:x@a.example",
                         .common = "not this one",
                         .key = KEY_P256,
                         .from_s = -1000,
                         .until_s = 5000});
    struct tls_certificate_facts facts = facts_of(&made);
    int64_t now = (int64_t)time(NULL);

    (void)state;
    assert_int_equal(facts.name_count, 3);
    assert_text(facts.names[0], "a.example");
    assert_text(facts.names[1], "*.a.example");
    assert_text(facts.names[2], "192.0.2.1");
    assert_in_range(facts.not_before, now - 1010, now - 990);
    assert_in_range(facts.not_after, now + 4990, now + 5010);
    assert_text(facts.issuer, "not this one");
    assert_text(facts.key_type, "ECDSA P-256");
    assert_int_equal(facts.fingerprint.len, strlen("9b:1e:…:07"));
    credentials_free(&made);
}

/* Pitfall 29, by a clock that is shifted. */
static void test_the_end_of_a_certificate_comes_nearer(void **state)
{
    enum { DAY = 86400 };
    const struct tls_certificate_facts quarter = {.not_before = 0, .not_after = 90 * DAY},
                                       week = {.not_before = 0, .not_after = 6 * DAY};
    static const struct {
        int64_t days;
        enum tls_certificate_end quarter, week;
    } rows[] = {
        {0,   TLS_CERTIFICATE_FAR,  TLS_CERTIFICATE_FAR },
        {4,   TLS_CERTIFICATE_FAR,  TLS_CERTIFICATE_FAR },
        {5,   TLS_CERTIFICATE_FAR,  TLS_CERTIFICATE_NEAR},
        {7,   TLS_CERTIFICATE_FAR,  TLS_CERTIFICATE_OVER},
        {76,  TLS_CERTIFICATE_FAR,  TLS_CERTIFICATE_OVER},
        {77,  TLS_CERTIFICATE_NEAR, TLS_CERTIFICATE_OVER},
        {90,  TLS_CERTIFICATE_NEAR, TLS_CERTIFICATE_OVER},
        {91,  TLS_CERTIFICATE_OVER, TLS_CERTIFICATE_OVER},
        {999, TLS_CERTIFICATE_OVER, TLS_CERTIFICATE_OVER},
    };
    int64_t change, later;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t now = rows[i].days * DAY;

        assert_int_equal(tls_certificate_end(&week, now, &change), rows[i].week);
        assert_int_equal(tls_certificate_end(&quarter, now, &change), rows[i].quarter);
        if (rows[i].quarter == TLS_CERTIFICATE_OVER) {
            assert_true(change == INT64_MAX);
            continue;
        }
        assert_int_equal(tls_certificate_end(&quarter, change - 1, &later), rows[i].quarter);
        assert_int_equal(tls_certificate_end(&quarter, change, &later), rows[i].quarter + 1);
    }
}

static void test_common_name_when_there_is_no_other(void **state)
{
    struct credentials made =
        credentials_make(&(struct recipe){.common = "Old.Example", .key = KEY_RSA_2048});
    struct tls_certificate_facts facts = facts_of(&made);

    (void)state;
    assert_int_equal(facts.name_count, 1);
    assert_text(facts.names[0], "old.example");
    assert_text(facts.key_type, "RSA 2048");
    credentials_free(&made);
}

static const struct {
    const char *pem, *why;
} bad_certificates[] = {
    {"",                                                               "the file is empty"                    },
    {"hello\n",                                                        "there is no certificate in PEM form"  },
    {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
     "this is a private key, not a certificate"                                                               },
    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     "certificate number 1 in it is damaged"                                                                  },
    {"-----BEGIN CERTIFICATE-----\nAAAA\n",                            "certificate number 1 in it is damaged"},
};

static void test_what_is_no_certificate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_certificates / sizeof *bad_certificates; i++) {
        struct tls_certificate_facts facts;
        struct slice why = SLICE_NONE;

        assert_false(
            tls_check_certificate(slice_of(bad_certificates[i].pem), &arena, &facts, &why));
        assert_text(why, bad_certificates[i].why);
    }
}

static struct slice join(struct slice first, struct slice second)
{
    return arena_format(&arena, "%.*s%.*s", (int)first.len, first.at, (int)second.len, second.at);
}

/* A file cut anywhere in its second certificate is not taken for a shorter chain. */
static void test_truncated_chain(void **state)
{
    struct credentials made = credentials_for("a.example");
    struct slice whole = join(made.certificate, made.certificate);
    struct tls_certificate_facts facts;
    struct slice why = SLICE_NONE;

    (void)state;
    assert_true(tls_check_certificate(whole, &arena, &facts, &why));
    for (size_t len = made.certificate.len + 28; len < whole.len - 26; len += 50) {
        assert_false(tls_check_certificate(slice_part(whole, 0, len), &arena, &facts, &why));
        assert_text(why, "certificate number 2 in it is damaged");
    }
    credentials_free(&made);
}

static void test_key_and_certificate(void **state)
{
    struct credentials made = credentials_for("a.example"), other = credentials_for("a.example");
    struct slice fingerprint = SLICE_NONE, why = SLICE_NONE;

    (void)state;
    assert_true(tls_check_key(made.certificate, made.key, &arena, &fingerprint, &why));
    assert_true(slice_equal(fingerprint, facts_of(&made).fingerprint));
    assert_false(tls_check_key(made.certificate, other.key, &arena, &fingerprint, &why));
    assert_true(slice_equal(fingerprint, facts_of(&other).fingerprint));
    assert_text(why, "the key does not belong to the certificate");
    credentials_free(&made);
    credentials_free(&other);
}

static const struct {
    const char *pem, *why;
} bad_keys[] = {
    {"",                                                                                   "the file is empty"                  },
    {"hello\n",                                                                            "there is no private key in PEM form"},
    {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
     "the private key is damaged or of an unknown kind"                                                                         },
    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     "this is a certificate, not a private key"                                                                                 },
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
     "the key is encrypted; name a file with its pass phrase in ssl_password_file"                                              },
};

static void test_what_is_no_key(void **state)
{
    struct credentials made = credentials_for("a.example");

    (void)state;
    for (size_t i = 0; i < sizeof bad_keys / sizeof *bad_keys; i++) {
        struct slice fingerprint = SLICE_NONE, why = SLICE_NONE;

        assert_false(
            tls_check_key(made.certificate, slice_of(bad_keys[i].pem), &arena, &fingerprint, &why));
        assert_text(why, bad_keys[i].why);
        assert_int_equal(fingerprint.len, 0);
    }
    credentials_free(&made);
}

static const struct {
    const char *name;
    bool covered;
} names[] = {
    {"a.example",     true },
    {"A.EXAMPLE",     true },
    {"x.a.example",   true },
    {"y.x.a.example", false},
    {"*.a.example",   true },
    {"*.x.a.example", false},
    {".a.example",    false},
    {"xa.example",    false},
    {"b.example",     false},
    {"example",       false},
    {"*.b.example",   false},
    {"one.b.example", true },
    {"",              false},
};

static void test_coverage(void **state)
{
    struct credentials made = credentials_make(
        &(struct recipe){.names = "DNS:a.example,DNS:*.a.example,DNS:one.b.example"});
    struct tls_certificate_facts facts = facts_of(&made);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tls_certificate_covers(&facts, slice_of(names[i].name)) != names[i].covered)
            fail_msg("%s", names[i].name);
    credentials_free(&made);
}

static void test_ciphers(void **state)
{
    (void)state;
    assert_null(tls_check_ciphers(SLICE("HIGH:!aNULL:!MD5")));
    assert_null(tls_check_ciphers(SLICE("ECDHE-RSA-AES128-GCM-SHA256")));
    assert_non_null(tls_check_ciphers(SLICE("NONSENSE")));
    assert_non_null(tls_check_ciphers(SLICE("TLS_AES_128_GCM_SHA256")));
    assert_non_null(tls_check_ciphers(SLICE("HIGH\0x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_facts_of_a_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_end_of_a_certificate_comes_nearer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_common_name_when_there_is_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncated_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_and_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coverage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ciphers, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
