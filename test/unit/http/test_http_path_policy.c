#include "http/access/http_path_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void knows_ambiguous_paths(void **state)
{
    static const struct {
        const char *path;
        bool is_ambiguous;
    } rows[] = {
        {"/",          false},
        {"/a/b",       false},
        {"/a?b=//%2f", false},
        {"/a%20b",     false},
        {"/%252f",     false},
        {"/a;b/../c",  false},
        {"/%",         false},
        {"/%2",        false},
        {"//",         true },
        {"/a//b?c",    true },
        {"/a//",       true },
        {"/%2F",       true },
        {"/%2f?",      true },
        {"/a%5cb",     true },
        {"/%2E%2e/",   true },
        {"/a%3Bb",     true },
        {"/a%00",      true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (http_path_is_ambiguous(slice_of(rows[i].path)) != rows[i].is_ambiguous)
            fail_msg("%s", rows[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(knows_ambiguous_paths)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
