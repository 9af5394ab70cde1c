#include "tls/tls_sign_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A request in memory of exactly its length, so that a sanitizer sees a read behind it. */
struct datagram {
    char *bytes;
    size_t len;
};

static struct datagram request(uint16_t scheme, const char *text, size_t len)
{
    struct datagram made = {malloc(TLS_SIGN_HEAD_BYTES + len), TLS_SIGN_HEAD_BYTES + len};

    tls_sign_write_request(made.bytes, 7, 1, scheme, len);
    memcpy(made.bytes + TLS_SIGN_HEAD_BYTES, text, len);
    return made;
}

static bool parses(struct datagram made, struct tls_sign_request *parsed)
{
    char *copy = malloc(made.len + 1);
    bool result;

    memcpy(copy + 1, made.bytes, made.len); /* unaligned */
    result = tls_sign_parse((struct slice){copy + 1, made.len}, parsed);
    free(copy);
    return result;
}

static size_t certificate_verify(char *out, const char *context, size_t context_len, size_t hash)
{
    memset(out, ' ', 64);
    memcpy(out + 64, context, context_len);
    memset(out + 64 + context_len, 'h', hash);
    return 64 + context_len + hash;
}

#define SERVER "TLS 1.3, server CertificateVerify"
#define CLIENT "TLS 1.3, client CertificateVerify"

static const struct {
    const char *name, *context;
    size_t context_len, hash;
    bool is_good;
} verifies[] = {
    {"SHA-256",                SERVER,         sizeof SERVER,     32, true },
    {"SHA-384",                SERVER,         sizeof SERVER,     48, true },
    {"a client's",             CLIENT,         sizeof CLIENT,     32, false},
    {"no zero",                SERVER,         sizeof SERVER - 1, 32, false},
    {"short hash",             SERVER,         sizeof SERVER,     31, false},
    {"long hash",              SERVER,         sizeof SERVER,     33, false},
    {"between the two hashes", SERVER,         sizeof SERVER,     40, false},
    {"SHA-512",                SERVER,         sizeof SERVER,     64, false},
    {"no hash",                SERVER,         sizeof SERVER,     0,  false},
    {"another context",        "TLS 1.3, exp", 13,                32, false},
    {"nothing",                "",             0,                 0,  false},
};

static void only_a_servers_certificate_verify_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof verifies / sizeof *verifies; i++) {
        struct tls_sign_request parsed;
        char text[256];
        size_t len = certificate_verify(text, verifies[i].context, verifies[i].context_len,
                                        verifies[i].hash);
        struct datagram made = request(0x0403, text, len);

        if (parses(made, &parsed) != verifies[i].is_good)
            fail_msg("%s", verifies[i].name);
        if (verifies[i].is_good) {
            assert_true(parsed.is_1_3);
            assert_int_equal(parsed.id, 7);
            assert_int_equal(parsed.key, 1);
        }
        free(made.bytes);
    }
}

static size_t key_exchange(char *out, const char *params, size_t params_len, size_t point)
{
    memset(out, 'r', 64);
    memcpy(out + 64, params, params_len);
    memset(out + 64 + params_len, 4, point);
    return 64 + params_len + point;
}

static const struct {
    const char *name, *params;
    size_t params_len, point;
    bool is_good;
} exchanges[] = {
    {"P-256",              "\3\0\x17\x41",     4, 65,  true },
    {"P-384",              "\3\0\x18\x61",     4, 97,  true },
    {"X25519",             "\3\0\x1d\x20",     4, 32,  true },
    {"P-521",              "\3\0\x19\x85",     4, 133, false},
    {"a byte more",        "\3\0\x1d\x20",     4, 33,  false},
    {"a byte less",        "\3\0\x1d\x20",     4, 31,  false},
    {"another length",     "\3\0\x1d\x21",     4, 33,  false},
    {"a compressed point", "\3\0\x17\x41\x02", 5, 64,  false},
    {"an explicit curve",  "\1\0\x1d\x20",     4, 32,  false},
    {"P-256 as X25519",    "\3\0\x1d\x41",     4, 65,  false},
    {"only the randoms",   "",                 0, 0,   false},
    {"randoms and a type", "\3",               1, 0,   false},
    {"no point",           "\3\0\x1d\x20",     4, 0,   false},
};

static void only_whole_key_exchanges_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        struct tls_sign_request parsed;
        char text[512];
        size_t len =
            key_exchange(text, exchanges[i].params, exchanges[i].params_len, exchanges[i].point);
        struct datagram made = request(0x0401, text, len);

        if (parses(made, &parsed) != exchanges[i].is_good)
            fail_msg("%s", exchanges[i].name);
        if (exchanges[i].is_good)
            assert_false(parsed.is_1_3);
        free(made.bytes);
    }
}

static struct datagram good(void)
{
    char text[256];

    return request(0x0403, text, certificate_verify(text, SERVER, sizeof SERVER, 32));
}

