#include "smtp/smtp_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])

struct line_case {
    struct slice input;
    enum smtp_line result;
    size_t used; /* when the result is final */
};

/* The same case in a memory block of exactly its size, so that a read past the end is seen. */
static enum smtp_line parse_exact(struct slice input, size_t limit, struct slice *line,
                                  size_t *used, char **memory)
{
    *memory = malloc(input.len + 1);
    memcpy(*memory + 1, input.at, input.len);
    return smtp_parse_line((struct slice){*memory + 1, input.len}, limit, line, used);
}

static void check_line(const struct line_case *row)
{
    /* Grows byte by byte: the answer is MORE until it is the final one, and then stays. */
    for (size_t len = 0; len <= row->input.len; len++) {
        struct slice line = SLICE_NONE;
        size_t used = 0;
        char *memory;
        enum smtp_line result =
            parse_exact(slice_part(row->input, 0, len), 64, &line, &used, &memory);

        if (len < row->used || (row->result == SMTP_LINE_TOO_LONG && len < 64)) {
            assert_int_equal(result, SMTP_LINE_MORE);
        } else {
            assert_int_equal(result, row->result);
            if (result != SMTP_LINE_MORE && result != SMTP_LINE_TOO_LONG)
                assert_int_equal(used, row->used);
            if (result == SMTP_LINE_OK)
                assert_int_equal(line.len, row->used - 2);
        }
        free(memory);
    }
}

