#include "base/chars.h"
#include "base/number.h"
#include "http/conf/http_conf_types.h"
#include "http/output/http_output_conf.h"

/* charset, limit_rate */

static bool parse_charset(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_charset charset = {.on = !slice_equal(word->text, SLICE("off"))};

    if (charset.on && slice_find(word->text, '$') == SLICE_NOT_FOUND &&
        (word->text.len == 0 || !chars_all(word->text, CHARS_TOKEN)))
        return http_conf_refuse(reader, word->place, "write `charset utf-8;` or `charset off;`",
                                "`%.*s` is no name of a character set", HTTP_SHOW(word->text));
    if (charset.on && !http_conf_template(reader, word->text, word->place, &charset.name))
        return false;
    *(struct http_charset *)value = charset;
    return true;
}

const struct conf_type http_type_charset = {"character set", parse_charset};

static bool parse_rate(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_rate_rule rule = {.has_template = slice_find(word->text, '$') != SLICE_NOT_FOUND};

    if (rule.has_template) {
        if (!http_conf_template(reader, word->text, word->place, &rule.text))
            return false;
    } else if (!number_parse_size(word->text, UINT64_MAX, &rule.fixed)) {
        return http_conf_refuse(reader, word->place, "write 100k, 1m, or 0 for no limit",
                                "`%.*s` is no number of bytes", HTTP_SHOW(word->text));
    }
    *(struct http_rate_rule *)value = rule;
    return true;
}

const struct conf_type http_type_rate = {"size", parse_rate};