static void a_datagram_cut_anywhere_is_refused(void **state)
{
    struct datagram made = good();
    struct tls_sign_request parsed;

    (void)state;
    assert_true(parses(made, &parsed));
    for (size_t len = 0; len < made.len; len++)
        assert_false(parses((struct datagram){made.bytes, len}, &parsed));
    free(made.bytes);
}

static void lying_heads_are_refused(void **state)
{
    static const uint16_t lens[] = {0, 1, 129, 131, 512, 513, 65535};
    struct datagram made = good();
    struct tls_sign_request parsed;

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        memcpy(made.bytes + 8, &lens[i], 2);
        assert_false(parses(made, &parsed));
    }
    free(made.bytes);
    made = good();
    made.bytes[10] = 1; /* the reserved field */
    assert_false(parses(made, &parsed));
    free(made.bytes);
}

static void a_digest_alone_is_refused(void **state)
{
    static const char digest[64];
    struct tls_sign_request parsed;

    (void)state;
    for (size_t len = 0; len <= sizeof digest; len++) {
        struct datagram made = request(0x0804, digest, len);

        assert_false(parses(made, &parsed));
        free(made.bytes);
    }
}

/* Which schemes go with which key, written down a second time. Bit 0: TLS 1.3, 1: 1.2, 2: 1.0. */
static const struct {
    uint16_t code;
    unsigned p256, p384, rsa;
} fits[] = {
    {0x0403, 3, 2, 0},
    {0x0503, 2, 3, 0},
    {0x0804, 0, 0, 3},
    {0x0805, 0, 0, 3},
    {0x0806, 0, 0, 3},
    {0x0401, 0, 0, 2},
    {0x0201, 0, 0, 4},
    {0x0203, 4, 4, 0},
    {0xfe01, 0, 0, 4},
};

static unsigned fits_how(uint16_t code, enum tls_key_kind kind)
{
    struct tls_sign_request as_1_3 = {.scheme = code, .is_1_3 = true}, as_1_2 = {.scheme = code};
    unsigned bits = 0;

    bits |= tls_sign_scheme(&as_1_3, kind, true) != NULL ? 1 : 0;
    bits |= tls_sign_scheme(&as_1_2, kind, false) != NULL ? 2 : 0;
    if (bits == 0)
        bits |= tls_sign_scheme(&as_1_2, kind, true) != NULL ? 4 : 0;
    return bits;
}

static void a_scheme_must_fit_the_key(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 65536; code++) {
        unsigned p256 = 0, p384 = 0, rsa = 0;

        for (size_t i = 0; i < sizeof fits / sizeof *fits; i++)
            if (fits[i].code == code) {
                p256 = fits[i].p256;
                p384 = fits[i].p384;
                rsa = fits[i].rsa;
            }
        assert_int_equal(fits_how((uint16_t)code, TLS_KEY_P256), p256);
        assert_int_equal(fits_how((uint16_t)code, TLS_KEY_P384), p384);
        assert_int_equal(fits_how((uint16_t)code, TLS_KEY_RSA), rsa);
    }
}

static void an_answer_belongs_to_its_request(void **state)
{
    char answer[TLS_SIGN_ANSWER_BYTES + 3] = "........sig";
    const struct slice whole = {answer, sizeof answer};
    struct slice signature;
    uint16_t status;

    (void)state;
    tls_sign_write_answer(answer, 9, TLS_SIGN_DONE, 3);
    assert_true(tls_sign_parse_answer(whole, 9, &status, &signature));
    assert_true(slice_equal(signature, SLICE("sig")));
    assert_false(tls_sign_parse_answer(whole, 8, &status, &signature));
    for (size_t len = 0; len < sizeof answer; len++)
        assert_false(tls_sign_parse_answer(slice_part(whole, 0, len), 9, &status, &signature));
    tls_sign_write_answer(answer, 9, TLS_SIGN_REFUSED, 3);
    assert_false(tls_sign_parse_answer(whole, 9, &status, &signature));
    tls_sign_write_answer(answer, 9, TLS_SIGN_DONE, 0);
    assert_false(
        tls_sign_parse_answer(slice_part(whole, 0, TLS_SIGN_ANSWER_BYTES), 9, &status, &signature));
    tls_sign_write_answer(answer, 9, TLS_SIGN_TOO_MANY, 0);
    assert_true(
        tls_sign_parse_answer(slice_part(whole, 0, TLS_SIGN_ANSWER_BYTES), 9, &status, &signature));
    assert_int_equal(status, TLS_SIGN_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_servers_certificate_verify_passes),
        cmocka_unit_test(only_whole_key_exchanges_pass),
        cmocka_unit_test(a_datagram_cut_anywhere_is_refused),
        cmocka_unit_test(lying_heads_are_refused),
        cmocka_unit_test(a_digest_alone_is_refused),
        cmocka_unit_test(a_scheme_must_fit_the_key),
        cmocka_unit_test(an_answer_belongs_to_its_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
