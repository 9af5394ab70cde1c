#include "conf_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void write_manual(void *owner, int fd)
{
    conf_manual(owner, fd);
}

static void the_manual_follows_from_the_rows(void **state)
{
    static const struct conf_type refused = {CONF_TYPE_REFUSED, NULL};
    static const struct conf_row rows[] = {
        {.name = "gzip",
         .contexts = CONF_HTTP,
         .type = &refused,
         .syntax = "…",
         .meaning = "Refused: leave it out."},
        {              .name = "bare",
         .contexts = CONF_MAIL,
         .type = &conf_type_ignored,
         .syntax = "",
         .meaning = "Nothing."            },
        { .name = "root",
         .contexts = CONF_HTTP | CONF_SERVER | CONF_LOCATION,
         .type = &conf_type_text,
         .initial = "html",
         .syntax = "path",
         .meaning = "Where files are."},
        {     .name = "http",
         .contexts = CONF_MAIN,
         .type = &conf_type_block,
         .opens = CONF_HTTP,
         .syntax = "{ … }",
         .meaning = "Web servers."},
    };
    static const struct conf_group group = {"g", 0, rows, 4, NULL};
    const struct conf_group *groups[] = {&group, NULL};
    char *text = toy_capture(write_manual, groups);

    (void)state;
    assert_string_equal(text,
                        "root\n"
                        "    Syntax:   root path;\n"
                        "    Default:  root html;\n"
                        "    Context:  `http`, `server` (http) or `location`\n"
                        "    Where files are.\n"
                        "\n"
                        "http\n"
                        "    Syntax:   http { … }\n"
                        "    Context:  `main` (outside of all blocks)\n"
                        "    Web servers.\n"
                        "\n"
                        "---- Taken without effect, so that nginx's files need no change ----\n"
                        "\n"
                        "bare\n"
                        "    Syntax:   bare;\n"
                        "    Context:  `mail`\n"
                        "    Nothing.\n"
                        "\n"
                        "---- Not supported: frontd does not start with one of these ----\n"
                        "\n"
                        "gzip\n"
                        "    Syntax:   gzip …;\n"
                        "    Context:  `http`\n"
                        "    Refused: leave it out.\n"
                        "\n");
    free(text);
}

static void write_dump(void *owner, int fd)
{
    struct toy *toy = owner;

    conf_dump(&toy->conf, fd);
}

static void the_dump_shows_what_was_read_and_no_key(void **state)
{
    struct toy toy;
    char *text;

    (void)state;
    toy_open(&toy);
    toy_file(&toy, "/etc/key.pem", "secret");
    toy_file(&toy, "/etc/more.conf", "# more\nroot x;\n");
    toy_read(&toy, "http { include more.conf; }\n");
    assert_true(toy.is_good);
    text = toy_capture(write_dump, &toy);
    assert_string_equal(text, "# configuration file /etc/more.conf:\n"
                              "# more\nroot x;\n\n"
                              "# configuration file /etc/t.conf:\n"
                              "http { include more.conf; }\n\n");
    free(text);
    toy_close(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_follows_from_the_rows),
        cmocka_unit_test(the_dump_shows_what_was_read_and_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
