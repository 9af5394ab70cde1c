#include "conf/conf_tree.h"
#include "conf_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reading {
    struct conf_sources sources;
    struct conf_report report;
    struct arena arena;
    struct conf_directive *root;
    FILE *out;
    char *written;
    size_t len;
};

static void add_file(struct reading *reading, const char *path, const char *text)
{
    conf_sources_text(&reading->sources, slice_of(path), slice_of(text));
}

static void begin(struct reading *reading, const char *text)
{
    *reading = (struct reading){0};
    conf_sources_init(&reading->sources, false);
    conf_report_init(&reading->report);
    arena_init(&reading->arena, ARENA_UNLIMITED);
    add_file(reading, "/etc/t.conf", text);
    reading->out = open_memstream(&reading->written, &reading->len);
}

static void write_directives(FILE *out, const struct conf_directive *block)
{
    for (const struct conf_directive *d = block->first_child; d != NULL; d = d->next) {
        fprintf(out, "%.*s", (int)d->name.text.len, d->name.text.at);
        for (size_t i = 0; i < d->word_count; i++)
            fprintf(out, " %.*s", (int)d->words[i].text.len, d->words[i].text.at);
        if (d->is_block) {
            fputs("{", out);
            write_directives(out, d);
            fputs("}", out);
        } else {
            fputs(";", out);
        }
    }
}

static void write_finding(void *owner, enum conf_severity severity, struct slice text)
{
    struct reading *reading = owner;

    assert_int_equal(severity, CONF_ERROR);
    fprintf(reading->out, "\n%.*s", (int)text.len, text.at);
}

/* The tree on the first line, then one line for each finding. */
static void finish(struct reading *reading, const char *globals, const char *expected)
{
    reading->root = conf_tree_read(&reading->sources, SLICE("/etc/t.conf"), slice_of(globals),
                                   &reading->arena, &reading->report);
    assert_non_null(reading->root);
    write_directives(reading->out, reading->root);
    conf_report_lines(&reading->report, &reading->sources, write_finding, reading);
    fclose(reading->out);
    if (strcmp(reading->written, expected) != 0)
        fail_msg("gives\n%s\nnot\n%s", reading->written, expected);
    free(reading->written);
    arena_deinit(&reading->arena);
    conf_report_deinit(&reading->report);
    conf_sources_deinit(&reading->sources);
}

static const struct {
    const char *text, *expected;
} cases[] = {
    {"",                              ""                                                                                },
    {"a;",                            "a;"                                                                              },
    {"a b 'c d';\n# x\ne{f g;h{}}i;", "a b c d;e{f g;h{}}i;"                                                            },
    {"a { b { c; } } d { }",          "a{b{c;}}d{}"                                                                     },
 /* a missing ';' is taken as if it were there */
    {"a { b c }",                     "a{b c;}\n/etc/t.conf:1:8: error: missing `;`: expected here"                     },
    {"a b",                           "a b;\n/etc/t.conf:1:4: error: missing `;`: expected here"                        },
    {"a { b 'c' }",                   "a{b c;}\n/etc/t.conf:1:10: error: missing `;`: expected here"                    },
    {"a { b c\n}\nd;",                "a{b c;}d;\n/etc/t.conf:1:8: error: missing `;`: expected here"                   },
 /* braces */
    {"a { b;",                        "a{b;}\n/etc/t.conf:1:1: error: missing `}`: this block is still open at the end of "
               "the file"                                                                                 },
    {"a { b { c;",                    "a{b{c;}}\n/etc/t.conf:1:5: error: missing `}`: this block is still open at the "
                   "end of the file"                                                                  },
    {"a; } b;",                       "a;b;\n/etc/t.conf:1:4: error: a `}` too many: no block of this file is open here"},
    {"a { } }",                       "a{}\n/etc/t.conf:1:7: error: a `}` too many: no block of this file is open here" },
    {"{ a; } b;",                     "b;\n/etc/t.conf:1:1: error: a `{` without a name: a block begins with its name"  },
    {"a {{ b; } c; }",
     "a{c;}\n/etc/t.conf:1:4: error: a `{` without a name: a block begins with its name"                                },
    {"a;; b;",                        "a;b;\n/etc/t.conf:1:3: error: a `;` without a directive: remove it"              },
    {"a { b; }; c;",                  "a{b;}c;\n/etc/t.conf:1:9: error: a `;` without a directive: remove it"           },
 /* quotes: the statement is left out, what follows is read */
    {"a 'b'c d; e;",
     "e;\n/etc/t.conf:1:6: error: a `;` or a blank is missing after the quoted word"                                    },
    {"a 'b'c { d; } e;",
     "e;\n/etc/t.conf:1:6: error: a `;` or a blank is missing after the quoted word"                                    },
    {"x { a 'b'c } e;",
     "x{}e;\n/etc/t.conf:1:10: error: a `;` or a blank is missing after the quoted word"                                },
    {"x { a; b 'c; } d;",             "x{a;}\n/etc/t.conf:1:10: error: a quote is not closed: begins here and "
                          "reaches to the end of the file"                                     },
 /* several at once */
    {"a;; b { c } } d 'e'f; g;",
     "a;b{c;}g;"
     "\n/etc/t.conf:1:3: error: a `;` without a directive: remove it"
     "\n/etc/t.conf:1:10: error: missing `;`: expected here"
     "\n/etc/t.conf:1:13: error: a `}` too many: no block of this file is open here"
     "\n/etc/t.conf:1:20: error: a `;` or a blank is missing after the quoted word"                                     },
};

