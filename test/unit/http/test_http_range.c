#include "base/text.h"
#include "http/message/http_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define IN(text)                                                                                   \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct range_case {
    struct slice value;
    uint64_t size;
    enum http_range_result result;
    size_t count;
    struct http_range first, last;
};

#define WHOLE HTTP_RANGE_WHOLE
#define PART  HTTP_RANGE_PARTIAL
#define NONE  HTTP_RANGE_NOT_SATISFIABLE

static const struct range_case cases[] = {
    {IN("bytes=0-0"),                    100, PART,  1, {0, 1},    {0, 1}   },
    {IN("bytes=0-99"),                   100, PART,  1, {0, 100},  {0, 100} },
    {IN("bytes=0-"),                     100, PART,  1, {0, 100},  {0, 100} },
    {IN("bytes=10-19"),                  100, PART,  1, {10, 20},  {10, 20} },
    {IN("BYTES=10-19"),                  100, PART,  1, {10, 20},  {10, 20} },
    {IN("bytes=90-1000"),                100, PART,  1, {90, 100}, {90, 100}},
    {IN("bytes=-5"),                     100, PART,  1, {95, 100}, {95, 100}},
    {IN("bytes=-500"),                   100, PART,  1, {0, 100},  {0, 100} },
    {IN("bytes= 10 - 19 , 30 - 39 "),    100, PART,  2, {10, 20},  {30, 40} },
    {IN("bytes=0-9,20-29,-10"),          100, PART,  3, {0, 10},   {90, 100}},
    {IN("bytes=200-300,5-6"),            100, PART,  1, {5, 7},    {5, 7}   },
    {IN("bytes=0-49,50-99"),             100, PART,  2, {0, 50},   {50, 100}},
    {IN("bytes=0-50,50-99"),             100, WHOLE, 0, {0, 0},    {0, 0}   }, /* 101 of 100 */
    {IN("bytes=0-,0-"),                  100, WHOLE, 0, {0, 0},    {0, 0}   },
    {IN("bytes=0-"),                     0,   WHOLE, 0, {0, 0},    {0, 0}   },
    {IN("bytes=-5"),                     0,   WHOLE, 0, {0, 0},    {0, 0}   },
    {IN("bytes=100-"),                   100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=100-200"),                100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=5-2"),                    100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=-0"),                     100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=-"),                      100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=a-b"),                    100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=1-2x"),                   100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=1-2;3-4"),                100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=1-2,"),                   100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=,1-2"),                   100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=99999999999999999999-"),  100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes=1-99999999999999999999"), 100, NONE,  0, {0, 0},    {0, 0}   },
    {IN("bytes="),                       100, WHOLE, 0, {0, 0},    {0, 0}   },
    {IN("lines=1-2"),                    100, WHOLE, 0, {0, 0},    {0, 0}   },
    {IN("bytes"),                        100, WHOLE, 0, {0, 0},    {0, 0}   },
    {IN(""),                             100, WHOLE, 0, {0, 0},    {0, 0}   },
};

static void check(const struct range_case *row)
{
    struct http_ranges ranges;
    enum http_range_result result = http_range_parse(row->value, row->size, &ranges);

    if (result != row->result)
        fail_msg("\"%s\" of %llu: %d", row->value.at, (unsigned long long)row->size, (int)result);
    if (result != HTTP_RANGE_PARTIAL)
        return;
    assert_int_equal(ranges.count, row->count);
    assert_int_equal(ranges.items[0].first, row->first.first);
    assert_int_equal(ranges.items[0].end, row->first.end);
    assert_int_equal(ranges.items[ranges.count - 1].first, row->last.first);
    assert_int_equal(ranges.items[ranges.count - 1].end, row->last.end);
}

static void reads_ranges_as_nginx_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i]);
}

static void gives_the_whole_file_for_too_many_ranges(void **state)
{
    char text[1024] = "bytes=";
    struct text value = text_in(text, sizeof text);
    struct http_ranges ranges;

    (void)state;
    value.len = 6;
    for (uint64_t i = 0; i <= HTTP_RANGES_MAX; i++) {
        if (i > 0)
            text_byte(&value, ',');
        text_number(&value, 2 * i);
        text_byte(&value, '-');
        text_number(&value, 2 * i);
        assert_int_equal(http_range_parse(text_slice(&value), 1000, &ranges),
                         i < HTTP_RANGES_MAX ? HTTP_RANGE_PARTIAL : HTTP_RANGE_WHOLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ranges_as_nginx_does),
        cmocka_unit_test(gives_the_whole_file_for_too_many_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
