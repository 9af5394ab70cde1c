#include "os/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* That it confines is tried from inside: test/integration/sandbox. */

static void test_levels(void **state)
{
    static const struct {
        uint32_t reached;
        enum sandbox_level level;
    } rows[] = {
        {0,                                          SANDBOX_LEVEL_C},
        {SANDBOX_FILTERED,                           SANDBOX_LEVEL_C},
        {SANDBOX_FILTERED | SANDBOX_OWN_USER,        SANDBOX_LEVEL_C},
        {7,                                          SANDBOX_LEVEL_C},
        {7 | SANDBOX_OWN_USER,                       SANDBOX_LEVEL_C},
        {1 | SANDBOX_FILTERED,                       SANDBOX_LEVEL_B},
        {1 | SANDBOX_FILTERED | SANDBOX_SHARED_USER, SANDBOX_LEVEL_B},
        {1 | SANDBOX_FILTERED | SANDBOX_OWN_USER,    SANDBOX_LEVEL_A},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(sandbox_level(rows[i].reached), rows[i].level);
}

static void test_words(void **state)
{
    static const struct {
        uint32_t reached;
        const char *words;
    } rows[] = {
        {0,                                                           "isolation level C: the master's user, no Landlock, no seccomp"},
        {3 | SANDBOX_FILTERED,
         "isolation level B: the master's user, Landlock ABI 3 (files), seccomp"                                                     },
        {4 | SANDBOX_FILTERED | SANDBOX_OWN_USER,
         "isolation level A: own user, Landlock ABI 4 (files, ports), seccomp"                                                       },
        {4 | SANDBOX_FILTERED | SANDBOX_SHARED_USER,
         "isolation level B: the workers' user, Landlock ABI 4 (files, ports), seccomp"                                              },
        {7 | SANDBOX_FILTERED | SANDBOX_OWN_USER | SANDBOX_SANITIZED,
         "isolation level A: own user, Landlock ABI 7 (files, ports, signals), seccomp (wider, for "
         "a "
         "sanitizer)"                                                                                                                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[SANDBOX_WORDS_BYTES];

        sandbox_describe(rows[i].reached, words);
        assert_string_equal(words, rows[i].words);
    }
}

static void test_longest_words_fit(void **state)
{
    char words[SANDBOX_WORDS_BYTES];

    (void)state;
    sandbox_describe(SANDBOX_ABI_MASK | SANDBOX_FILTERED | SANDBOX_SHARED_USER | SANDBOX_SANITIZED,
                     words);
    assert_true(strlen(words) < sizeof words - 1);
}

static void test_the_call_that_killed_is_the_youngest_of_that_process(void **state)
{
#define LINE(at, pid, call)                                                                        \
    "<5>[25.1] audit: type=1326 audit(" at ".151:3410): auid=4294967295 uid=0 pid=" pid            \
    " comm=\"x\" sig=31 arch=c000003e syscall=" call " compat=0\n"
    static const char log[] =
        LINE("1000", "77", "250") "<6>[25.2] another line\n" LINE("2000", "77", "59")
            LINE("3000", "177", "56") LINE("4000", "7", "41");

    (void)state;
    assert_int_equal(sandbox_call_in_log(log, 77, 900), 59);
    assert_int_equal(sandbox_call_in_log(log, 77, 2000), 59);
    assert_int_equal(sandbox_call_in_log(log, 77, 2001), -1); /* those were others of that number */
    assert_int_equal(sandbox_call_in_log(log, 7, 0), 41);
    assert_int_equal(sandbox_call_in_log(log, 78, 0), -1);
    assert_int_equal(sandbox_call_in_log("", 77, 0), -1);
    assert_int_equal(sandbox_call_in_log(" pid=77 ", 77, 0), -1);
#undef LINE
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_longest_words_fit),
        cmocka_unit_test(test_the_call_that_killed_is_the_youngest_of_that_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
