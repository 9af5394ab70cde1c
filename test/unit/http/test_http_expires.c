#include "http/output/http_expires.h"
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000) /* Tue, 14 Nov 2023 22:13:20 GMT */

struct row {
    const char *text;
    bool modified;
    int64_t last_modified, at, max_age;
};

static const struct row rows[] = {
    {"30d",   false, -1,         NOW + 2592000, 2592000  },
    {"+1h",   false, -1,         NOW + 3600,    3600     },
    {"-1",    false, -1,         NOW - 1,       -1       },
    {"0",     false, NOW,        NOW,           0        },
    {"epoch", false, -1,         1,             -1       },
    {"max",   false, -1,         2145916555,    315360000},
    {"24h",   true,  NOW - 3600, NOW + 82800,   82800    },
    {"1h",    true,  NOW - 7200, NOW - 3600,    -1       },
    {"1h",    true,  -1,         NOW + 3600,    3600     },
    {"-1h",   true,  NOW + 7200, NOW + 3600,    -1       },
    {"0",     true,  NOW - 3600, NOW,           0        },
    {"@23h",  false, -1,         NOW + 2800,    2800     },
    {"@22h",  false, -1,         NOW + 85600,   85600    },
    {"@24h",  false, -1,         NOW + 6400,    6400     },
};

static int enter_utc(void **state)
{
    return enter_zone(state, "UTC");
}

static void works_out_when(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_expires expires;
        struct http_expiry expiry;
        const char *why = "";

        assert_true(http_expires_parse(slice_of(rows[i].text), rows[i].modified, &expires, &why));
        expiry = http_expires_at(&expires, NOW, rows[i].last_modified);
        assert_int_equal(expiry.at, rows[i].at);
        assert_int_equal(expiry.max_age, rows[i].max_age);
    }
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const wrong[] = {"", "soon", "-", "+", "@", "@25h", "--1", "@-1h", "off1"};
    struct http_expires expires;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why = NULL;
        assert_false(http_expires_parse(slice_of(wrong[i]), false, &expires, &why));
        assert_non_null(why);
    }
    assert_false(http_expires_parse(SLICE("epoch"), true, &expires, &why));
    assert_false(http_expires_parse(SLICE("@1h"), true, &expires, &why));
    assert_true(http_expires_parse(SLICE("off"), false, &expires, &why));
    assert_int_equal(expires.kind, HTTP_EXPIRES_OFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_out_when, enter_utc, leave_zone),
        cmocka_unit_test(refuses_what_is_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
