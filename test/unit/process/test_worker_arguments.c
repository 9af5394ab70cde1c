#include "process/worker_arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_is_written_is_read(void **state)
{
    struct worker_arguments arguments = {
        .conf = "/c",
        .prefix = "/p/",
        .globals = "",
        .error_log = "stderr",
        .sockets = 3,
        .logs = 2,
        .has_identity = true,
        .identity = {65534, 33, {33, 4}, 2},
    };
    struct worker_arguments read = {0};
    struct worker_words words;

    (void)state;
    for (size_t i = 2; i < PRIVILEGES_GROUPS_MAX; i++)
        arguments.identity.groups[i] = UINT32_MAX - 1; /* the longest there can be */
    for (size_t groups = 0; groups <= PRIVILEGES_GROUPS_MAX; groups++) {
        arguments.identity.group_count = groups;
        worker_arguments_write(&arguments, &words);
        assert_true(worker_arguments_read(&read, WORKER_WORDS, words.words));
        assert_string_equal(read.conf, "/c");
        assert_string_equal(read.prefix, "/p/");
        assert_string_equal(read.globals, "");
        assert_string_equal(read.error_log, "stderr");
        assert_int_equal(read.sockets, 3);
        assert_int_equal(read.logs, 2);
        assert_true(read.has_identity);
        assert_int_equal(read.identity.uid, 65534);
        assert_int_equal(read.identity.gid, 33);
        assert_int_equal(read.identity.group_count, groups);
        assert_memory_equal(read.identity.groups, arguments.identity.groups,
                            groups * sizeof(gid_t));
    }
}

static void without_root_there_is_no_identity(void **state)
{
    struct worker_arguments arguments = {.conf = "", .prefix = "", .globals = "", .error_log = ""};
    struct worker_arguments read = {.has_identity = true};
    struct worker_words words;

    (void)state;
    worker_arguments_write(&arguments, &words);
    assert_true(worker_arguments_read(&read, WORKER_WORDS, words.words));
    assert_false(read.has_identity);
}

static void other_words_are_refused(void **state)
{
    static const char *const bad[] = {"",    "1",   "1,",     "1,2,",
                                      "1,x", "x,1", "1,2,-3", "4294967296,1"};
    struct worker_arguments arguments;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const words[] = {"w", "c", "p", "g", "e", "1", "1", bad[i], NULL};

        assert_false(worker_arguments_read(&arguments, WORKER_WORDS, words));
    }
    for (int count = 0; count < WORKER_WORDS; count++) {
        const char *const words[] = {"w", "c", "p", "g", "e", "1", "1", "-", NULL};

        assert_false(worker_arguments_read(&arguments, count, words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(without_root_there_is_no_identity),
        cmocka_unit_test(other_words_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
