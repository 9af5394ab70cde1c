#include "http/log/http_log_escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct escape_case {
    const char *value; /* NULL: there is none */
    const char *plain, *json, *none;
};

static const struct escape_case cases[] = {
    {NULL,         "-",                         "",                ""          },
    {"",           "",                          "",                ""          },
    {"GET / HTTP", "GET / HTTP",                "GET / HTTP",      "GET / HTTP"},
    {"a\"b\\c",    "a\\x22b\\x5Cc",             "a\\\"b\\\\c",     "a\"b\\c"   },
    {"\n\r\t\b\f", "\\x0A\\x0D\\x09\\x08\\x0C", "\\n\\r\\t\\b\\f", "\n\r\t\b\f"},
    {"\x01\x1f",   "\\x01\\x1F",                "\\u0001\\u001F",  "\x01\x1f"  },
    {"\x7f",       "\\x7F",                     "\x7f",            "\x7f"      },
    {"\xc3\xa4",   "\\xC3\\xA4",                "\xc3\xa4",        "\xc3\xa4"  },
    {"a\xff"
     "b",     "a\\xFFb",
     "a\xef\xbf\xbd"
     "b",                                                          "a\xff"
     "b"                                                              },
    {"\xc3",       "\\xC3",                     "\xef\xbf\xbd",    "\xc3"      },
};

static void check(const struct escape_case *row, enum http_escape escape, const char *expected)
{
    char memory[128];
    struct text line = text_in(memory, sizeof memory);

    http_log_escape(&line, row->value == NULL ? SLICE_NONE : slice_of(row->value), escape);
    if (!slice_equal(text_slice(&line), slice_of(expected)))
        fail_msg("%s: %.*s", expected, (int)line.len, line.at);
}

static void escapes_as_nginx_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(&cases[i], HTTP_ESCAPE_DEFAULT, cases[i].plain);
        check(&cases[i], HTTP_ESCAPE_JSON, cases[i].json);
        check(&cases[i], HTTP_ESCAPE_NONE, cases[i].none);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes_as_nginx_does)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
