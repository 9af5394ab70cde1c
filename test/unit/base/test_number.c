#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define UNTOUCHED 77

struct number_case {
    const char *text;
    uint64_t max, result;
    bool is_good;
};

typedef bool parse_function(struct slice, uint64_t, uint64_t *);

static void run(parse_function *parse, const struct number_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t result = UNTOUCHED;
        bool is_good = parse(slice_of(cases[i].text), cases[i].max, &result);
        uint64_t expected = cases[i].is_good ? cases[i].result : UNTOUCHED;

        if (is_good != cases[i].is_good || result != expected)
            fail_msg("\"%s\": %d, %llu", cases[i].text, is_good, (unsigned long long)result);
    }
}

#define RUN(parse, cases) run(parse, cases, sizeof(cases) / sizeof(cases)[0])
#define ANY               UINT64_MAX

static void decimal(void **state)
{
    static const struct number_case cases[] = {
        {"0",                     ANY,   0,     true },
        {"007",                   ANY,   7,     true },
        {"18446744073709551615",  ANY,   ANY,   true },
        {"18446744073709551616",  ANY,   0,     false},
        {"99999999999999999999",  ANY,   0,     false},
        {"184467440737095516150", ANY,   0,     false},
        {"65535",                 65535, 65535, true },
        {"65536",                 65535, 0,     false},
        {"",                      ANY,   0,     false},
        {"+1",                    ANY,   0,     false},
        {"-1",                    ANY,   0,     false},
        {" 1",                    ANY,   0,     false},
        {"1 ",                    ANY,   0,     false},
        {"0x1",                   ANY,   0,     false},
        {"1a",                    ANY,   0,     false},
    };

    (void)state;
    RUN(number_parse, cases);
}

static void hexadecimal(void **state)
{
    static const struct number_case cases[] = {
        {"0",                 ANY,  0,    true },
        {"aF",                ANY,  0xaf, true },
        {"00000000000000001", ANY,  1,    true },
        {"ffffffffffffffff",  ANY,  ANY,  true },
        {"10000000000000000", ANY,  0,    false},
        {"fffffffffffffffff", ANY,  0,    false},
        {"100",               0xff, 0,    false},
        {"",                  ANY,  0,    false},
        {"0x1",               ANY,  0,    false},
        {"g",                 ANY,  0,    false},
    };

    (void)state;
    RUN(number_parse_hex, cases);
}

static void sizes(void **state)
{
    static const struct number_case cases[] = {
        {"0",                  ANY,  0,                           true },
        {"512",                ANY,  512,                         true },
        {"8k",                 ANY,  8192,                        true },
        {"8K",                 ANY,  8192,                        true },
        {"1m",                 ANY,  1 << 20,                     true },
        {"2G",                 ANY,  (uint64_t)2 << 30,           true },
        {"17179869183g",       ANY,  (uint64_t)17179869183 << 30, true },
        {"17179869184g",       ANY,  0,                           false},
        {"18014398509481984k", ANY,  0,                           false},
        {"1k",                 1023, 0,                           false},
        {"k",                  ANY,  0,                           false},
        {"1kb",                ANY,  0,                           false},
        {"1 k",                ANY,  0,                           false},
        {"1t",                 ANY,  0,                           false},
        {"",                   ANY,  0,                           false},
    };

    (void)state;
    RUN(number_parse_size, cases);
}

static void durations(void **state)
{
    static const struct number_case cases[] = {
        {"60",                    ANY,   60000,       true },
        {"60s",                   ANY,   60000,       true },
        {"500ms",                 ANY,   500,         true },
        {"5m",                    ANY,   300000,      true },
        {"1h 30m",                ANY,   5400000,     true },
        {"1h30m",                 ANY,   5400000,     true },
        {"1h  30m",               ANY,   5400000,     true },
        {"1y2M3w4d5h6m7s8ms",     ANY,   38898367008, true },
        {"1d 1",                  ANY,   86401000,    true },
        {"0",                     ANY,   0,           true },
        {"30m 1h",                ANY,   0,           false},
        {"1h 1h",                 ANY,   0,           false},
        {"1 1",                   ANY,   0,           false},
        {"1s 1",                  ANY,   0,           false},
        {"1ms 1s",                ANY,   0,           false},
        {"1x",                    ANY,   0,           false},
        {"ms",                    ANY,   0,           false},
        {"",                      ANY,   0,           false},
        {" 1s",                   ANY,   0,           false},
        {"1s ",                   ANY,   0,           false},
        {"1 s",                   ANY,   0,           false},
        {"1H",                    ANY,   0,           false},
        {"-1s",                   ANY,   0,           false},
        {"61s",                   60000, 0,           false},
        {"18446744073709551615",  ANY,   0,           false},
        {"584942417y 584942417M", ANY,   0,           false},
    };

    (void)state;
    RUN(number_parse_duration, cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal),
        cmocka_unit_test(hexadecimal),
        cmocka_unit_test(sizes),
        cmocka_unit_test(durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