static void structure_and_recovery(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading reading;

        begin(&reading, cases[i].text);
        finish(&reading, "", cases[i].expected);
    }
}

static void a_file_with_a_nul_is_one_error(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "include b.conf; a;");
    conf_sources_text(&reading.sources, SLICE("/etc/b.conf"), (struct slice){"x { \0 } } ;", 11});
    finish(&reading, "", "a;\n/etc/b.conf:1:5: error: this is no text file: here is a NUL byte");
}

static void globals_are_read_first(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "a;");
    finish(&reading, "b; c d;", "b;c d;a;");
    begin(&reading, "a;");
    finish(&reading, "b", "b;a;\n<command line>:1:2: error: missing `;`: expected here");
}

static void includes_are_read_in_place(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "a; include sub/b.conf; c { include /d.conf; e; }");
    /* relative to the main file, wherever the include stands */
    add_file(&reading, "/etc/sub/b.conf", "b1; include sub/f.conf; b2;");
    add_file(&reading, "/etc/sub/f.conf", "f;");
    add_file(&reading, "/d.conf", "d { }");
    finish(&reading, "", "a;b1;f;b2;c{d{}e;}");
}

static void a_file_may_be_included_twice(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "a { include b.conf; } c { include b.conf; }");
    add_file(&reading, "/etc/b.conf", "b;");
    finish(&reading, "", "a{b;}c{b;}");
}

static void a_file_must_close_its_own_blocks(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "a { include b.conf; } c { include d.conf; } e;");
    add_file(&reading, "/etc/b.conf", "b; }");
    add_file(&reading, "/etc/d.conf", "d {");
    finish(
        &reading, "",
        "a{b;}c{d{}}e;"
        "\n/etc/b.conf:1:4: error: a `}` too many: no block of this file is open here"
        "\n/etc/d.conf:1:1: error: missing `}`: this block is still open at the end of the file");
}

static void includes_that_cannot_be(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "include none.conf; include; include a b; include x { y; } z;");
    finish(&reading, "",
           "z;"
           "\n/etc/t.conf:1:9: error: cannot read `/etc/none.conf`: No such file or directory"
           "\n/etc/t.conf:1:20: error: `include` takes one word: the name of a file, or a pattern "
           "like sites/*.conf"
           "\n/etc/t.conf:1:29: error: `include` takes one word: the name of a file, or a pattern "
           "like sites/*.conf"
           "\n/etc/t.conf:1:52: error: `include` takes no block: expected a `;`");
}

static void a_circle_is_found(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "a; include b.conf;");
    add_file(&reading, "/etc/b.conf", "b; include c.conf; d;");
    add_file(&reading, "/etc/c.conf", "c; include t.conf;");
    finish(&reading, "",
           "a;b;c;d;\n/etc/c.conf:1:12: error: `/etc/t.conf` includes itself: this file is being "
           "read already");
}

static void includes_end_at_a_depth(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, "include 1;");
    for (int i = 1; i <= 17; i++) {
        char path[16], text[32];

        snprintf(path, sizeof path, "/etc/%d", i);
        snprintf(text, sizeof text, "d%d; include %d;", i, i + 1);
        add_file(&reading, path, text);
    }
    finish(&reading, "",
           "d1;d2;d3;d4;d5;d6;d7;d8;d9;d10;d11;d12;d13;d14;d15;d16;"
           "\n/etc/16:1:14: error: files include one another too deeply: at most 16 levels");
}

