#include "conf_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* conf_block.c, with what it reports word for word. */

static const struct toy_mail *toy_mail(const struct toy *toy, const struct conf_scope *scope)
{
    return conf_values(&toy->conf, scope, &toy_mail_group);
}

static void the_tables_are_sound(void **state)
{
    struct arena arena;
    struct slice why = SLICE_NONE;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    if (!conf_groups_consistent(toy_groups, &arena, &why))
        fail_msg("%.*s", (int)why.len, why.at);
    arena_deinit(&arena);
}

static void values_are_inherited_as_the_row_says(void **state)
{
    const struct conf_scope *http, *first, *second, *location;
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http { patience 2s; own_number 1; header a b; header c d;\n"
                   "  server { body_size 3k; server_name x y;\n"
                   "    location / { header e f; own_number 2; }\n"
                   "    root late; }\n"
                   "  server { }\n"
                   "  root outer; }");
    assert_string_equal(toy_print(&toy), "");
    assert_true(toy.is_good);
    http = conf_first(toy.conf.main, CONF_HTTP);
    first = conf_first(http, CONF_SERVER);
    second = conf_next(first);
    location = conf_first(first, CONF_LOCATION);
    assert_null(conf_next(second));
    assert_null(conf_first(second, CONF_LOCATION));

    /* through two blocks; what stands below counts as well; the nearest wins */
    assert_true(slice_equal(toy_web(&toy, second)->root, SLICE("outer")));
    assert_true(slice_equal(toy_web(&toy, location)->root, SLICE("late")));
    assert_int_equal(toy_web(&toy, location)->body_size, 3072);
    assert_int_equal(toy_web(&toy, second)->body_size, 1 << 20); /* default */
    /* also past a block where the row itself may not stand */
    assert_int_equal(toy_web(&toy, location)->patience, 2000);
    /* none */
    assert_int_equal(toy_web(&toy, http)->own_number, 1);
    assert_int_equal(toy_web(&toy, first)->own_number, 7);
    assert_int_equal(toy_web(&toy, location)->own_number, 2);
    /* a list is inherited whole or replaced whole */
    assert_int_equal(toy_web(&toy, first)->header.count, 2);
    assert_int_equal(toy_web(&toy, location)->header.count, 1);
    assert_true(
        slice_equal(toy_web(&toy, location)->header.directives[0]->words[0].text, SLICE("e")));
    assert_int_equal(toy_web(&toy, first)->server_name.count, 2);
    assert_int_equal(toy_web(&toy, second)->server_name.count, 0);
    toy_close(&toy);
}

static void defaults_stand_where_nothing_is_said(void **state)
{
    const struct conf_scope *mail;
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "mail { }");
    assert_true(toy.is_good);
    mail = conf_first(toy.conf.main, CONF_MAIL);
    assert_true(toy_web(&toy, toy.conf.main)->daemon);
    assert_true(toy_web(&toy, mail)->xclient);
    assert_int_equal(toy_web(&toy, mail)->starttls, TOY_STARTTLS_OFF);
    assert_int_equal(toy_mail(&toy, mail)->timeout, 300000);
    assert_null(toy_mail(&toy, toy.conf.main)); /* not present there */
    toy_close(&toy);
}

static void a_name_may_mean_two_things(void **state)
{
    const struct conf_scope *mail, *server;
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http { server { root a; } } mail { server { timeout 1s; starttls only; } }");
    assert_true(toy.is_good);
    mail = conf_first(toy.conf.main, CONF_MAIL);
    server = conf_first(mail, CONF_MAIL_SERVER);
    assert_non_null(server);
    assert_null(conf_first(mail, CONF_SERVER));
    assert_int_equal(toy_mail(&toy, server)->timeout, 1000);
    assert_int_equal(toy_web(&toy, server)->starttls, TOY_STARTTLS_ONLY);
    toy_close(&toy);
}

static void what_was_given_is_known(void **state)
{
    const struct conf_scope *http, *server;
    const struct conf_directive *directive;
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http { root a; header 1 2; header 3 4; server { } }");
    http = conf_first(toy.conf.main, CONF_HTTP);
    server = conf_first(http, CONF_SERVER);
    assert_true(conf_is_set(&toy.conf, http, &toy_web_group, offsetof(struct toy_web, root)));
    assert_false(conf_is_set(&toy.conf, server, &toy_web_group, offsetof(struct toy_web, root)));
    assert_false(conf_is_set(&toy.conf, http, &toy_mail_group, offsetof(struct toy_mail, timeout)));
    directive = conf_directive_of(http, "header");
    assert_true(slice_equal(directive->words[0].text, SLICE("3")));
    assert_null(conf_directive_of(server, "header"));
    toy_close(&toy);
}

