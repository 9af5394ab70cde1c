#include "http/output/http_ssi_parse.h"

#include "base/chars.h"

#define OPENING SLICE("<!--#")

void http_ssi_parser_init(struct http_ssi_parser *parser)
{
    parser->state = HTTP_SSI_IN_TEXT;
    parser->matched = 0;
    parser->len = 0;
}

/* What is inside a command. */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct slice without_blanks(struct slice text)
{
    while (text.len > 0 && is_blank(text.at[0]))
        text = slice_from(text, 1);
    return text;
}

static struct slice take_word(struct slice *text)
{
    struct slice word;
    size_t len = 0;

    *text = without_blanks(*text);
    while (len < text->len && (chars_is(text->at[len], CHARS_ALPHA | CHARS_DIGIT) ||
                               text->at[len] == '_' || text->at[len] == '-'))
        len++;
    word = slice_part(*text, 0, len);
    *text = slice_from(*text, len);
    return word;
}

/* "value" or 'value'; False: there is no such thing. */
static bool take_value(struct slice *text, struct slice *value)
{
    size_t end = 1;

    *text = without_blanks(*text);
    if (text->len < 2 || (text->at[0] != '"' && text->at[0] != '\''))
        return false;
    while (end < text->len && text->at[end] != text->at[0])
        end += text->at[end] == '\\' ? 2 : 1;
    if (end >= text->len)
        return false;
    *value = slice_part(*text, 1, end - 1);
    *text = slice_from(*text, end + 1);
    return text->len == 0 || is_blank(text->at[0]);
}

static bool take_parameter(struct slice *text, struct http_ssi_parameter *parameter)
{
    parameter->name = take_word(text);
    *text = without_blanks(*text);
    if (parameter->name.len == 0 || !slice_starts(*text, SLICE("=")))
        return false;
    *text = slice_from(*text, 1);
    return take_value(text, &parameter->value);
}

static void take_apart(struct slice text, struct http_ssi_command *command)
{
    command->name = take_word(&text);
    command->count = 0;
    command->is_good = false;
    if (command->name.len == 0 || (text.len > 0 && !is_blank(text.at[0])))
        return;
    while ((text = without_blanks(text)).len > 0)
        if (command->count == HTTP_SSI_PARAMETERS_MAX ||
            !take_parameter(&text, &command->parameters[command->count++]))
            return;
    command->is_good = true;
}

/* Where a command begins. */

/* A byte that does not go on with "<!--#" may be its first again; what was seen is text. */
static bool find_opening(struct http_ssi_parser *parser, struct slice *input, struct slice *text)
{
    while (input->len > 0 && parser->matched < OPENING.len) {
        if (input->at[0] == OPENING.at[parser->matched]) {
            parser->matched++;
            *input = slice_from(*input, 1);
            continue;
        }
        if (parser->matched > 0) {
            *text = slice_part(OPENING, 0, parser->matched);
            parser->matched = 0;
            return true;
        }
        *text = slice_part(*input, 0, slice_find(*input, '<'));
        *input = slice_from(*input, text->len);
        return true;
    }
    return false;
}

static void begin_command(struct http_ssi_parser *parser)
{
    parser->state = HTTP_SSI_IN_COMMAND;
    parser->matched = parser->dashes = parser->len = 0;
    parser->quote = 0;
    parser->is_escaped = false;
}

/* Where it ends. */

static void look_at_value(struct http_ssi_parser *parser, char byte)
{
    if (parser->is_escaped)
        parser->is_escaped = false;
    else if (byte == '\\')
        parser->is_escaped = true;
    else if (byte == parser->quote)
        parser->quote = 0;
}

/* True: this byte is the end of "-->". */
static bool look_at_byte(struct http_ssi_parser *parser, char byte)
{
    if (parser->quote != 0) {
        look_at_value(parser, byte);
        return false;
    }
    if (byte == '>' && parser->dashes >= 2)
        return true;
    parser->dashes = byte == '-' ? parser->dashes + 1 : 0;
    if ((byte == '"' || byte == '\'') && parser->state == HTTP_SSI_IN_COMMAND)
        parser->quote = byte;
    return false;
}

/* Behind what is too long, quotes mean nothing any more: one that was forgotten must not swallow
 * the page. */
static void keep(struct http_ssi_parser *parser, char byte)
{
    if (parser->state != HTTP_SSI_IN_COMMAND)
        return;
    if (parser->len < sizeof parser->command) {
        parser->command[parser->len++] = byte;
        return;
    }
    parser->state = HTTP_SSI_IN_NOTHING;
    parser->quote = 0;
}

static void end_command(struct http_ssi_parser *parser, struct http_ssi_command *command)
{
    bool is_whole = parser->state == HTTP_SSI_IN_COMMAND;

    *command = (struct http_ssi_command){0};
    parser->state = HTTP_SSI_IN_TEXT;
    if (is_whole)
        take_apart((struct slice){parser->command, parser->len - 2}, command); /* without "--" */
}

static bool find_end(struct http_ssi_parser *parser, struct slice *input,
                     struct http_ssi_command *command)
{
    while (input->len > 0) {
        char byte = input->at[0];

        *input = slice_from(*input, 1);
        if (look_at_byte(parser, byte)) {
            end_command(parser, command);
            return true;
        }
        keep(parser, byte);
    }
    return false;
}

enum http_ssi_result http_ssi_parse(struct http_ssi_parser *parser, struct slice *input,
                                    struct slice *text, struct http_ssi_command *command)
{
    if (parser->state == HTTP_SSI_IN_TEXT) {
        if (find_opening(parser, input, text))
            return HTTP_SSI_TEXT;
        if (parser->matched < OPENING.len)
            return HTTP_SSI_MORE;
        begin_command(parser);
    }
    return find_end(parser, input, command) ? HTTP_SSI_COMMAND : HTTP_SSI_MORE;
}

struct slice http_ssi_parse_words(const struct http_ssi_parser *parser)
{
    return (struct slice){parser->command, parser->len - 2};
}

struct slice http_ssi_parse_end(struct http_ssi_parser *parser)
{
    struct slice text = slice_part(OPENING, 0, parser->matched);

    if (parser->state != HTTP_SSI_IN_TEXT)
        text = SLICE_NONE;
    http_ssi_parser_init(parser);
    return text;
}

struct slice http_ssi_value(const struct http_ssi_command *command, struct slice name)
{
    for (size_t i = 0; i < command->count; i++)
        if (slice_equal(command->parameters[i].name, name))
            return command->parameters[i].value;
    return SLICE_NONE;
}
