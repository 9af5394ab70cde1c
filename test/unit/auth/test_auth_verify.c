#include "auth/auth_apr1.h"
#include "auth/auth_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Made with openssl passwd, htpasswd, mkpasswd, and Python's hashlib. */
static const struct {
    const char *field, *password;
    enum auth_scheme scheme;
} good[] = {
    {"abNANd1rDfiNc",                                                                         "secret",       AUTH_DES_CRYPT   },
    {"{CRYPT}abNANd1rDfiNc",                                                                  "secret",       AUTH_DES_CRYPT   },
    {"{DES-CRYPT}abNANd1rDfiNc",                                                              "secret",       AUTH_DES_CRYPT   },
    {"$1$saltsalt$9xy1btjgzLYfb7hivXtC//",                                                    "secret",       AUTH_MD5_CRYPT   },
    {"{MD5-CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",                                         "secret",       AUTH_MD5_CRYPT   },
    {"{MD5}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",                                               "secret",       AUTH_MD5_CRYPT   },
    {"$5$abcdefgh$A6JFVV2bUkd42rhxVmEHnmFE2BS.ERd08VeffRtHLM0",                               "p w \xc3\xa9", AUTH_SHA256_CRYPT},
    {"{SHA256-CRYPT}$5$abcdefgh$A6JFVV2bUkd42rhxVmEHnmFE2BS.ERd08VeffRtHLM0",                 "p w \xc3\xa9",
     AUTH_SHA256_CRYPT                                                                                                         },
    {"$6$3CDRZ/Q5EuLX6RFN$FsHRCVcu0ZzzHYGe8cAqlDbAhY9YDtXcpNRsF4kFHs0ipOHmc4Z4tSgdSU."
     "P7xFASdGJ2tCa3whANvWLEcxof.",                                                      "x",            AUTH_SHA512_CRYPT},
    {"{sha512-crypt}$6$3CDRZ/Q5EuLX6RFN$FsHRCVcu0ZzzHYGe8cAqlDbAhY9YDtXcpNRsF4kFHs0ipOHmc4Z4tSg"
     "dSU.P7xFASdGJ2tCa3whANvWLEcxof.",                                                  "x",            AUTH_SHA512_CRYPT},
    {"$2a$05$s46PTlVrCt3RWYXtHVsh3OaA6Bqquko.uUX0sO3xZbyozdicBsGIu",                          "secret",       AUTH_BCRYPT      },
    {"$2y$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi",                          "secret",       AUTH_BCRYPT      },
    {"$2b$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi",                          "secret",       AUTH_BCRYPT      },
    {"{BLF-CRYPT}$2y$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi",               "secret",
     AUTH_BCRYPT                                                                                                               },
    {"$y$j9T$3//v9LRb/24YomoWreiIT1$Tpsj2XhE5RFPiiaqdhUWK3zxKw4aEdXv6rryK3SV9gA",             "secret",
     AUTH_YESCRYPT                                                                                                             },
    {"$gy$j75$izIqazQE6x7bQll6KGAF3/$XAwkR.EKxkgELPClM67bo80fLVMXP8ja1c06wOzQhj4",            "secret",
     AUTH_GOST_YESCRYPT                                                                                                        },
    {"$7$BU..../....vLMn/Lg4tWblF.9jmfkV7.$O1h7iy6pzYlTeEbNyHc8NNwlE1/aKYT2eVDZchY.EM9",      "secret",
     AUTH_SCRYPT                                                                                                               },
    {"$sha1$862$RV0fDQWPISDiVFQ0PmQ0$QA715.9cHt3HXdy3PAvvXSXfAg1V",                           "secret",       AUTH_SHA1_CRYPT  },
    {"$md5,rounds=65956$ZXRDWTky$$9Nss68FiSN2cTTURhQ0Nn0",                                    "secret",       AUTH_SUN_MD5     },
    {"$3$$878d8014606cda29677a44efa1353fc7",                                                  "secret",       AUTH_NT          },
    {"_J9..5YacZX9PiLmxq8U",                                                                  "secret",       AUTH_BSDI_CRYPT  },
    {"{CRYPT}_J9..5YacZX9PiLmxq8U",                                                           "secret",       AUTH_BSDI_CRYPT  },
    {"{SSHA256.HEX}4fd23c9a3d6d7068c72b75f27e64d8f74a911a23ca7ed7fc7688a498988910a4956bba87",
     "secret",                                                                                                AUTH_SHA256      },
    {"$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0",                                                 "secret",       AUTH_APR1        },
    {"$apr1$Xy$K06LM7oympf2RicyE3BFv0",                                                       "a",            AUTH_APR1        },
    {"$apr1$Xy$RptpMkypqXtTQHiQD96Lq/",                                                       "",             AUTH_APR1        },
    {"$apr1$Xy$tQMmTPOdFnPK41wug/Jtf.",
     "a longer password, more than thirty-two bytes of it in all",                                            AUTH_APR1        },
    {"{PLAIN}secret",                                                                         "secret",       AUTH_PLAIN       },
    {"{plain}",                                                                               "",             AUTH_PLAIN       },
    {"{CLEARTEXT}secret",                                                                     "secret",       AUTH_PLAIN       },
    {"{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",                                           "secret",       AUTH_MD5         },
    {"{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",                                                    "secret",       AUTH_MD5         },
    {"{SMD5}CCQT4R6k4J6Ehe4Ver4QaVNBTFQ=",                                                    "secret",       AUTH_MD5         },
    {"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",                                                     "secret",       AUTH_SHA1        },
    {"{SHA1.HEX}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",                                    "secret",       AUTH_SHA1        },
    {"{SSHA}8bX4JQDfZqtTfvnQ4ssDmWb17/FTQUxU",                                                "secret",       AUTH_SHA1        },
    {"{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",                                  "secret",       AUTH_SHA256      },
    {"{SHA256}2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B",              "secret",
     AUTH_SHA256                                                                                                               },
    {"{SSHA256}/Z0pkpAWsb9JVo7KukPokurXiYYQIwyFpQehiwMEOTpTQUxU",                             "secret",       AUTH_SHA256      },
    {"{SSHA256.b64}/Z0pkpAWsb9JVo7KukPokurXiYYQIwyFpQehiwMEOTpTQUxU",                         "secret",       AUTH_SHA256      },
    {"{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/"
     "isg==",                                                                            "secret",       AUTH_SHA512      },
    {"{SSHA512}3ShoSsYylWhYBPmYLBLPWMsdqUFmDlSSpoURtOyEFMsB8ey52xMq0+cfaTm85RotK4gvIMfY/L8x/"
     "nn7YudHOFNBTFQ=",                                                                  "secret",       AUTH_SHA512      },
};

