#include "certificates.h"
#include "tls/tls_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/pem.h>

enum form {
    PLAIN,
    PKCS8,
    TRADITIONAL,
};

/* The same key, encrypted with the pass phrase "secret" or not; free(3) it. */
static struct slice key_in(const struct credentials *credentials, enum form form)
{
    BIO *in = BIO_new_mem_buf(credentials->key.at, (int)credentials->key.len);
    BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    const EVP_CIPHER *cipher = form == PLAIN ? NULL : EVP_aes_128_cbc();
    unsigned char *phrase = (unsigned char *)(uintptr_t) "secret";
    char *text, *copy;
    long len;

    assert_non_null(key);
    if (form == TRADITIONAL)
        assert_int_equal(
            PEM_write_bio_PrivateKey_traditional(out, key, cipher, phrase, 6, NULL, NULL), 1);
    else
        assert_int_equal(PEM_write_bio_PrivateKey(out, key, cipher, phrase, 6, NULL, NULL), 1);
    len = BIO_get_mem_data(out, &text);
    copy = malloc((size_t)len);
    assert_non_null(copy);
    memcpy(copy, text, (size_t)len);
    EVP_PKEY_free(key);
    BIO_free(in);
    BIO_free(out);
    return (struct slice){copy, (size_t)len};
}

static const struct {
    const char *passphrases;
    bool opens;
} cases[] = {
    {"secret",                true },
    {"secret\n",              true },
    {"secret\r\n",            true },
    {"wrong\nsecret\n",       true },
    {"\n\n\r\nsecret",        true },
    {"secret\nwrong\n",       true },
    {"",                      false},
    {"\n",                    false},
    {"wrong\n",               false},
    {"secret ",               false},
    {" secret",               false},
    {"secre",                 false},
    {"secret\r\r\n",          false},
    {"Secret\nSECRET\nsec\n", false},
};

static void try_all(enum key_kind kind, enum form form)
{
    const struct recipe recipe = {"DNS:a.example", "a.example", kind, 0, 0, 0};
    struct credentials credentials = credentials_make(&recipe);
    struct slice pem = key_in(&credentials, form);

    assert_true(tls_key_is_encrypted(pem));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice why = SLICE_NONE;
        EVP_PKEY *key = tls_key_read(pem, slice_of(cases[i].passphrases), &why);

        assert_int_equal(key != NULL, cases[i].opens);
        assert_int_equal(why.len > 0, !cases[i].opens);
        EVP_PKEY_free(key);
    }
    free((char *)(uintptr_t)pem.at);
    credentials_free(&credentials);
}

static void encrypted_keys_are_opened(void **state)
{
    (void)state;
    try_all(KEY_P256, PKCS8);
    try_all(KEY_P256, TRADITIONAL);
    try_all(KEY_RSA_2048, PKCS8);
    try_all(KEY_RSA_2048, TRADITIONAL);
}

static void plain_keys_need_no_pass_phrase(void **state)
{
    const struct recipe recipe = {"DNS:a.example", "a.example", KEY_P256, 0, 0, 0};
    struct credentials credentials = credentials_make(&recipe);
    struct slice why, pem = key_in(&credentials, PLAIN);
    EVP_PKEY *key;

    (void)state;
    assert_false(tls_key_is_encrypted(pem));
    key = tls_key_read(pem, SLICE_NONE, &why);
    assert_non_null(key);
    EVP_PKEY_free(key);
    key = tls_key_read(pem, SLICE("something\n"), &why);
    assert_non_null(key);
    EVP_PKEY_free(key);
    free((char *)(uintptr_t)pem.at);
    credentials_free(&credentials);
}

static void what_only_looks_encrypted_is_refused(void **state)
{
    static const char *const texts[] = {
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAAA\n"
        "-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: NONSENSE,00\n\nMAAA\n"
        "-----END RSA PRIVATE KEY-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice why = SLICE_NONE;

        assert_null(tls_key_read(slice_of(texts[i]), SLICE("secret\n"), &why));
        assert_true(why.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypted_keys_are_opened),
        cmocka_unit_test(plain_keys_need_no_pass_phrase),
        cmocka_unit_test(what_only_looks_encrypted_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