static void a_free_block_keeps_what_is_in_it(void **state)
{
    const struct conf_directive *pair;
    const struct conf_scope *types;
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_file(&toy, "/etc/mime", "types { text/html html htm; root x; }");
    toy_read(&toy, "http { include mime; }");
    assert_true(toy.is_good);
    types = conf_first(conf_first(toy.conf.main, CONF_HTTP), CONF_TYPES);
    pair = types->directive->first_child;
    assert_true(slice_equal(pair->name.text, SLICE("text/html")));
    assert_int_equal(pair->word_count, 2);
    assert_true(slice_equal(pair->next->name.text, SLICE("root")));
    toy_close(&toy);
}

static void globals_count_like_the_file(void **state)
{
    struct conf_sources sources;
    struct conf_report report;
    struct conf conf;

    (void)state;
    conf_sources_init(&sources, false);
    conf_report_init(&report);
    conf_sources_text(&sources, SLICE("t.conf"), SLICE("load_module x;"));
    assert_true(conf_read(&conf, &sources, SLICE("t.conf"), SLICE("/srv/"), SLICE("daemon off;"),
                          toy_groups, false, &report));
    assert_false(((struct toy_web *)conf_values(&conf, conf.main, &toy_web_group))->daemon);
    conf_deinit(&conf);
    conf_report_deinit(&report);
    conf_sources_deinit(&sources);
}

static void checks_run_but_not_after_an_error(void **state)
{
    static const struct {
        const char *text;
        unsigned mail, first, second; /* how often the check ran for each scope */
    } cases[] = {
        {"mail { server { } server { } }",                1, 1, 1},
        {"mail { server { nope; } server { } }",          0, 0, 1},
        {"mail { nope; server { } server { } }",          0, 0, 0},
        {"nope; mail { server { } server { } }",          1, 1, 1},
        {"daemon x; mail { server { } server { } }",      1, 1, 1},
        {"} mail { server { } server { } }",              0, 0, 0},
        {"mail { refused x; server { } server { } }",     1, 1, 1},
        {"http { nope; } mail { server { } server { } }", 1, 1, 1},
        {"mail { server { a 'b'c; } server { } }",        0, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct conf_scope *mail, *first;
        struct toy toy;

        toy_open(&toy);
        toy_read(&toy, cases[i].text);
        mail = conf_first(toy.conf.main, CONF_MAIL);
        first = conf_first(mail, CONF_MAIL_SERVER);
        assert_int_equal(toy_mail(&toy, mail)->checked, cases[i].mail);
        assert_int_equal(toy_mail(&toy, first)->checked, cases[i].first);
        assert_int_equal(toy_mail(&toy, conf_next(first))->checked, cases[i].second);
        toy_close(&toy);
    }
}

static void a_check_reports_like_a_type(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "mail { timeout 0; }");
    assert_false(toy.is_good);
    assert_string_equal(toy_print(&toy), "error: no time at all\n"
                                         " --> /etc/t.conf:1:1\n"
                                         "  |\n"
                                         "1 | mail { timeout 0; }\n"
                                         "  | ^^^^\n"
                                         "\n"
                                         "1 error in 1 file.\n");
    toy_close(&toy);
}

