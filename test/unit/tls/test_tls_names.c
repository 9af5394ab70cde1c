#include "tls/tls_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Pitfall 10 of reference/tls-keys.md 5, as the bytes of the extension. */
struct parse_case {
    const char *what;
    struct slice extension;
    enum tls_name_result result;
    struct slice name;
};

static const struct parse_case parse_cases[] = {
    {"plain",
     {"\0\x0c\0\0\x09"
      "a.example",
      14},
     TLS_NAME_OK,                                                        {"a.example", 9}},
    {"upper case",
     {"\0\x0c\0\0\x09"
      "A.ExAmPlE",
      14},
     TLS_NAME_OK,                                                        {"a.example", 9}},
    {"trailing dot",
     {"\0\x0d\0\0\x0a"
      "a.example.",
      15},
     TLS_NAME_OK,                                                        {"a.example", 9}},
    {"only a dot",      {"\0\x04\0\0\x01.", 6},           TLS_NAME_NONE, {NULL, 0}       },
    {"one byte",        {"\0\x04\0\0\x01x", 6},           TLS_NAME_OK,   {"x", 1}        },
    {"address",
     {"\0\x0a\0\0\x07"
      "1.2.3.4",
      12},
     TLS_NAME_OK,                                                        {"1.2.3.4", 7}  },
    {"UTF-8",           {"\0\x06\0\0\x03\xc3\xa4.", 8},   TLS_NAME_OK,   {"\xc3\xa4", 2} },
    {"nothing",         {"", 0},                          TLS_NAME_BAD,  {NULL, 0}       },
    {"one byte in all", {"\0", 1},                        TLS_NAME_BAD,  {NULL, 0}       },
    {"empty list",      {"\0\0", 2},                      TLS_NAME_BAD,  {NULL, 0}       },
    {"empty name",      {"\0\x03\0\0\0", 5},              TLS_NAME_BAD,  {NULL, 0}       },
    {"two names",       {"\0\x08\0\0\x01x\0\0\x01y", 10}, TLS_NAME_BAD,  {NULL, 0}       },
    {"NUL inside",      {"\0\x06\0\0\x03x\0y", 8},        TLS_NAME_BAD,  {NULL, 0}       },
    {"other type",      {"\0\x04\x01\0\x01x", 6},         TLS_NAME_BAD,  {NULL, 0}       },
    {"list too long",   {"\0\x05\0\0\x01x", 6},           TLS_NAME_BAD,  {NULL, 0}       },
    {"list too short",  {"\0\x03\0\0\x01x", 6},           TLS_NAME_BAD,  {NULL, 0}       },
    {"name too long",   {"\0\x04\0\0\x02x", 6},           TLS_NAME_BAD,  {NULL, 0}       },
    {"huge lengths",    {"\xff\xff\0\xff\xffx", 6},       TLS_NAME_BAD,  {NULL, 0}       },
};

static void test_extension_is_parsed(void **state)
{
    char memory[TLS_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof parse_cases / sizeof *parse_cases; i++) {
        const struct parse_case *row = &parse_cases[i];
        struct slice name = SLICE_NONE;

        if (tls_name_parse(row->extension, memory, &name) != row->result ||
            !slice_equal(name, row->name))
            fail_msg("%s", row->what);
    }
}

static void test_every_prefix_of_an_extension_is_bad(void **state)
{
    const struct slice whole = {"\0\x0c\0\0\x09"
                                "a.example",
                                14};
    char memory[TLS_NAME_MAX];
    struct slice name;

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = malloc(len > 0 ? len : 1); /* the sanitizer sees a read past it */

        memcpy(copy, whole.at, len);
        assert_int_equal(tls_name_parse((struct slice){copy, len}, memory, &name), TLS_NAME_BAD);
        free(copy);
    }
}

static size_t make_extension(char *out, size_t name_len)
{
    out[0] = (char)((name_len + 3) >> 8);
    out[1] = (char)(name_len + 3);
    out[2] = 0;
    out[3] = (char)(name_len >> 8);
    out[4] = (char)name_len;
    memset(out + 5, 'x', name_len);
    return name_len + 5;
}

static void test_longest_name_is_255_bytes(void **state)
{
    char extension[300], memory[TLS_NAME_MAX];
    struct slice name;
    size_t len = make_extension(extension, 255);

    (void)state;
    assert_int_equal(tls_name_parse((struct slice){extension, len}, memory, &name), TLS_NAME_OK);
    assert_int_equal(name.len, 255);
    len = make_extension(extension, 256);
    assert_int_equal(tls_name_parse((struct slice){extension, len}, memory, &name), TLS_NAME_BAD);
}

#define NOBODY 99

static const struct {
    const char *name;
    size_t server;
} find_cases[] = {
    {"a.example",        0     },
    {"www.a.example",    1     },
    {"x.a.example",      2     },
    {"y.x.a.example",    2     },
    {"y.deep.a.example", 3     },
    {"b.example",        4     },
    {"x.b.example",      4     },
    {"shop.de",          5     },
    {"shop.co.uk",       5     },
    {"shop",             NOBODY},
    {"c.example",        NOBODY},
    {"xa.example",       NOBODY},
    {".a.example",       NOBODY},
    {"shop.",            NOBODY},
    {".",                NOBODY},
    {"upper.example",    6     },
    {"example",          NOBODY},
    {"",                 NOBODY},
};

static void test_names_choose_as_nginx_does(void **state)
{
    struct tls_names names;
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    tls_names_init(&names, 9, &arena);
    tls_names_add(&names, SLICE("a.example"), 0, &arena);
    tls_names_add(&names, SLICE("www.a.example"), 1, &arena);
    tls_names_add(&names, SLICE("*.a.example"), 2, &arena);
    tls_names_add(&names, SLICE("*.deep.a.example"), 3, &arena);
    tls_names_add(&names, SLICE(".b.example"), 4, &arena);
    tls_names_add(&names, SLICE("shop.*"), 5, &arena);
    tls_names_add(&names, SLICE("UPPER.example"), 6, &arena);
    tls_names_add(&names, SLICE("a.example"), 7, &arena); /* given twice: the first has it */
    tls_names_add(&names, SLICE(""), 8, &arena);
    tls_names_sort(&names);
    for (size_t i = 0; i < sizeof find_cases / sizeof *find_cases; i++) {
        struct slice known;
        size_t server = NOBODY;
        bool found = tls_names_find(&names, slice_of(find_cases[i].name), &server, &known);

        if (found != (find_cases[i].server != NOBODY) || server != find_cases[i].server)
            fail_msg("%s: %zu", find_cases[i].name, server);
        assert_true(known.len == 0 || slice_equal(known, slice_of(find_cases[i].name)));
    }
    arena_deinit(&arena);
}

static void test_no_names_at_all(void **state)
{
    struct tls_names names;
    struct arena arena;
    struct slice known;
    size_t server;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    tls_names_init(&names, 0, &arena);
    tls_names_sort(&names);
    assert_false(tls_names_find(&names, SLICE("a.example"), &server, &known));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extension_is_parsed),
        cmocka_unit_test(test_every_prefix_of_an_extension_is_bad),
        cmocka_unit_test(test_longest_name_is_255_bytes),
        cmocka_unit_test(test_names_choose_as_nginx_does),
        cmocka_unit_test(test_no_names_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
