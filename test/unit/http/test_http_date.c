#include "http/message/http_date.h"
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define IN(text)                                                                                   \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct date_case {
    struct slice text;
    int64_t seconds; /* -1: refused */
};

static const struct date_case cases[] = {
    {IN("Sun, 06 Nov 1994 08:49:37 GMT"),    784111777   },
    {IN("Sunday, 06-Nov-94 08:49:37 GMT"),   784111777   },
    {IN("Sun Nov  6 08:49:37 1994"),         784111777   },
    {IN("Sun Nov 16 08:49:37 1994"),         784975777   },
    {IN("Thu, 01 Jan 1970 00:00:00 GMT"),    0           },
    {IN("Thu, 29 Feb 2024 23:59:59 GMT"),    1709251199  },
    {IN("Saturday, 01-Jan-00 00:00:00 GMT"), 946684800   },
    {IN("Fri, 31 Dec 9999 23:59:59 GMT"),    253402300799},
    {IN("Mon, 06 Nov 1994 08:49:37 GMT"),    784111777   }, /* the day's name is not checked */
    {IN(""),                                 -1          },
    {IN("Sun"),                              -1          },
    {IN("Sun, 06 Nov 1994 08:49:37"),        -1          },
    {IN("Sun, 06 Nov 1994 08:49:37 GMT "),   -1          },
    {IN("Sun, 06 Nov 1994 08:49:37 +0000"),  -1          },
    {IN("Sun, 6 Nov 1994 08:49:37 GMT"),     -1          },
    {IN("Sun, 06 nov 1994 08:49:37 GMT"),    -1          },
    {IN("Sun, 31 Nov 1994 08:49:37 GMT"),    -1          },
    {IN("Thu, 29 Feb 2023 23:59:59 GMT"),    -1          },
    {IN("Thu, 29 Feb 1900 23:59:59 GMT"),    -1          },
    {IN("Sun, 00 Nov 1994 08:49:37 GMT"),    -1          },
    {IN("Sun, 06 Nov 1994 24:00:00 GMT"),    -1          },
    {IN("Sun, 06 Nov 1994 08:60:00 GMT"),    -1          },
    {IN("Sun, 06 Nov 1994 08:49:61 GMT"),    -1          },
    {IN("Wed, 31 Dec 1969 23:59:59 GMT"),    -1          },
    {IN("Sun, +6 Nov 1994 08:49:37 GMT"),    -1          },
    {IN("Xun, 06 Nov 1994 08:49:37 GMT"),    -1          },
};

static void parses_three_forms_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds = -1;
        bool good = http_date_parse(cases[i].text, &seconds);

        if (good != (cases[i].seconds >= 0) || seconds != cases[i].seconds)
            fail_msg("%s: %lld", cases[i].text.at, (long long)seconds);
    }
}

static void refuses_every_part_of_a_date(void **state)
{
    struct slice whole = SLICE("Sun, 06 Nov 1994 08:49:37 GMT");
    int64_t seconds;

    (void)state;
    for (size_t len = 0; len < whole.len; len++)
        assert_false(http_date_parse(slice_part(whole, 0, len), &seconds));
}

static void formats_what_it_parses(void **state)
{
    static const int64_t times[] = {0, 784111777, 1709251199, 4102444800};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[HTTP_DATE_LEN];
        int64_t seconds;

        http_date_format(times[i], text);
        assert_true(http_date_parse((struct slice){text, sizeof text}, &seconds));
        assert_int_equal(seconds, times[i]);
    }
}

static int enter_india(void **state)
{
    return enter_zone(state, "XXX-05:30");
}

static void writes_the_clock_in_local_time(void **state)
{
    struct http_clock clock;

    (void)state;
    http_clock_init(&clock);
    http_clock_set(&clock, 784111777u * 1000000ull + 999999);
    assert_memory_equal(clock.date, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_LEN);
    assert_memory_equal(clock.local, "06/Nov/1994:14:19:37 +0530", sizeof clock.local);
    assert_memory_equal(clock.iso8601, "1994-11-06T14:19:37+05:30", sizeof clock.iso8601);
    http_clock_set(&clock, 784111778u * 1000000ull);
    assert_memory_equal(clock.date, "Sun, 06 Nov 1994 08:49:38 GMT", HTTP_DATE_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_three_forms_and_nothing_else),
        cmocka_unit_test(refuses_every_part_of_a_date),
        cmocka_unit_test(formats_what_it_parses),
        cmocka_unit_test_setup_teardown(writes_the_clock_in_local_time, enter_india, leave_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