/* One line per finding, as conf_report_lines writes them, and the helps. */
static const struct {
    const char *text, *message, *label, *help;
} findings[] = {
    {"daemn off;",                                       "unknown directive `daemn`",                                                    "not known outside of all blocks",
     "did you mean `daemon`?"                                                                                                                                                                                },
    {"http { server { location / { proxy_psas x; } } }", "unknown directive `proxy_psas`",
     "not known in a `location` block",                                                                                                                                       "did you mean `proxy_pass`?"   },
    {"http { inclued x; }",                              "unknown directive `inclued`",                                                  "not known in an `http` block",
     "did you mean `include`?"                                                                                                                                                                               },
    {"http { xclent on; }",                              "unknown directive `xclent`",                                                   "not known in an `http` block",
     "did you mean `xclient`? It belongs in `mail` or `server` (mail)"                                                                                                                                       },
    {"http { zzzzzzzz on; }",                            "unknown directive `zzzzzzzz`",                                                 "not known in an `http` block",      ""                             },
    {"http { xclient on; }",                             "`xclient` belongs in `mail` or `server` (mail), this is `http`",               "",
     ""                                                                                                                                                                                                      },
    {"mail { server { root x; } }",
     "`root` belongs in `http`, `server` (http) or `location`, this is `server` (mail)",                                                 "",                                  ""                             },
    {"http { daemon on; }",                              "`daemon` belongs in `main` (outside of all blocks), this is `http`",
     "",                                                                                                                                                                      ""                             },
    {"server { }",                                       "`server` belongs in `http` or `mail`, this is `main` (outside of all blocks)",
     "",                                                                                                                                                                      ""                             },
    {"http { root; }",                                   "`root` takes 1 word, not 0",                                                   "too few",                           "write `root path;`"           },
    {"http { root a b c; }",                             "`root` takes 1 word, not 3",                                                   "one too many",                      "write `root path;`"           },
    {"http { server { server_name; } }",                 "`server_name` takes at least 1 word, not 0",                                   "too few",
     "write `server_name name …;`"                                                                                                                                                                         },
    {"http { server { location a b c { } } }",           "`location` takes 1 to 2 words, not 3",
     "one too many",                                                                                                                                                          "write `location path { … }`"},
    {"http x { }",                                       "`http` takes no words, not 1",                                                 "one too many",                      "write `http { … }`"         },
    {"http;",                                            "`http` opens a block",                                                         "a `{` must follow, not a `;`",      "write `http { … }`"         },
    {"http { root x { } }",                              "`root` opens no block",                                                        "a `;` must follow, not a `{`",
     "write `root path;`"                                                                                                                                                                                    },
    {"daemon on; daemon on;",                            "`daemon` is duplicate",                                                        "given a second time in this block", ""                             },
    {"http { } http { }",                                "`http` is duplicate",                                                          "given a second time in this block", ""                             },
    {"http { root a\n body_size 1k; }",                  "missing `;`",                                                                  "expected here",
     "the next line begins the directive `body_size`"                                                                                                                                                        },
    {"http { server\n root x; }",                        "`server` opens a block",                                                       "a `{` must follow, not a `;`",
     "write `server { … }`"                                                                                                                                                                                },
};

static void each_finding_comes_alone_and_in_these_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        const struct conf_finding *finding;
        struct toy toy;

        toy_open(&toy);
        toy_read(&toy, findings[i].text);
        assert_false(toy.is_good);
        if (toy.report.count != 1)
            fail_msg("%s: %zu findings\n%s", findings[i].text, toy.report.count, toy_print(&toy));
        finding = &toy.report.findings[0];
        if (!slice_equal(finding->message, slice_of(findings[i].message)) ||
            !slice_equal(finding->label, slice_of(findings[i].label)) ||
            !slice_equal(finding->help[0], slice_of(findings[i].help)))
            fail_msg("%s gives\n%s", findings[i].text, toy_print(&toy));
        toy_close(&toy);
    }
}

static void a_forgotten_semicolon_hides_nothing(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http {\n"
                   "  server {\n"
                   "    server_name a b\n"
                   "    location / { nope; }\n"
                   "    root x\n"
                   "    body_size 1z;\n"
                   "  }\n"
                   "}\n");
    assert_int_equal(toy.report.count, 4);
    assert_true(slice_equal(toy.report.findings[0].message, SLICE("missing `;`")));
    assert_int_equal(toy.report.findings[0].place.line, 3);
    assert_int_equal(toy.report.findings[0].place.column, 20);
    assert_true(slice_equal(toy.report.findings[1].message, SLICE("unknown directive `nope`")));
    assert_int_equal(toy.report.findings[2].place.line, 5);
    assert_true(slice_equal(toy.report.findings[3].message, SLICE("`1z` is no size")));
    toy_close(&toy);
}

