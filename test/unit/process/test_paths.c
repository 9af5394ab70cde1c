#include "process/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct paths_defaults defaults = {"/etc/frontd/frontd.conf", "/etc/frontd/",
                                               "/run/frontd/control.sock"};

static const struct {
    const char *conf, *prefix, *error_log, *socket; /* given */
    const char *found_conf, *found_prefix, *found_error_log, *found_control;
} cases[] = {
    {NULL,     NULL,   NULL,     NULL,       "/etc/frontd/frontd.conf", "/etc/frontd/", "stderr",
     "/run/frontd/control.sock"                                                                                         },
    {NULL,     "/srv", NULL,     NULL,       "/srv/frontd.conf",        "/srv/",        "stderr",     "/srv/frontd.sock"},
    {"a.conf", "/srv", "e.log",  NULL,       "/srv/a.conf",             "/srv/",        "/srv/e.log", "/srv/frontd.sock"},
    {"a.conf", NULL,   "e.log",  NULL,       "/tmp/a.conf",             "/etc/frontd/", "/tmp/e.log",
     "/run/frontd/control.sock"                                                                                         },
    {"/a",     "x/",   "stderr", "/my.sock", "/a",                      "/tmp/x/",      "stderr",     "/my.sock"        },
};

static void everything_is_where_it_should_be(void **state)
{
    (void)state;
    assert_int_equal(chdir("/tmp"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct command_line line = {
            .conf = cases[i].conf, .prefix = cases[i].prefix, .error_log = cases[i].error_log};
        static struct paths paths;

        assert_true(paths_find(&paths, &defaults, &line, cases[i].socket));
        assert_string_equal(paths.conf, cases[i].found_conf);
        assert_string_equal(paths.prefix, cases[i].found_prefix);
        assert_string_equal(paths.error_log, cases[i].found_error_log);
        assert_string_equal(paths.control, cases[i].found_control);
    }
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    static struct paths paths;
    static char text[PATH_MAX + 10];
    struct command_line line = {.prefix = text};

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[0] = '/';
    assert_false(paths_find(&paths, &defaults, &line, NULL));
    text[PATH_MAX - 1] = '\0'; /* fits, but not with the '/' behind it */
    assert_false(paths_find(&paths, &defaults, &line, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_where_it_should_be),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
