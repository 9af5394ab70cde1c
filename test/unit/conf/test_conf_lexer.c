#include "conf/conf_lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The tokens of a text, written as: words in brackets, quoted ones with a leading q, ; { } as they
 * are, errors by name; the end is not written. */
static const struct {
    const char *text, *tokens;
} cases[] = {
  /* words, blanks, comments */
    {"",                     ""                },
    {" \t\r\n",              ""                },
    {"a",                    "[a]"             },
    {"a b;",                 "[a][b];"         },
    {"a\tb\r\nc\n;",         "[a][b][c];"      },
    {"a;b;",                 "[a];[b];"        },
    {"a{b;}",                "[a]{[b];}"       },
    {"# a; b\nc;",           "[c];"            },
    {"#",                    ""                },
    {"a #b\n;",              "[a];"            },
    {"a#b;",                 "[a#b];"          }, /* only what starts a token is a comment */
    {"a;#b;\nc",             "[a];[c]"         },
    {"}",                    "}"               },
    {"a}",                   "[a}]"            }, /* a brace closes only where a token starts */
    {"a };",                 "[a]};"           },
    {"\xef\xbb\xbf"
     "a;",              "[a];"            }, /* byte order mark */
    {"a\xef\xbb\xbf;",       "[a\xef\xbb\xbf];"},
 /* variables */
    {"${a};",                "[${a}];"         },
    {"a${b}c d;",            "[a${b}c][d];"    },
    {"$a{",                  "[$a]{"           },
    {"$ {",                  "[$]{"            },
    {"${{a}",                "[${{a}]"         }, /* as nginx */
    {"\\${a}",               "[\\$]{[a}]"      }, /* the escaped '$' is none */
  /* quotes */
    {"'a b';",               "q[a b];"         },
    {"\"a b\";",             "q[a b];"         },
    {"\"a'b\" 'a\"b'",       "q[a'b]q[a\"b]"   },
    {"\"\" '';",             "q[]q[];"         },
    {"'a\nb';",              "q[a\nb];"        },
    {"'a;{}#b'{",            "q[a;{}#b]{"      },
    {"\"${a}\";",            "q[${a}];"        },
    {"a\"b c\";",            "[a\"b][c\"];"    }, /* a quote inside a word is a byte */
    {"'a')",                 "q[a][)]"         },
    {"'a'",                  "q[a]"            },
    {"'a'\n'b';",            "q[a]q[b];"       },
 /* escapes, in words and quotes */
    {"a\\\"b\\'c\\\\d;",     "[a\"b'c\\d];"    },
    {"\"a\\\"b\\'c\\\\d\";", "q[a\"b'c\\d];"   },
    {"'\\t\\r\\n'",          "q[\t\r\n]"       },
    {"\\t\\r\\n",            "[\t\r\n]"        },
    {"\\.php$ \\d+;",        "[\\.php$][\\d+];"},
    {"'\\.\\d'",             "q[\\.\\d]"       },
    {"a\\;b;",               "[a\\;b];"        },
    {"a\\ b;",               "[a\\ b];"        },
    {"a\\{b;",               "[a\\{b];"        },
    {"\\\"a b",              "[\"a][b]"        }, /* an escaped quote opens nothing */
    {"\\#a",                 "[\\#a]"          },
    {"a\\",                  "[a\\]"           },
    {"\\\\;",                "[\\];"           },
    {"'a\\\\';",             "q[a\\];"         },
    {"'a\\",                 "UNCLOSED"        },
 /* errors */
    {"'a",                   "UNCLOSED"        },
    {"a \"b;\nc;",           "[a]UNCLOSED"     },
    {"'a'b;",                "q[a]JUNK[b];"    },
    {"'a''b';",              "q[a]JUNKq[b];"   },
    {"'a'}",                 "q[a]JUNK}"       },
    {"'a'#b\n;",             "q[a]JUNK;"       },
    {"'a'\\b",               "q[a]JUNK[\\b]"   },
};