static void lines_are_found_however_they_arrive(void **state)
{
    const struct line_case rows[] = {
        {SLICE("NOOP\r\n"),                                                            SMTP_LINE_OK,           6 },
        {SLICE("\r\n"),                                                                SMTP_LINE_OK,           2 },
        {SLICE("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"),                                SMTP_LINE_OK,           17},
        {SLICE("NOOP\n"),                                                              SMTP_LINE_BARE_NEWLINE, 5 },
        {SLICE("\n"),                                                                  SMTP_LINE_BARE_NEWLINE, 1 },
        {SLICE("NO\rOP\r\n"),                                                          SMTP_LINE_BARE_RETURN,  7 },
        {SLICE("NOOP\r\r\n"),                                                          SMTP_LINE_BARE_RETURN,  7 },
        {SLICE("NO\0OP\r\n"),                                                          SMTP_LINE_NUL,          7 },
        {SLICE("NO\0OP\n"),                                                            SMTP_LINE_BARE_NEWLINE, 6 },
        {SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),  SMTP_LINE_OK,
         64                                                                                                      },
        {SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
         SMTP_LINE_TOO_LONG,                                                                                   0 },
        {SLICE("EHLO"),                                                                SMTP_LINE_MORE,         4 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_line(&rows[i]);
}

static void commands_are_cut_into_verb_and_argument(void **state)
{
    static const struct {
        const char *line, *verb, *argument;
    } rows[] = {
        {"NOOP",                    "NOOP", ""                 },
        {"EHLO mx.example.net ",    "EHLO", "mx.example.net"   },
        {"MAIL  FROM:<a@b> SIZE=3", "MAIL", "FROM:<a@b> SIZE=3"},
        {" QUIT",                   "QUIT", ""                 },
        {"",                        "",     ""                 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct smtp_command command = smtp_parse_command(slice_of(rows[i].line));

        assert_true(slice_equal(command.verb, slice_of(rows[i].verb)));
        assert_true(slice_equal(command.argument, slice_of(rows[i].argument)));
    }
}

static void what_is_no_smtp_is_seen(void **state)
{
    static const struct {
        const char *line;
        enum smtp_foreign foreign;
    } rows[] = {
        {"GET / HTTP/1.1",         SMTP_FOREIGN_HTTP  },
        {"post /x HTTP/1.1",       SMTP_FOREIGN_HTTP  },
        {"PRI * HTTP/2.0",         SMTP_FOREIGN_HTTP  },
        {"CONNECT mx:25 HTTP/1.1", SMTP_FOREIGN_HTTP  },
        {"Host: example.net",      SMTP_FOREIGN_HEADER},
        {"X:y",                    SMTP_FOREIGN_HEADER},
        {"MAIL FROM:<a@b>",        SMTP_FOREIGN_NONE  },
        {"RCPT TO:<a@b>",          SMTP_FOREIGN_NONE  },
        {"EHLO [IPv6:::1]",        SMTP_FOREIGN_NONE  },
        {"GETTER",                 SMTP_FOREIGN_NONE  },
        {"",                       SMTP_FOREIGN_NONE  },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(smtp_parse_foreign(slice_of(rows[i].line)), rows[i].foreign);
    assert_true(smtp_parse_is_tls(SLICE("\x16\x03\x01")));
    assert_true(smtp_parse_is_tls(SLICE("\x16")));
    assert_false(smtp_parse_is_tls(SLICE("EHLO")));
    assert_false(smtp_parse_is_tls(SLICE_NONE));
}

struct envelope_case {
    const char *argument;
    const char *written; /* NULL: a syntax error */
};

static void check_envelope(struct slice label, struct slice command,
                           const struct envelope_case *row)
{
    struct smtp_envelope envelope;
    char memory[4096];
    struct text text = text_in(memory, sizeof memory);
    bool is_good = smtp_parse_envelope(slice_of(row->argument), label, &envelope);

    if (is_good != (row->written != NULL))
        fail_msg("%s", row->argument);
    if (!is_good)
        return;
    smtp_envelope_write(&envelope, command, SLICE("AUTH"), &text);
    text_byte(&text, '\0');
    assert_string_equal(memory, row->written);
}

static void envelopes_are_written_anew_from_what_was_parsed(void **state)
{
    static const struct envelope_case mails[] = {
        {"FROM:<a@b>",                                   "MAIL FROM:<a@b>\r\n"                                          },
        {"from:<>",                                      "MAIL FROM:<>\r\n"                                             },
        {"FROM: <a@b>",                                  "MAIL FROM:<a@b>\r\n"                                          },
        {"FROM:<a@b>  SIZE=100   BODY=8BITMIME",         "MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME\r\n"                   },
        {"FROM:<a@b> SMTPUTF8",                          "MAIL FROM:<a@b> SMTPUTF8\r\n"                                 },
        {"FROM:<a@b> AUTH=<> SIZE=1",                    "MAIL FROM:<a@b> SIZE=1\r\n"                                   },
        {"FROM:<\"a b>\\\" c\"@d>",                      "MAIL FROM:<\"a b>\\\" c\"@d>\r\n"                             },
        {"FROM:<@x,@y:a@b>",                             "MAIL FROM:<@x,@y:a@b>\r\n"                                    },
        {"FROM:<a@[IPv6:::1]>",                          "MAIL FROM:<a@[IPv6:::1]>\r\n"                                 },
        {"FROM:<\xc3\xa9@b>",                            "MAIL FROM:<\xc3\xa9@b>\r\n"                                   },
        {"FROM:a@b SIZE=1",                              "MAIL FROM:<a@b> SIZE=1\r\n"                                   },
        {"FROM:",                                        NULL                                                           },
        {"FROM",                                         NULL                                                           },
        {"TO:<a@b>",                                     NULL                                                           },
        {"FROM:<a@b",                                    NULL                                                           },
        {"FROM:<a b>",                                   NULL                                                           },
        {"FROM:<a@b>x",                                  NULL                                                           },
        {"FROM:<a<@b>",                                  NULL                                                           },
        {"FROM:<\"a@b>",                                 NULL                                                           },
        {"FROM:<\"a\\",                                  NULL                                                           },
        {"FROM:<a@b> SIZE=",                             NULL                                                           },
        {"FROM:<a@b> =1",                                NULL                                                           },
        {"FROM:<a@b> -A=1",                              NULL                                                           },
        {"FROM:<a@b> A=1=2",                             NULL                                                           },
        {"FROM:<a@b>\tSIZE=1",                           NULL                                                           },
        {"FROM:<a\x01@b>",                               NULL                                                           },
        {"FROM:a@b>",                                    NULL                                                           },
        {"FROM:<a@b> A B C D E F G H I J K L M N O P",   "MAIL FROM:<a@b> A B C D E F G H I J K L M "
                                                       "N O P\r\n"},
        {"FROM:<a@b> A B C D E F G H I J K L M N O P Q", NULL                                                           },
    };
    static const struct envelope_case recipients[] = {
        {"TO:<a@b>",                                   "RCPT TO:<a@b>\r\n"       },
        {"TO:<Postmaster>",                            "RCPT TO:<Postmaster>\r\n"},
        {"TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a+2Bb@c",
         "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a+2Bb@c\r\n"                   },
        {"FROM:<a@b>",                                 NULL                      },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++)
        check_envelope(SLICE("FROM:"), SLICE("MAIL FROM:"), &mails[i]);
    for (size_t i = 0; i < COUNT(recipients); i++)
        check_envelope(SLICE("TO:"), SLICE("RCPT TO:"), &recipients[i]);
}

static void parameters_are_found_in_either_case(void **state)
{
    struct smtp_envelope envelope;

    (void)state;
    assert_true(smtp_parse_envelope(SLICE("FROM:<a@b> size=7"), SLICE("FROM:"), &envelope));
    assert_non_null(smtp_envelope_find(&envelope, SLICE("SIZE")));
    assert_true(slice_equal(smtp_envelope_find(&envelope, SLICE("SIZE"))->value, SLICE("7")));
    assert_null(smtp_envelope_find(&envelope, SLICE("BODY")));
}

/* Row P10 of the pitfalls: what one side takes for a number the other must take for the same. */
static void chunks_have_one_spelling(void **state)
{
    static const struct {
        const char *argument;
        bool is_good, is_last;
        uint64_t size;
    } rows[] = {
        {"0",                    true,  false, 0        },
        {"5",                    true,  false, 5        },
        {"010",                  true,  false, 10       },
        {"5 LAST",               true,  true,  5        },
        {"5 last",               true,  true,  5        },
        {"0 LAST",               true,  true,  0        },
        {"9223372036854775807",  true,  false, INT64_MAX},
        {"9223372036854775808",  false, false, 0        },
        {"18446744073709551616", false, false, 0        },
        {"+5",                   false, false, 0        },
        {"-5",                   false, false, 0        },
        {"0x5",                  false, false, 0        },
        {"5 last x",             false, false, 0        },
        {"5  LAST",              false, false, 0        },
        {"5\tLAST",              false, false, 0        },
        {"5 LASTX",              false, false, 0        },
        {"5LAST",                false, false, 0        },
        {"5 ",                   false, false, 0        },
        {"",                     false, false, 0        },
        {"LAST",                 false, false, 0        },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t size = 0;
        bool is_last = false;

        assert_int_equal(smtp_parse_chunk(slice_of(rows[i].argument), &size, &is_last),
                         rows[i].is_good);
        assert_int_equal(size, rows[i].size);
        assert_int_equal(is_last, rows[i].is_last);
    }
}

static void greeting_names_are_visible_ascii(void **state)
{
    char longest[256];

    (void)state;
    memset(longest, 'a', sizeof longest);
    assert_true(smtp_parse_is_greeting_name(SLICE("mx.example.net")));
    assert_true(smtp_parse_is_greeting_name(SLICE("[IPv6:2001:db8::1]")));
    assert_true(smtp_parse_is_greeting_name((struct slice){longest, 255}));
    assert_false(smtp_parse_is_greeting_name((struct slice){longest, 256}));
    assert_false(smtp_parse_is_greeting_name(SLICE("")));
    assert_false(smtp_parse_is_greeting_name(SLICE("a b")));
    assert_false(smtp_parse_is_greeting_name(SLICE("a\x7f")));
    assert_false(smtp_parse_is_greeting_name(SLICE("\xc3\xa9")));
    assert_true(smtp_parse_is_text(SLICE("some one")));
    assert_false(smtp_parse_is_text(SLICE("a\tb")));
    assert_false(smtp_parse_is_text(SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_found_however_they_arrive),
        cmocka_unit_test(commands_are_cut_into_verb_and_argument),
        cmocka_unit_test(what_is_no_smtp_is_seen),
        cmocka_unit_test(envelopes_are_written_anew_from_what_was_parsed),
        cmocka_unit_test(parameters_are_found_in_either_case),
        cmocka_unit_test(chunks_have_one_spelling),
        cmocka_unit_test(greeting_names_are_visible_ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