static void blocks_end_at_a_depth(void **state)
{
    char text[201], expected[512] = "";
    struct reading reading;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        memcpy(text + 2 * i, "a{", 2);
    text[200] = '\0';
    for (size_t i = 0; i < 33; i++)
        strcat(expected, "a{");
    for (size_t i = 0; i < 33; i++)
        strcat(expected, "}");
    strcat(expected, "\n/etc/t.conf:1:66: error: blocks stand inside one another too deeply: at "
                     "most 32 levels");
    begin(&reading, text);
    finish(&reading, "", expected);
}

static void garbage_is_not_read_to_its_end(void **state)
{
    char text[20001];
    struct reading reading;

    (void)state;
    memset(text, ';', 20000);
    text[20000] = '\0';
    begin(&reading, text);
    conf_tree_read(&reading.sources, SLICE("/etc/t.conf"), SLICE_NONE, &reading.arena,
                   &reading.report);
    assert_true(conf_report_is_full(&reading.report));
    assert_true(reading.report.errors < 1010);
    fclose(reading.out);
    free(reading.written);
    arena_deinit(&reading.arena);
    conf_report_deinit(&reading.report);
    conf_sources_deinit(&reading.sources);
}

/* The listing is what a worker gets: no disk is asked. */
static void patterns_take_every_match(void **state)
{
    struct conf_source listing = {
        .name = SLICE("/etc/s/*.conf"),
        .text = {"/etc/s/a.conf\0/etc/s/b.conf", 28},
        .is_listing = true
    };
    struct conf_source none = {.name = SLICE("/etc/x[.]conf"), .is_listing = true};
    struct conf_source *list[] = {&listing, &none};
    struct conf_sources made = {.list = list, .count = 2};
    struct reading reading;
    struct slice run;

    (void)state;
    begin(&reading, "");
    conf_sources_deinit(&reading.sources);
    run = conf_sources_write(&made, &reading.arena);
    assert_true(conf_sources_read(&reading.sources, run));
    add_file(&reading, "/etc/t.conf", "1; include s/*.conf; include x[.]conf; 2;");
    add_file(&reading, "/etc/s/a.conf", "a;");
    add_file(&reading, "/etc/s/b.conf", "b;");
    finish(&reading, "", "1;a;b;2;");
}

static void errors_are_noted_where_something_is_missing(void **state)
{
    struct reading reading;
    const struct conf_directive *a, *b;

    (void)state;
    begin(&reading, "a { x 'y'z; } b { c; }");
    finish(&reading, "",
           "a{}b{c;}\n/etc/t.conf:1:10: error: a `;` or a blank is missing after the "
           "quoted word");
    begin(&reading, "a { x 'y'z; } b { c; }");
    reading.root = conf_tree_read(&reading.sources, SLICE("/etc/t.conf"), SLICE_NONE,
                                  &reading.arena, &reading.report);
    a = reading.root->first_child;
    b = a->next;
    assert_true(a->has_errors);
    assert_false(b->has_errors);
    assert_false(reading.root->has_errors);
    assert_int_equal(b->end.column, 22);
    fclose(reading.out);
    free(reading.written);
    arena_deinit(&reading.arena);
    conf_report_deinit(&reading.report);
    conf_sources_deinit(&reading.sources);
}

static void paths_become_absolute(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    assert_string_equal(conf_absolute(&arena, SLICE("/etc/"), SLICE("a")).at, "/etc/a");
    assert_string_equal(conf_absolute(&arena, SLICE("/etc/"), SLICE("/b")).at, "/b");
    assert_string_equal(conf_absolute(&arena, SLICE_NONE, SLICE("a/b")).at, "a/b");
    assert_true(slice_equal(conf_directory_of(SLICE("/etc/frontd/a")), SLICE("/etc/frontd/")));
    assert_true(slice_equal(conf_directory_of(SLICE("a")), SLICE_NONE));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure_and_recovery),
        cmocka_unit_test(a_file_with_a_nul_is_one_error),
        cmocka_unit_test(globals_are_read_first),
        cmocka_unit_test(includes_are_read_in_place),
        cmocka_unit_test(a_file_may_be_included_twice),
        cmocka_unit_test(a_file_must_close_its_own_blocks),
        cmocka_unit_test(includes_that_cannot_be),
        cmocka_unit_test(a_circle_is_found),
        cmocka_unit_test(includes_end_at_a_depth),
        cmocka_unit_test(blocks_end_at_a_depth),
        cmocka_unit_test(garbage_is_not_read_to_its_end),
        cmocka_unit_test(patterns_take_every_match),
        cmocka_unit_test(errors_are_noted_where_something_is_missing),
        cmocka_unit_test(paths_become_absolute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