/* nginx would take it as a word; whoever means that writes quotes. */
static void a_line_that_begins_like_a_directive_is_one(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http { server {\n server_name a\n body_size 1z; } }");
    assert_int_equal(toy.report.count, 2);
    assert_true(slice_equal(toy.report.findings[0].message, SLICE("missing `;`")));
    assert_true(slice_equal(toy.report.findings[0].help[1],
                            SLICE("if that is meant as a word, write it in quotes")));
    assert_true(slice_equal(toy.report.findings[1].message, SLICE("`1z` is no size")));
    toy_close(&toy);

    toy_open(&toy);
    toy_read(&toy, "http { server { server_name a\n 'root'\n b root; } }");
    assert_int_equal(toy.report.count, 0);
    toy_close(&toy);
}

static void an_unknown_block_is_not_looked_into(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "stream { server { nope x; } upstream { } } http { } ");
    assert_int_equal(toy.report.count, 1);
    toy_close(&toy);
}

static void what_follows_an_open_block_is_not_misplaced(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_read(&toy, "http {\n  server {\n    root x;\n}\nmail {\n}\n");
    assert_string_equal(toy_print(&toy),
                        "error: missing `}`\n"
                        " --> /etc/t.conf:1:1\n"
                        "  |\n"
                        "1 | http {\n"
                        "  | ^^^^ this block is still open at the end of the file\n"
                        " ::: /etc/t.conf:4:1\n"
                        "  |\n"
                        "4 | }\n"
                        "  | - this closes the block of line 2: is it meant to?\n"
                        "\n"
                        "1 error in 1 file.\n");
    toy_close(&toy);
}

static void the_first_and_the_second_place(void **state)
{
    struct toy toy;

    (void)state;
    toy_open(&toy);
    toy_file(&toy, "/etc/more.conf", "\troot b;\n");
    toy_read(&toy, "http {\n\troot a;\n\tinclude more.conf;\n\troot c;\n}\n");
    assert_string_equal(toy_print(&toy), "error: `root` is duplicate\n"
                                         " --> /etc/more.conf:1:2\n"
                                         "  |\n"
                                         "1 |     root b;\n"
                                         "  |     ^^^^ given a second time in this block\n"
                                         " ::: /etc/t.conf:2:2\n"
                                         "  |\n"
                                         "2 |     root a;\n"
                                         "  |     ---- first given here\n"
                                         "\n"
                                         "error: `root` is duplicate\n"
                                         " --> /etc/t.conf:4:2\n"
                                         "  |\n"
                                         "4 |     root c;\n"
                                         "  |     ^^^^ given a second time in this block\n"
                                         " ::: /etc/t.conf:2:2\n"
                                         "  |\n"
                                         "2 |     root a;\n"
                                         "  |     ---- first given here\n"
                                         "\n"
                                         "2 errors in 2 files.\n");
    toy_close(&toy);
}

static void without_a_file_there_is_a_configuration_all_the_same(void **state)
{
    struct conf_sources sources;
    struct conf_report report;
    struct conf conf;

    (void)state;
    conf_sources_init(&sources, false);
    conf_report_init(&report);
    assert_false(conf_read(&conf, &sources, SLICE("/none"), SLICE("/srv/"), SLICE_NONE, toy_groups,
                           true, &report));
    assert_int_equal(report.errors, 1);
    assert_non_null(conf.main);
    assert_non_null(conf_values(&conf, conf.main, &toy_web_group));
    conf_deinit(&conf);
    conf_report_deinit(&report);
    conf_sources_deinit(&sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_are_sound),
        cmocka_unit_test(values_are_inherited_as_the_row_says),
        cmocka_unit_test(defaults_stand_where_nothing_is_said),
        cmocka_unit_test(a_name_may_mean_two_things),
        cmocka_unit_test(what_was_given_is_known),
        cmocka_unit_test(a_free_block_keeps_what_is_in_it),
        cmocka_unit_test(globals_count_like_the_file),
        cmocka_unit_test(checks_run_but_not_after_an_error),
        cmocka_unit_test(a_check_reports_like_a_type),
        cmocka_unit_test(each_finding_comes_alone_and_in_these_words),
        cmocka_unit_test(a_forgotten_semicolon_hides_nothing),
        cmocka_unit_test(a_line_that_begins_like_a_directive_is_one),
        cmocka_unit_test(an_unknown_block_is_not_looked_into),
        cmocka_unit_test(what_follows_an_open_block_is_not_misplaced),
        cmocka_unit_test(the_first_and_the_second_place),
        cmocka_unit_test(without_a_file_there_is_a_configuration_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
