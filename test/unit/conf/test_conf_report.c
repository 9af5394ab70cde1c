#include "conf/conf_report.h"
#include "conf/conf_sources.h"
#include "conf_toy.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* conf_report.c and conf_report_print.c: what an operator sees, byte for byte. */

static void assert_prints(struct toy *toy, const char *expected)
{
    const char *printed = toy_print(toy);

    if (strcmp(printed, expected) != 0)
        fail_msg("prints\n%s\nnot\n%s", printed, expected);
}

static uint32_t add_text(struct toy *toy, const char *name, struct slice text)
{
    uint32_t index = conf_sources_text(&toy->sources, slice_of(name), text);

    toy->sources.list[index]->is_configuration = true;
    return index;
}

static struct conf_place at(uint32_t source, uint32_t line, uint32_t column, uint32_t len)
{
    return (struct conf_place){source, line, column, len};
}

static void nothing_found_is_nothing_printed(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    assert_prints(&toy, "");
    toy_close(&toy);
}

static void the_example_of_the_design(void **state)
{
    struct toy toy;
    struct conf_finding *finding;
    char text[200] = "";

    (void)state;
    toy_open(&toy);
    memset(text, '\n', 40);
    strcpy(text + 40, "  proxy_psas http://127.0.0.1:8001;\n}\n");
    add_text(&toy, "/etc/frontd/frontd.conf", slice_of(text));
    finding = conf_report_add(&toy.report, CONF_ERROR, at(0, 41, 3, 10), "unknown directive `%s`",
                              "proxy_psas");
    finding->label = SLICE("not known in a `location` block");
    conf_finding_help(&toy.report, finding, "did you mean `%s`?", "proxy_pass");
    assert_prints(&toy, "error: unknown directive `proxy_psas`\n"
                        "  --> /etc/frontd/frontd.conf:41:3\n"
                        "   |\n"
                        "41 |   proxy_psas http://127.0.0.1:8001;\n"
                        "   |   ^^^^^^^^^^ not known in a `location` block\n"
                        "   |\n"
                        "   = did you mean `proxy_pass`?\n"
                        "\n"
                        "1 error in 1 file.\n");
    toy_close(&toy);
}

static void a_second_place_in_another_file(void **state)
{
    struct toy toy;
    struct conf_finding *finding;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a.conf", SLICE("\n\n\n\n\n\n\n\n\n server_name x;"));
    add_text(&toy, "b.conf", SLICE("server_name x;"));
    finding = conf_report_add(&toy.report, CONF_WARNING, at(1, 1, 13, 1), "two servers claim x");
    finding->label = SLICE("never reached");
    finding->other = at(0, 10, 14, 1);
    finding->other_label = SLICE("first here");
    conf_finding_help(&toy.report, finding, "remove one");
    conf_finding_help(&toy.report, finding, "or rename it");
    assert_prints(&toy, "warning: two servers claim x\n"
                        "  --> b.conf:1:13\n"
                        "   |\n"
                        " 1 | server_name x;\n"
                        "   |             ^ never reached\n"
                        "  ::: a.conf:10:14\n"
                        "   |\n"
                        "10 |  server_name x;\n"
                        "   |              - first here\n"
                        "   |\n"
                        "   = remove one\n"
                        "   = or rename it\n"
                        "\n"
                        "1 warning in 2 files.\n");
    toy_close(&toy);
}

static void without_a_place_there_is_the_message_and_the_help(void **state)
{
    struct toy toy;
    struct conf_finding *finding;

    (void)state;
    toy_open(&toy);
    finding = conf_report_add(&toy.report, CONF_ERROR, (struct conf_place){0}, "no file");
    conf_finding_help(&toy.report, finding, "give one with -c");
    assert_prints(&toy, "error: no file\n"
                        "  = give one with -c\n"
                        "\n"
                        "1 error.\n");
    toy_close(&toy);
}

static void errors_come_first_and_twenty_are_shown(void **state)
{
    struct toy toy;
    const char *printed;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a.conf", SLICE("a;"));
    for (int i = 0; i < 5; i++)
        conf_report_add(&toy.report, CONF_WARNING, at(0, 1, 1, 1), "warning %d", i);
    for (int i = 0; i < 22; i++)
        conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 1, 1), "error %d", i);
    printed = toy_print(&toy);
    assert_memory_equal(printed, "error: error 0\n", 15);
    assert_non_null(strstr(printed, "error: error 19\n"));
    assert_null(strstr(printed, "error: error 20\n"));
    assert_null(strstr(printed, "warning: "));
    assert_non_null(strstr(printed, "\n\n… and 7 more\n\n22 errors, 5 warnings in 1 file.\n"));
    toy_close(&toy);

    toy_open(&toy);
    conf_report_add(&toy.report, CONF_NOTE, (struct conf_place){0}, "n");
    conf_report_add(&toy.report, CONF_WARNING, (struct conf_place){0}, "w");
    conf_report_add(&toy.report, CONF_ERROR, (struct conf_place){0}, "e");
    assert_prints(&toy, "error: e\n\nwarning: w\n\nnote: n\n\n1 error, 1 warning.\n");
    toy_close(&toy);
}