/* No password fits; none is an error. */
static const char *const never[] = {
    "",
    "secret",
    "x",
    "*",
    "!",
    "!!",
    "$",
    "$1",
    "$9$abc$def",
    "$2y$99$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi",
    "$6$",
    "$apr1$",
    "$apr1$$",
    "{}",
    "{",
    "{SHA",
    "{SHA}",
    "{SHA}====",
    "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ",
    "{SHA}AAAA",
    "{SSHA}AAAA",
    "{PLAIN-MD5}zz",
    "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee6",
    "{SSHA512}AAAA",
    "{ARGON2ID}$argon2id$v=19",
    "{SHA512-CRYPT}$5$abcdefgh$A6JFVV2bUkd42rhxVmEHnmFE2BS.ERd08VeffRtHLM0",
    "{SHA256-CRYPT}abNANd1rDfiNc",
    "{.HEX}",
    "{PLAIN.B64}c2VjcmV0",
    "{PLAIN.HEX}736563726574",
    "{SSHA.HEX}12345",
    "{SSHA.HEX}1234",
    "_J9..5YacZX9PiLmxq8",
    "_J9..5YacZX9PiLmxq8!",
    "$3$",
    "$7$",
    "$md5$",
    "abNANd1rDfiN!",
};

static bool matches(const char *field, struct slice password)
{
    struct auth_hash hash = auth_hash_parse(slice_of(field));

    return auth_verify(&hash, password);
}

