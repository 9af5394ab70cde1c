/* A page in any bytes: cut or not, the same text and the same commands come out, and nothing points
 * anywhere but where it may. */
#include "base/ensure.h"
#include "http/output/http_ssi_parse.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t sum;
    size_t text, commands;
    bool dropped; /* a command without an end */
};

static void add(struct outcome *outcome, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        outcome->sum = outcome->sum * 31 + (unsigned char)bytes.at[i];
}

static void check_inside(const struct http_ssi_parser *parser, struct slice part)
{
    ensure(part.at >= parser->command && part.at + part.len <= parser->command + parser->len);
}

static void add_command(struct outcome *outcome, const struct http_ssi_parser *parser,
                        const struct http_ssi_command *command)
{
    outcome->commands++;
    outcome->sum = outcome->sum * 31 + (command->is_good ? 1 : 2);
    if (!command->is_good)
        return;
    check_inside(parser, command->name);
    add(outcome, command->name);
    for (size_t i = 0; i < command->count; i++) {
        check_inside(parser, command->parameters[i].name);
        check_inside(parser, command->parameters[i].value);
        add(outcome, command->parameters[i].name);
        add(outcome, command->parameters[i].value);
    }
}

static void feed(struct http_ssi_parser *parser, struct slice input, struct outcome *outcome)
{
    struct http_ssi_command command;
    enum http_ssi_result result;
    struct slice text;

    while ((result = http_ssi_parse(parser, &input, &text, &command)) != HTTP_SSI_MORE) {
        if (result == HTTP_SSI_TEXT) {
            ensure(text.len > 0);
            outcome->text += text.len;
            add(outcome, text);
        } else {
            add_command(outcome, parser, &command);
        }
    }
    ensure(input.len == 0);
}

static void end(struct http_ssi_parser *parser, struct outcome *outcome)
{
    bool in_text = parser->state == HTTP_SSI_IN_TEXT;
    struct slice text = http_ssi_parse_end(parser);

    outcome->dropped = !in_text;
    outcome->text += text.len;
    add(outcome, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_ssi_parser one, two;
    struct slice input = {(const char *)data, size};
    struct outcome whole = {0}, pieces = {0};
    size_t step = size > 0 ? 1u + data[0] % 7u : 1u;

    http_ssi_parser_init(&one);
    http_ssi_parser_init(&two);
    feed(&one, input, &whole);
    end(&one, &whole);
    for (size_t at = 0; at < size; at += step)
        feed(&two, slice_part(input, at, step), &pieces);
    end(&two, &pieces);
    ensure(whole.sum == pieces.sum && whole.text == pieces.text);
    ensure(whole.commands == pieces.commands && whole.dropped == pieces.dropped);
    ensure(whole.commands > 0 || whole.dropped || whole.text == size);
    return 0;
}