static void gather(void *owner, enum conf_severity severity, struct slice text)
{
    fprintf(owner, "%d %.*s\n", severity, (int)text.len, text.at);
}

static void findings_stand_in_the_order_of_the_files(void **state)
{
    static const struct conf_place places[] = {
        {1, 1, 1, 1},
        {0, 2, 1, 1},
        {0, 1, 9, 1},
        {0, 1, 2, 1},
        {0, 0, 0, 0},
    };
    struct toy toy;
    char *lines_written;
    size_t len;
    FILE *out = open_memstream(&lines_written, &len);

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a", SLICE("x"));
    add_text(&toy, "b", SLICE("x"));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        conf_report_add(&toy.report, CONF_ERROR, places[i], "e");
    conf_report_lines(&toy.report, &toy.sources, gather, out);
    fclose(out);
    assert_string_equal(lines_written, "0 error: e\n"
                                       "0 a:1:2: error: e\n"
                                       "0 a:1:9: error: e\n"
                                       "0 a:2:1: error: e\n"
                                       "0 b:1:1: error: e\n");
    free(lines_written);
    toy_close(&toy);
}

static void the_same_finding_twice_is_one(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    for (int i = 0; i < 2; i++) {
        struct conf_finding *finding =
            conf_report_add(&toy.report, CONF_ERROR, (struct conf_place){0}, "e");

        conf_finding_help(&toy.report, finding, "h");
    }
    conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 1, 1), "e"); /* elsewhere: another one */
    assert_int_equal(toy.report.count, 2);
    assert_int_equal(toy.report.errors, 2);
    assert_int_equal(toy.report.findings[0].help[1].len, 0);
    toy_close(&toy);
}

static void a_fourth_help_is_dropped(void **state)
{
    struct toy toy;
    struct conf_finding *finding;

    (void)state;
    toy_open(&toy);
    finding = conf_report_add(&toy.report, CONF_ERROR, (struct conf_place){0}, "e");
    for (int i = 1; i <= 4; i++)
        conf_finding_help(&toy.report, finding, "h%d", i);
    assert_prints(&toy, "error: e\n  = h1\n  = h2\n  = h3\n\n1 error.\n");
    toy_close(&toy);
}

static const struct {
    const char *text;
    uint32_t column, len;
    const char *line, *mark;
} lines[] = {
    {"\ta\tb;",        4, 1, "1 |     a    b;\n",      "  |          ^\n"   },
    {"\xc3\xa9 b;",    4, 1, "1 | \xc3\xa9 b;\n",      "  |   ^\n"          }, /* é is one column */
    {"\x1b[2J\xff b;", 7, 1, "1 | \\x1B[2J\\xFF b;\n", "  |             ^\n"},
    {"\xc2\x9b b;",    4, 1, "1 | \\xC2\\x9B b;\n",    "  |          ^\n"   }, /* C1 */
    {"a\r\n",          1, 1, "1 | a\n",                "  | ^\n"            },
    {"a b",            4, 1, "1 | a b\n",              "  |    ^\n"         }, /* behind the end */
    {"a b",            3, 9, "1 | a b\n",              "  |   ^\n"          }, /* reaches beyond it */
    {"a b",            3, 0, "1 | a b\n",              "  |   ^\n"          }, /* at least one */
    {"",               1, 1, "1 | \n",                 "  | ^\n"            }, /* */
    {"a\tb",           2, 1, "1 | a    b\n",           "  |  ^^^^\n"        },
};

static void a_mark_stands_below_what_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char expected[400];
        struct toy toy;

        toy_open(&toy);
        add_text(&toy, "t", slice_of(lines[i].text));
        conf_report_add(&toy.report, CONF_ERROR, at(0, 1, lines[i].column, lines[i].len), "m");
        snprintf(expected, sizeof expected,
                 "error: m\n --> t:1:%u\n  |\n%s%s\n1 error in 1 file.\n", lines[i].column,
                 lines[i].line, lines[i].mark);
        assert_prints(&toy, expected);
        toy_close(&toy);
    }
}

/* 300 columns: 0…9 repeated; the part that is shown must hold the mark and fit in 100. */
static void long_lines_are_cut_around_the_mark(void **state)
{
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('0' + i % 10);
    for (uint32_t column = 1; column <= 301; column++) {
        struct toy toy;
        char *line, *mark, *end;
        size_t caret;

        toy_open(&toy);
        add_text(&toy, "t", (struct slice){text, sizeof text});
        conf_report_add(&toy.report, CONF_ERROR, at(0, 1, column, 5), "m");
        line = strstr(toy_print(&toy), "\n1 | ") + 1;
        mark = strchr(line, '\n') + 1;
        end = strchr(mark, '\n');
        assert_true(mark - line - 1 <= 100);
        assert_true(end - mark <= 101);
        caret = strcspn(mark, "^");
        if (column <= 300)
            assert_int_equal(line[caret], text[column - 1]);
        if (column > 40)
            assert_memory_equal(line + 4, "...", 3);
        if (column < 237)
            assert_memory_equal(mark - 4, "...", 3);
        toy_close(&toy);
    }
}

