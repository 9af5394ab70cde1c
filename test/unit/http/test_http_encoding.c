#include "http/message/http_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool accepts(const char *first, const char *second)
{
    struct http_field fields[] = {
        {.id = HTTP_FIELD_HOST,            .value = SLICE("gzip")   },
        {.id = HTTP_FIELD_ACCEPT_ENCODING, .value = slice_of(first) },
        {.id = HTTP_FIELD_ACCEPT_ENCODING, .value = slice_of(second)},
    };

    return http_encoding_accepted(fields, 3, SLICE("gzip"));
}

static void takes_what_is_named(void **state)
{
    static const char *const good[] = {"gzip",          "GZIP",
                                       "deflate, gzip", "br,gzip;q=0.5,*",
                                       "gzip;q=1",      "gzip ; q = 0.001",
                                       "gzip;q=1.000",  "gzip;x=y;q=0.1",
                                       "\tgzip\t",      ",,gzip",
                                       "gzip;q=1."};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!accepts(good[i], "br"))
            fail_msg("%s", good[i]);
    assert_true(accepts("br", "gzip"));
}

static void leaves_what_is_not(void **state)
{
    static const char *const bad[] = {"",
                                      "*",
                                      "identity",
                                      "x-gzip",
                                      "gzipx",
                                      "gzip;q=0",
                                      "gzip;q=0.000",
                                      "gzip;q=2",
                                      "gzip;q=",
                                      "gzip;q=-1",
                                      "gzip;q=0.0000001",
                                      "gzip;q=1.5",
                                      "gzip;q=0,5",
                                      "gzip;q=00.5",
                                      "gzip;Q=0",
                                      "br gzip",
                                      "gzip;q=0, gzip;q=1"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (accepts(bad[i], "br"))
            fail_msg("%s", bad[i]);
    assert_false(accepts("gzip;q=0", "gzip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_named),
        cmocka_unit_test(leaves_what_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