static void write_token(FILE *out, enum conf_token token, const struct conf_word *word)
{
    switch (token) {
    case CONF_TOKEN_WORD:
        fprintf(out, "%s[", word->quoted ? "q" : "");
        fwrite(word->text.at, 1, word->text.len, out);
        fputc(']', out);
        break;
    case CONF_TOKEN_SEMICOLON:
        fputc(';', out);
        break;
    case CONF_TOKEN_OPEN:
        fputc('{', out);
        break;
    case CONF_TOKEN_CLOSE:
        fputc('}', out);
        break;
    case CONF_TOKEN_END:
        break;
    case CONF_TOKEN_UNCLOSED_QUOTE:
        fputs("UNCLOSED", out);
        break;
    case CONF_TOKEN_JUNK_AFTER_QUOTE:
        fputs("JUNK", out);
        break;
    case CONF_TOKEN_NUL:
        fputs("NUL", out);
        break;
    case CONF_TOKEN_TOO_LONG:
        fputs("LONG", out);
        break;
    }
}

static char *tokens_of(struct slice text)
{
    struct conf_lexer lexer;
    struct conf_word word;
    struct arena arena;
    enum conf_token token;
    char *written, *copy = malloc(text.len + 1); /* exact, for the address sanitizer */
    size_t len;
    FILE *out = open_memstream(&written, &len);

    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    arena_init(&arena, ARENA_UNLIMITED);
    conf_lexer_init(&lexer, (struct slice){copy, text.len}, 3);
    do {
        token = conf_lexer_next(&lexer, &arena, &word);
        assert_int_equal(word.place.source, 3);
        write_token(out, token, &word);
    } while (token != CONF_TOKEN_END);
    arena_deinit(&arena);
    fclose(out);
    free(copy);
    return written;
}

static void every_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *tokens = tokens_of(slice_of(cases[i].text));

        if (strcmp(tokens, cases[i].tokens) != 0)
            fail_msg("%s\n gives %s\n not   %s", cases[i].text, tokens, cases[i].tokens);
        free(tokens);
    }
}

static void a_nul_byte_ends_it_before_anything_is_read(void **state)
{
    char *tokens = tokens_of((struct slice){"a b;\n'c\0d';", 12});

    (void)state;
    assert_string_equal(tokens, "NUL");
    free(tokens);
}

/* 4096 bytes are nginx's buffer. */
static void words_have_an_end(void **state)
{
    char text[4200];
    char *tokens;

    (void)state;
    memset(text, 'x', sizeof text);
    text[4096] = ';';
    tokens = tokens_of((struct slice){text, 4097});
    assert_int_equal(strlen(tokens), 4096 + 3);
    free(tokens);
    text[4096] = 'x';
    memcpy(text + 4097, "; a;", 4);
    tokens = tokens_of((struct slice){text, 4101});
    assert_string_equal(tokens, "LONG;[a];");
    free(tokens);
}

static void assert_place(const struct conf_word *word, uint32_t line, uint32_t column, uint32_t len)
{
    assert_int_equal(word->place.line, line);
    assert_int_equal(word->place.column, column);
    assert_int_equal(word->place.len, len);
}

static void places_are_counted_from_one(void **state)
{
    struct conf_lexer lexer;
    struct conf_word word;
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    conf_lexer_init(&lexer,
                    SLICE("\xef\xbb\xbf"
                          "ab 'c\nd'\n\t\"e\\n\"x}"),
                    0);
    conf_lexer_next(&lexer, &arena, &word);
    assert_place(&word, 1, 1, 2);
    conf_lexer_next(&lexer, &arena, &word);
    assert_place(&word, 1, 4, 5); /* with its quotes */
    conf_lexer_next(&lexer, &arena, &word);
    assert_place(&word, 3, 2, 5); /* as written, not as read */
    assert_int_equal(conf_lexer_next(&lexer, &arena, &word), CONF_TOKEN_JUNK_AFTER_QUOTE);
    assert_place(&word, 3, 7, 1);
    conf_lexer_next(&lexer, &arena, &word);
    assert_place(&word, 3, 7, 2);
    assert_int_equal(conf_lexer_next(&lexer, &arena, &word), CONF_TOKEN_END);
    assert_place(&word, 3, 9, 1);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule),
        cmocka_unit_test(a_nul_byte_ends_it_before_anything_is_read),
        cmocka_unit_test(words_have_an_end),
        cmocka_unit_test(places_are_counted_from_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