static void a_mark_longer_than_the_page_is_cut(void **state)
{
    char text[300];
    struct toy toy;
    const char *mark;

    (void)state;
    memset(text, 'x', sizeof text);
    toy_open(&toy);
    add_text(&toy, "t", (struct slice){text, sizeof text});
    conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 2, 290), "m");
    mark = strstr(toy_print(&toy), "^");
    assert_int_equal(strspn(mark, "^"), 95);
    toy_close(&toy);
}

static void control_bytes_in_messages_and_names_are_shown(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a\x1b.conf", SLICE("x"));
    conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 1, 1), "bad `\x07\n`")->label =
        SLICE("\x1b[31m");
    assert_prints(&toy, "error: bad `\\x07\\x0A`\n"
                        " --> a\\x1B.conf:1:1\n"
                        "  |\n"
                        "1 | x\n"
                        "  | ^ \\x1B[31m\n"
                        "\n"
                        "1 error in 1 file.\n");
    toy_close(&toy);
}

/* Keys are sources too, but not files of the configuration. */
static void only_files_of_the_configuration_are_counted(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a", SLICE("x"));
    add_text(&toy, "<command line>", SLICE("x"));
    toy_file(&toy, "key.pem", "secret");
    conf_report_add(&toy.report, CONF_WARNING, (struct conf_place){0}, "w");
    assert_prints(&toy, "warning: w\n\n1 warning in 1 file.\n");
    toy_close(&toy);
}

static void one_line_each_for_logs(void **state)
{
    struct toy toy;
    char *lines_written;
    size_t len;
    FILE *out = open_memstream(&lines_written, &len);
    struct conf_finding *error;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "a.conf", SLICE("x"));
    conf_report_add(&toy.report, CONF_WARNING, at(0, 3, 9, 1), "w\n")->label = SLICE("label");
    error = conf_report_add(&toy.report, CONF_ERROR, (struct conf_place){0}, "e");
    conf_finding_help(&toy.report, error, "did you mean `f`?");
    error = conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 1, 1), "g");
    error->label = SLICE("label");
    conf_finding_help(&toy.report, error, "this");
    conf_finding_help(&toy.report, error, "or\nthat");
    conf_report_lines(&toy.report, &toy.sources, gather, out);
    fclose(out);
    assert_string_equal(lines_written, "0 error: e (did you mean `f`?)\n"
                                       "0 a.conf:1:1: error: g: label (this; or\\x0Athat)\n"
                                       "1 a.conf:3:9: warning: w\\x0A: label\n");
    free(lines_written);
    toy_close(&toy);
}

static size_t print_to_terminal(struct toy *toy, char *out, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), terminal;
    ssize_t got;

    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    conf_report_print(&toy->report, &toy->sources, terminal);
    got = read(master, out, size - 1);
    assert_true(got > 0);
    out[got] = '\0';
    close(terminal);
    close(master);
    return (size_t)got;
}

static void colour_only_where_it_is_wanted(void **state)
{
    char out[4096];
    struct toy toy;

    (void)state;
    toy_open(&toy);
    add_text(&toy, "t", SLICE("x"));
    conf_report_add(&toy.report, CONF_ERROR, at(0, 1, 1, 1), "m");
    unsetenv("NO_COLOR");
    print_to_terminal(&toy, out, sizeof out);
    assert_memory_equal(out, "\033[1;31merror\033[0m", 15);
    assert_null(strchr(toy_print(&toy), '\033')); /* a file */
    setenv("NO_COLOR", "1", 1);
    print_to_terminal(&toy, out, sizeof out);
    assert_null(strchr(out, '\033'));
    unsetenv("NO_COLOR");
    toy_close(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_found_is_nothing_printed),
        cmocka_unit_test(the_example_of_the_design),
        cmocka_unit_test(a_second_place_in_another_file),
        cmocka_unit_test(without_a_place_there_is_the_message_and_the_help),
        cmocka_unit_test(errors_come_first_and_twenty_are_shown),
        cmocka_unit_test(findings_stand_in_the_order_of_the_files),
        cmocka_unit_test(the_same_finding_twice_is_one),
        cmocka_unit_test(a_fourth_help_is_dropped),
        cmocka_unit_test(a_mark_stands_below_what_it_means),
        cmocka_unit_test(long_lines_are_cut_around_the_mark),
        cmocka_unit_test(a_mark_longer_than_the_page_is_cut),
        cmocka_unit_test(control_bytes_in_messages_and_names_are_shown),
        cmocka_unit_test(only_files_of_the_configuration_are_counted),
        cmocka_unit_test(one_line_each_for_logs),
        cmocka_unit_test(colour_only_where_it_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
