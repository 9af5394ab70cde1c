#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 4648 section 10, and every padding. */
static const struct {
    const char *plain, *encoded;
} vectors[] = {
    {"",             ""        },
    {"f",            "Zg=="    },
    {"fo",           "Zm8="    },
    {"foo",          "Zm9v"    },
    {"foob",         "Zm9vYg=="},
    {"fooba",        "Zm9vYmE="},
    {"foobar",       "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"    },
};

static void vectors_both_ways(void **state)
{
    char out[16];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct slice plain = slice_of(vectors[i].plain), encoded = slice_of(vectors[i].encoded);

        assert_true(base64_encode(plain, out, encoded.len, &len));
        assert_true(slice_equal((struct slice){out, len}, encoded));
        assert_true(base64_decode(encoded, out, plain.len, &len));
        assert_true(slice_equal((struct slice){out, len}, plain));
        if (plain.len > 0) {
            assert_false(base64_encode(plain, out, encoded.len - 1, &len));
            assert_false(base64_decode(encoded, out, plain.len - 1, &len));
        }
    }
}

static void only_one_spelling_is_taken(void **state)
{
    static const char *const wrong[] = {
        "=",    "==",       "====",   "Zg",       "Zg=",        "Zh==", /* unused bits set */
        "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm9v\r\n", "Z g=",       "Zm9v=",
        "Zm-_", "Z===",     "Zg=v",   "=m9v",     "\xc3\xa9Zg", " Zg=",
    };
    char out[16];
    size_t len = 99;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (base64_decode(slice_of(wrong[i]), out, sizeof out, &len))
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_int_equal(len, 99);
    assert_false(base64_decode(((struct slice){"Zg\0=", 4}), out, sizeof out, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(only_one_spelling_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
