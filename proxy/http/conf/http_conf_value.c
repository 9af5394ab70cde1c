#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

#include <stdarg.h>
#include <stdio.h>

/* The values of http {} that are more than a word, and what their parsers share. */

bool http_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...)
{
    char message[512];
    va_list arguments;
    struct conf_finding *finding;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finding = conf_report_add(reader->report, CONF_ERROR, place, "%s", message);
    conf_finding_help(reader->report, finding, "%s", help);
    return false;
}

/* A list has room for a power of two. */
void *http_conf_append(struct conf_reader *reader, void **items, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) {
        char *grown = arena_zero(&reader->conf->arena, (*count == 0 ? 1 : 2 * *count) * size);

        if (*count > 0)
            memcpy(grown, *items, *count * size);
        *items = grown;
    }
    return (char *)*items + (*count)++ * size;
}

/* keepalive_timeout */

static bool parse_time(struct conf_reader *reader, const struct conf_word *word, uint64_t *ms)
{
    if (number_parse_duration(word->text, UINT32_MAX, ms))
        return true;
    return http_conf_refuse(reader, word->place, "write 75s, 5m, 1h 30m", "`%.*s` is no time",
                            HTTP_SHOW(word->text));
}

static bool parse_keepalive(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    uint64_t timeout, field = 0;

    if (!parse_time(reader, &directive->words[0], &timeout))
        return false;
    if (directive->word_count > 1 && !parse_time(reader, &directive->words[1], &field))
        return false;
    *(struct http_keepalive *)value =
        (struct http_keepalive){(uint32_t)timeout, (uint32_t)(field / 1000)};
    return true;
}

const struct conf_type http_type_keepalive = {"time", parse_keepalive};

/* min_rate */

#define MIN_RATE_AFTER_MS 20000

static bool parse_min_rate(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    const struct conf_word *words = directive->words;
    struct conf_word after = {0};
    struct http_min_rate rate;
    uint64_t after_ms = MIN_RATE_AFTER_MS;

    if (!number_parse_size(words[0].text, UINT32_MAX, &rate.per_second))
        return http_conf_refuse(reader, words[0].place, "write 500, 1k, or 0 for any rate",
                                "`%.*s` is no number of bytes", HTTP_SHOW(words[0].text));
    if (directive->word_count > 1) {
        after = words[1];
        if (!slice_starts(after.text, SLICE("after=")))
            return http_conf_refuse(reader, after.place, "write after=20s, or leave it out",
                                    "`%.*s` is nothing that min_rate takes", HTTP_SHOW(after.text));
        after.text = slice_from(after.text, SLICE("after=").len);
        if (!parse_time(reader, &after, &after_ms))
            return false;
    }
    rate.after_ms = (uint32_t)after_ms;
    *(struct http_min_rate *)value = rate;
    return true;
}

const struct conf_type http_type_min_rate = {"rate", parse_min_rate};

/* types */

static bool add_type(struct conf_reader *reader, const struct conf_directive *line,
                     struct http_types *types)
{
    if (line->is_block || line->word_count == 0)
        return http_conf_refuse(reader, line->name.place, "write `text/html html htm;`",
                                "a line of `types` is a type and its extensions");
    for (size_t i = 0; i < line->word_count; i++)
        http_types_add(types, &reader->conf->arena, line->words[i].text, line->name.text);
    return true;
}

static bool parse_types(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    bool good = true;

    http_types_init(value, &reader->conf->arena);
    for (const struct conf_directive *line = directive->first_child; line != NULL;
         line = line->next)
        good = add_type(reader, line, value) && good;
    return good;
}

const struct conf_type http_type_types = {"types", parse_types};

/* What has one way here: the word that the row's syntax is. */

static bool parse_fixed(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *word = &directive->words[0];

    (void)value;
    return slice_equal(word->text, slice_of(reader->row->syntax)) ||
           http_conf_refuse(reader, word->place, reader->row->type_data,
                            "`%s %.*s` is not supported", reader->row->name, HTTP_SHOW(word->text));
}

const struct conf_type http_type_fixed = {"word", parse_fixed};

/* large_client_header_buffers */

#define HEAD_BUFFER_LEAST 1024
#define HEAD_BUFFER_MOST  65536
#define HEAD_MOST         (63u << 10) /* what a stream holds */

static bool parse_head_buffers(struct conf_reader *reader, const struct conf_directive *directive,
                               void *value)
{
    const struct conf_word *words = directive->words;
    uint64_t number, size;

    if (!number_parse(words[0].text, 64, &number) || number == 0)
        return conf_fail(reader, words[0].place, "`%.*s` is no number from 1 to 64",
                         HTTP_SHOW(words[0].text));
    if (!number_parse_size(words[1].text, HEAD_BUFFER_MOST, &size) || size < HEAD_BUFFER_LEAST)
        return conf_fail(reader, words[1].place, "`%.*s` is no size from 1k to 64k",
                         HTTP_SHOW(words[1].text));
    *(struct http1_limits *)value = (struct http1_limits){
        .line = (uint32_t)(size < HEAD_MOST ? size : HEAD_MOST),
        .field = (uint32_t)(size < HEAD_MOST ? size : HEAD_MOST),
        .head = (uint32_t)(number * size < HEAD_MOST ? number * size : HEAD_MOST)};
    return true;
}

const struct conf_type http_type_head_buffers = {"buffers", parse_head_buffers};

/* Directives that frontd does not know to do. */

static bool parse_refused(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    bool is_off = directive->word_count == 1 && slice_equal(directive->words[0].text, SLICE("off"));

    (void)value;
    return is_off || http_conf_refuse(reader, directive->name.place, reader->row->type_data,
                                      "`%.*s` is not supported", HTTP_SHOW(directive->name.text));
}

const struct conf_type http_type_refused = {"refused", parse_refused};
