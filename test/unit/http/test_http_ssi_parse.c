#include "base/text.h"
#include "http/output/http_ssi_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The page with each command as {name|parameter=value|…}, or {?} where it means nothing. */
static void add_command(struct text *out, const struct http_ssi_command *command)
{
    text_byte(out, '{');
    text_add(out, command->is_good ? command->name : SLICE("?"));
    for (size_t i = 0; command->is_good && i < command->count; i++) {
        text_byte(out, '|');
        text_add(out, command->parameters[i].name);
        text_byte(out, '=');
        text_add(out, command->parameters[i].value);
    }
    text_byte(out, '}');
}

static void feed(struct http_ssi_parser *parser, struct slice input, struct text *out)
{
    struct http_ssi_command command;
    struct slice text;
    enum http_ssi_result result;

    while ((result = http_ssi_parse(parser, &input, &text, &command)) != HTTP_SSI_MORE)
        if (result == HTTP_SSI_TEXT)
            text_add(out, text);
        else
            add_command(out, &command);
}

static void end(struct http_ssi_parser *parser, struct text *out)
{
    text_add(out, http_ssi_parse_end(parser));
}

static const struct {
    const char *page, *result;
} pages[] = {
    {"",                                                          ""                             },
    {"plain",                                                     "plain"                        },
    {"a<b<!c<!-d<!--e",                                           "a<b<!c<!-d<!--e"              },
    {"<!--#include virtual=\"/x?a=1&b=2\" -->",                   "{include|virtual=/x?a=1&b=2}" },
    {"a<!--#include file='b.html'-->c",                           "a{include|file=b.html}c"      },
    {"a<!--# echo\tvar = \"x\"\n default=\"-->\" -->c",           "a{echo|var=x|default=-->}c"   },
    {"<<<!--#endif-->>",                                          "<<{endif}>"                   },
    {"<!<!--#endif --->",                                         "<!{?}"                        }, /* "endif -" */
    {"<!-- # no --><!--#yes --><!--no-->",                        "<!-- # no -->{yes}<!--no-->"  },
    {"<!--#echo var=\"a\\\"b\" -->",                              "{echo|var=a\\\"b}"            },
    {"<!--#echo var=\"a\\\\\" -->",                               "{echo|var=a\\\\}"             },
    {"<!--#-->x",                                                 "{?}x"                         },
    {"<!--# -->x",                                                "{?}x"                         },
    {"<!--#echo var -->x",                                        "{?}x"                         },
    {"<!--#echo var=x -->y",                                      "{?}y"                         },
    {"<!--#echo var=\"x\"y=\"z\" -->y",                           "{?}y"                         },
    {"<!--#echo =\"x\" -->y",                                     "{?}y"                         },
    {"<!--#echo(var=\"x\") -->y",                                 "{?}y"                         },
    {"a<!--#echo var=\"x",                                        "a"                            },
    {"a<!--",                                                     "a<!--"                        },
    {"a<!--#if expr=\"$a = /-->/\" -->b<!--#endif -->",           "a{if|expr=$a = /-->/}b{endif}"},
    {"<!--#x a=\"1\" b=\"2\" c=\"3\" d=\"4\" e=\"5\" f=\"6\" g=\"7\" h=\"8\" i=\"9\" j=\"0\" "
     "k=\"1\" "
     "l=\"2\" m=\"3\" n=\"4\" o=\"5\" p=\"6\" q=\"7\" -->.", "{?}."                         },
};

static void check(struct slice page, size_t first, size_t second, const char *result)
{
    static struct http_ssi_parser parser;
    char memory[1024];
    struct text out = text_in(memory, sizeof memory);

    http_ssi_parser_init(&parser);
    feed(&parser, slice_part(page, 0, first), &out);
    feed(&parser, slice_part(page, first, second - first), &out);
    feed(&parser, slice_from(page, second), &out);
    end(&parser, &out);
    if (!slice_equal(text_slice(&out), slice_of(result)))
        fail_msg("%.*s at %zu and %zu: %.*s", (int)page.len, page.at, first, second, (int)out.len,
                 out.at);
}

static void finds_commands_wherever_the_page_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct slice page = slice_of(pages[i].page);

        for (size_t first = 0; first <= page.len; first++)
            for (size_t second = first; second <= page.len; second++)
                check(page, first, second, pages[i].result);
    }
}

static void survives_commands_without_end(void **state)
{
    static char page[3 * HTTP_SSI_COMMAND_MAX];
    static struct http_ssi_parser parser;
    char memory[256];
    struct text out = text_in(memory, sizeof memory);
    struct text text = text_in(page, sizeof page);

    (void)state;
    text_add(&text, SLICE("a<!--#echo var=\""));
    while (text.len < 2 * HTTP_SSI_COMMAND_MAX)
        text_byte(&text, 'x');
    text_add(&text, SLICE("-->b<!--#endif -->"));
    http_ssi_parser_init(&parser);
    feed(&parser, text_slice(&text), &out);
    end(&parser, &out);
    assert_true(slice_equal(text_slice(&out), SLICE("a{?}b{endif}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_commands_wherever_the_page_is_cut),
        cmocka_unit_test(survives_commands_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