static void each_scheme_is_known_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char wrong[128];

        snprintf(wrong, sizeof wrong, "%sx", good[i].password);
        if (auth_hash_parse(slice_of(good[i].field)).scheme != good[i].scheme)
            fail_msg("%s is taken for something else", good[i].field);
        if (!matches(good[i].field, slice_of(good[i].password)))
            fail_msg("%s does not fit", good[i].field);
        if (matches(good[i].field, slice_of(wrong)))
            fail_msg("%s fits another password", good[i].field);
    }
}

static void no_password_fits_what_is_no_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (matches(never[i], SLICE("secret")) || matches(never[i], SLICE("")) ||
            matches(never[i], slice_of(never[i])))
            fail_msg("something fits %s", never[i]);
}

/* Every beginning of a hash is another hash, or none. */
static void cut_hashes_fit_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct slice field = slice_of(good[i].field);

        for (size_t len = 0; good[i].scheme != AUTH_PLAIN && len < field.len; len++) {
            char *copy = malloc(len + 1); /* a sanitizer sees a byte too many */
            struct auth_hash hash;

            memcpy(copy, field.at, len);
            hash = auth_hash_parse((struct slice){copy, len});
            if (hash.scheme != AUTH_SHA512_CRYPT && hash.scheme != AUTH_SHA256_CRYPT) /* slow */
                assert_false(auth_verify(&hash, slice_of(good[i].password)));
            free(copy);
        }
    }
}

static void des_counts_eight_characters(void **state)
{
    (void)state;
    assert_true(matches("ab1iBa.N.U2C6", SLICE("12345678")));
    assert_true(matches("ab1iBa.N.U2C6", SLICE("123456789")));
    assert_false(matches("ab1iBa.N.U2C6", SLICE("1234567")));
}

static void long_and_binary_passwords_fit_nothing(void **state)
{
    char password[AUTH_PASSWORD_MAX + 1];

    (void)state;
    memset(password, 'a', sizeof password);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_false(matches(good[i].field, (struct slice){password, sizeof password}));
        assert_false(matches(good[i].field, (struct slice){password, AUTH_PASSWORD_MAX}));
        if (good[i].password[0] != '\0')
            assert_false(matches(good[i].field, SLICE("secret\0x")));
    }
}

static void equal_compares_bytes(void **state)
{
    (void)state;
    assert_true(auth_equal(SLICE(""), SLICE_NONE));
    assert_true(auth_equal(SLICE("abc"), SLICE("abc")));
    assert_false(auth_equal(SLICE("abc"), SLICE("abd")));
    assert_false(auth_equal(SLICE("abc"), SLICE("bbc")));
    assert_false(auth_equal(SLICE("abc"), SLICE("ab")));
}

static void weak_schemes_have_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < AUTH_SCHEME_COUNT; i++)
        assert_true(strlen(auth_scheme_words((enum auth_scheme)i)) > 2);
    assert_true(auth_scheme_is_weak(AUTH_DES_CRYPT) && auth_scheme_is_weak(AUTH_PLAIN) &&
                auth_scheme_is_weak(AUTH_APR1) && auth_scheme_is_weak(AUTH_SHA1));
    assert_false(auth_scheme_is_weak(AUTH_BCRYPT) || auth_scheme_is_weak(AUTH_SHA512_CRYPT) ||
                 auth_scheme_is_weak(AUTH_YESCRYPT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scheme_is_known_and_verified),
        cmocka_unit_test(no_password_fits_what_is_no_hash),
        cmocka_unit_test(cut_hashes_fit_nothing),
        cmocka_unit_test(des_counts_eight_characters),
        cmocka_unit_test(long_and_binary_passwords_fit_nothing),
        cmocka_unit_test(equal_compares_bytes),
        cmocka_unit_test(weak_schemes_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
