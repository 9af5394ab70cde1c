#include "process/command_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 8

static bool parse(const char *text, struct command_line *line, struct command_complaint *complaint)
{
    static char copy[128];
    const char *words[WORDS_MAX];
    char *rest = copy;
    int count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    while (count < WORDS_MAX && (words[count] = strsep(&rest, " ")) != NULL)
        count++;
    return command_line_parse(count, words, line, complaint);
}

static const struct {
    const char *text;
    enum command_action action;
    bool quiet;
    const char *conf, *prefix, *error_log, *globals;
} good[] = {
    {"frontd",                     COMMAND_RUN,        false, NULL,     NULL,  NULL,  NULL},
    {"frontd -t",                  COMMAND_TEST,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -t -q",               COMMAND_TEST,       true,  NULL,     NULL,  NULL,  NULL},
    {"frontd -tq",                 COMMAND_TEST,       true,  NULL,     NULL,  NULL,  NULL},
    {"frontd -qt -c a.conf",       COMMAND_TEST,       true,  "a.conf", NULL,  NULL,  NULL},
    {"frontd -tc a.conf",          COMMAND_TEST,       false, "a.conf", NULL,  NULL,  NULL},
    {"frontd -tca.conf",           COMMAND_TEST,       false, "a.conf", NULL,  NULL,  NULL},
    {"frontd -T -t",               COMMAND_DUMP,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -p /x/ -e log -g a;", COMMAND_RUN,        false, NULL,     "/x/", "log", "a;"},
    {"frontd -s reload",           COMMAND_CONTROL,    false, NULL,     NULL,  NULL,  NULL},
    {"frontd -sreload -c x",       COMMAND_CONTROL,    false, "x",      NULL,  NULL,  NULL},
    {"frontd --explain u -c x",    COMMAND_EXPLAIN,    false, "x",      NULL,  NULL,  NULL},
    {"frontd --strict",            COMMAND_TEST,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -T --strict -c x",    COMMAND_DUMP,       false, "x",      NULL,  NULL,  NULL},
    {"frontd -v",                  COMMAND_VERSION,    false, NULL,     NULL,  NULL,  NULL},
    {"frontd -v -t",               COMMAND_TEST,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -Tv",                 COMMAND_DUMP,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -V",                  COMMAND_BUILD,      false, NULL,     NULL,  NULL,  NULL},
    {"frontd -h",                  COMMAND_HELP,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd -?",                  COMMAND_HELP,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd --help",              COMMAND_HELP,       false, NULL,     NULL,  NULL,  NULL},
    {"frontd --directives",        COMMAND_DIRECTIVES, false, NULL,     NULL,  NULL,  NULL},
};

static void assert_same(const char *got, const char *expected)
{
    if (expected == NULL)
        assert_null(got);
    else
        assert_string_equal(got, expected);
}

static void what_nginx_users_type_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct command_line line;
        struct command_complaint complaint;

        assert_true(parse(good[i].text, &line, &complaint));
        assert_int_equal(line.action, good[i].action);
        assert_int_equal(line.quiet, good[i].quiet);
        assert_int_equal(line.strict, strstr(good[i].text, "--strict") != NULL);
        assert_same(line.conf, good[i].conf);
        assert_same(line.prefix, good[i].prefix);
        assert_same(line.error_log, good[i].error_log);
        assert_same(line.globals, good[i].globals);
        assert_false(line.as_nginx);
    }
}

static const struct {
    const char *text, *about;
} bad[] = {
    {"frontd -x",        "-x"      },
    {"frontd -tx",       "-x"      },
    {"frontd reload",    "reload"  },
    {"frontd -",         "-"       },
    {"frontd --",        "--"      },
    {"frontd --reload",  "--reload"},
    {"frontd -c",        "-c"      },
    {"frontd -s",        "-s"      },
    {"frontd -s relaod", "relaod"  },
    {"frontd -s ",       "-s"      },
};

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct command_line line;
        struct command_complaint complaint = {0};

        assert_false(parse(bad[i].text, &line, &complaint));
        assert_string_equal(complaint.option, bad[i].about);
        assert_non_null(complaint.text);
    }
}

static void the_name_nginx_is_known(void **state)
{
    struct command_line line;
    struct command_complaint complaint;

    (void)state;
    assert_true(parse("/usr/sbin/nginx -s quit", &line, &complaint));
    assert_true(line.as_nginx);
    assert_int_equal(line.control, CONTROL_QUIT);
    assert_true(parse("nginx/frontd", &line, &complaint));
    assert_false(line.as_nginx);
}

static void takes_a_url_and_fields(void **state)
{
    struct command_line line;
    struct command_complaint complaint;

    (void)state;
    assert_true(parse("frontd --explain http://x/ -H a:1 -Hb:2", &line, &complaint));
    assert_string_equal(line.url, "http://x/");
    assert_int_equal(line.field_count, 2);
    assert_string_equal(line.fields[0], "a:1");
    assert_string_equal(line.fields[1], "b:2");
    assert_false(parse("frontd --explain", &line, &complaint));
    assert_string_equal(complaint.option, "--explain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_url_and_fields),
        cmocka_unit_test(what_nginx_users_type_is_understood),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(the_name_nginx_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
