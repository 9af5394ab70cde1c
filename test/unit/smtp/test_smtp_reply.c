#include "smtp/smtp_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])

struct reply_case {
    struct slice input;
    enum smtp_reply_result result;
    size_t decided; /* bytes after which the result is known */
    unsigned code;
};

static void check(const struct reply_case *row)
{
    for (size_t len = 0; len <= row->input.len; len++) {
        char *memory = malloc(len + 1);
        struct smtp_reply reply = {0};
        size_t used = 0;
        enum smtp_reply_result result;

        memcpy(memory + 1, row->input.at, len);
        result = smtp_reply_parse((struct slice){memory + 1, len}, &reply, &used);
        if (len < row->decided) {
            assert_int_equal(result, SMTP_REPLY_MORE);
        } else {
            assert_int_equal(result, row->result);
            if (result == SMTP_REPLY_OK) {
                assert_int_equal(used, row->decided);
                assert_int_equal(reply.code, row->code);
                assert_int_equal(reply.lines.len, used);
            }
        }
        free(memory);
    }
}

/* Row P18 of the pitfalls. */
static void replies_are_strict_however_they_arrive(void **state)
{
    static const struct {
        const char *input;
        enum smtp_reply_result result;
        size_t decided;
        unsigned code;
    } rows[] = {
        {"250 ok\r\n",                     SMTP_REPLY_OK,         8,  250},
        {"250\r\n",                        SMTP_REPLY_OK,         5,  250},
        {"250 \r\n",                       SMTP_REPLY_OK,         6,  250},
        {"250-a\r\n250-b\r\n250 c\r\n",    SMTP_REPLY_OK,         21, 250},
        {"250-\r\n250\r\n",                SMTP_REPLY_OK,         11, 250},
        {"354 go\r\n250 unasked\r\n",      SMTP_REPLY_OK,         8,  354},
        {"554 5.7.1 <\xc3\xa9@x>: no\r\n", SMTP_REPLY_OK,         22, 554},
        {"250-a\r\n251 b\r\n",             SMTP_REPLY_MIXED_CODE, 14, 0  },
        {"250-a\r\n550 b\r\n",             SMTP_REPLY_MIXED_CODE, 14, 0  },
        {"25\r\n",                         SMTP_REPLY_BAD_CODE,   4,  0  },
        {"25",                             SMTP_REPLY_MORE,       2,  0  },
        {"\r\n",                           SMTP_REPLY_BAD_CODE,   2,  0  },
        {"hello\r\n",                      SMTP_REPLY_BAD_CODE,   7,  0  },
        {"199 x\r\n",                      SMTP_REPLY_BAD_CODE,   7,  0  },
        {"650 x\r\n",                      SMTP_REPLY_BAD_CODE,   7,  0  },
        {"2500 x\r\n",                     SMTP_REPLY_BAD_CODE,   8,  0  },
        {"250_x\r\n",                      SMTP_REPLY_BAD_CODE,   7,  0  },
        {"250\tx\r\n",                     SMTP_REPLY_BAD_CODE,   7,  0  },
        {"250 a\x01\r\n",                  SMTP_REPLY_BAD_TEXT,   8,  0  },
        {"250 a\rb\r\n",                   SMTP_REPLY_BAD_TEXT,   9,  0  },
        {"250 a\n",                        SMTP_REPLY_BAD_TEXT,   6,  0  },
        {"250-a\n250 b\r\n",               SMTP_REPLY_BAD_TEXT,   6,  0  },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reply_case row = {slice_of(rows[i].input), rows[i].result, rows[i].decided,
                                 rows[i].code};

        check(&row);
    }
}

static void lines_have_a_limit(void **state)
{
    char line[600];
    struct reply_case row = {
        {line, 512},
        SMTP_REPLY_OK, 512, 250
    };

    (void)state;
    memset(line, 'a', sizeof line);
    memcpy(line, "250 ", 4);
    memcpy(line + 510, "\r\n", 2);
    check(&row);
    memcpy(line + 510, "aa\r\n", 4);
    row = (struct reply_case){
        {line, sizeof line},
        SMTP_REPLY_TOO_LONG, 512, 0
    };
    check(&row);
}

static void replies_have_a_limit_of_lines(void **state)
{
    char memory[8 * 101];
    struct smtp_reply reply;
    size_t used;

    (void)state;
    for (size_t i = 0; i < 101; i++)
        memcpy(memory + 8 * i, "250-xx\r\n", 8);
    memory[8 * 99 + 3] = ' ';
    assert_int_equal(smtp_reply_parse((struct slice){memory, sizeof memory}, &reply, &used),
                     SMTP_REPLY_OK);
    assert_int_equal(used, 800);
    memory[8 * 99 + 3] = '-';
    assert_int_equal(smtp_reply_parse((struct slice){memory, sizeof memory}, &reply, &used),
                     SMTP_REPLY_TOO_LONG);
}

static struct smtp_reply parsed(const char *text)
{
    struct smtp_reply reply;
    size_t used;

    assert_int_equal(smtp_reply_parse(slice_of(text), &reply, &used), SMTP_REPLY_OK);
    return reply;
}

static void lines_are_taken_one_by_one(void **state)
{
    struct smtp_reply reply = parsed("250-mx\r\n250-SIZE 5\r\n250\r\n");
    struct slice rest = reply.lines;
    struct slice text;

    (void)state;
    assert_true(smtp_reply_next(&rest, &text) && slice_equal(text, SLICE("mx")));
    assert_true(smtp_reply_next(&rest, &text) && slice_equal(text, SLICE("SIZE 5")));
    assert_true(smtp_reply_next(&rest, &text) && text.len == 0);
    assert_false(smtp_reply_next(&rest, &text));
    assert_true(slice_equal(smtp_reply_first(&reply), SLICE("mx")));
    assert_int_equal(smtp_reply_last(&reply).len, 0);
}

static void the_queue_id_is_found(void **state)
{
    static const struct {
        const char *reply, *id;
    } rows[] = {
        {"250 2.0.0 Ok: queued as 4F2A1C03\r\n",                       "4F2A1C03"    },
        {"250-2.0.0 Ok\r\n250 2.0.0 queued as 3pNl7Z4Zz2zJ by us\r\n", "3pNl7Z4Zz2zJ"},
        {"250 2.0.0 Ok\r\n",                                           ""            },
        {"250 queued as \r\n",                                         ""            },
        {"250 queued as <x>\r\n",                                      ""            },
        {"250 queued as 0123456789012345678901234567890123\r\n",       ""            },
        {"250\r\n",                                                    ""            },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct smtp_reply reply = parsed(rows[i].reply);

        assert_true(slice_equal(smtp_reply_queue_id(&reply), slice_of(rows[i].id)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_strict_however_they_arrive),
        cmocka_unit_test(lines_have_a_limit),
        cmocka_unit_test(replies_have_a_limit_of_lines),
        cmocka_unit_test(lines_are_taken_one_by_one),
        cmocka_unit_test(the_queue_id_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
