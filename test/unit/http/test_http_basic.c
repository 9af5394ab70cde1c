#include "http/message/http_basic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The forms that nginx 1.22 takes and refuses (reference: its answers to the same requests). */
static const struct {
    const char *value, *user, *password; /* user NULL: refused */
} cases[] = {
    {"Basic Ym9iOnNlY3JldA==",       "bob", "secret"},
    {"basic Ym9iOnNlY3JldA==",       "bob", "secret"},
    {"BASIC    Ym9iOnNlY3JldA==",    "bob", "secret"},
    {"Basic Ym9iOnNlY3JldA=",        "bob", "secret"},
    {"Basic Ym9iOnNlY3JldA",         "bob", "secret"},
    {"Basic Ym9iOnNlY3JldA==junk()", "bob", "secret"},
    {"Basic Ym9iOnNlY3JldB==",       "bob", "secret"}, /* unused bits */
    {"Basic Ym9iOg==",               "bob", ""      },
    {"Basic OnNlY3JldA==",           NULL,  NULL    }, /* no name */
    {"Basic Ym9iOmE6Yg==",           "bob", "a:b"   },
    {"Basic Og",                     NULL,  NULL    },
    {"Basic",                        NULL,  NULL    },
    {"Basic ",                       NULL,  NULL    },
    {"Basic\tYm9iOnNlY3JldA==",      NULL,  NULL    },
    {"Basic Ym9ic2VjcmV0",           NULL,  NULL    }, /* no colon */
    {"Basic Ym9iOnNlY3JldA==$",      "bob", "secret"},
    {"Basic Ym9i$nNlY3JldA==",       NULL,  NULL    },
    {"Basic Ym9iO",                  NULL,  NULL    }, /* one digit too many */
    {"Bearer Ym9iOnNlY3JldA==",      NULL,  NULL    },
    {"Digest username=\"bob\"",      NULL,  NULL    },
    {"",                             NULL,  NULL    },
};

static void forms_are_read_as_nginx_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_basic basic;
        bool good = http_basic_parse(slice_of(cases[i].value), &basic);

        if (good != (cases[i].user != NULL))
            fail_msg("%s", cases[i].value);
        if (good && (!slice_equal(basic.user, slice_of(cases[i].user)) ||
                     !slice_equal(basic.password, slice_of(cases[i].password))))
            fail_msg("%s is read as %.*s and %.*s", cases[i].value, (int)basic.user.len,
                     basic.user.at, (int)basic.password.len, basic.password.at);
    }
}

static void every_cut_is_safe(void **state)
{
    struct slice value = SLICE("Basic Ym9iOnNlY3JldA==");

    (void)state;
    for (size_t len = 0; len <= value.len; len++) {
        char *copy = malloc(len + 1);
        struct http_basic basic;

        memcpy(copy, value.at, len);
        if (http_basic_parse((struct slice){copy, len}, &basic))
            assert_true(slice_starts(SLICE("bob"), basic.user) &&
                        slice_starts(SLICE("secret"), basic.password));
        free(copy);
    }
}

static void the_longest_fits_and_one_more_does_not(void **state)
{
    char text[8 + (HTTP_BASIC_MAX + 3) / 3 * 4];
    struct http_basic basic;
    size_t digits = HTTP_BASIC_MAX / 3 * 4 + 2; /* 1024 bytes: 341 groups and one byte */

    (void)state;
    memset(text, 'O', sizeof text); /* "OOOO" is 8 e3 8e: no colon; "OjpO" would have */
    memcpy(text, "Basic Yjo6", 10); /* "b::" */
    assert_true(http_basic_parse((struct slice){text, 6 + digits}, &basic));
    assert_int_equal(basic.user.len + 1 + basic.password.len, HTTP_BASIC_MAX);
    assert_false(http_basic_parse((struct slice){text, 6 + digits + 1}, &basic));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_read_as_nginx_reads_them),
        cmocka_unit_test(every_cut_is_safe),
        cmocka_unit_test(the_longest_fits_and_one_more_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
