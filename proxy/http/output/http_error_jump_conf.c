#include "base/number.h"
#include "http/conf/http_conf_types.h"
#include "http/output/http_output_conf.h"

/* error_page code … [=[code]] uri; */

#define NOT_GIVEN (-1) /* the answer's status is the error's */

static bool parse_code(struct conf_reader *reader, const struct conf_word *word, uint64_t *code)
{
    if (number_parse(word->text, 599, code) && *code >= 300 && *code != 499)
        return true;
    return http_conf_refuse(reader, word->place, "errors are from 300 to 599, but for 499",
                            "`%.*s` is no status that has a page", HTTP_SHOW(word->text));
}

/* "=": as the page says itself; "=200": that one. */
static bool parse_answer(struct conf_reader *reader, const struct conf_word *word, int *answer)
{
    uint64_t code = 0;

    if (word->text.len > 1 && (!number_parse(slice_from(word->text, 1), 999, &code) || code < 200))
        return http_conf_refuse(reader, word->place, "write `=200`, or `=` alone",
                                "`%.*s` is no status", HTTP_SHOW(word->text));
    *answer = (int)code;
    return true;
}

static bool check_uri(struct conf_reader *reader, const struct conf_word *word)
{
    if (word->text.len == 0)
        return conf_fail(reader, word->place, "`error_page` ends with a URI");
    if (slice_starts(word->text, SLICE("@")))
        http_conf_check_named(reader, word);
    return true;
}

static bool parse_error_page(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct http_error_pages *pages = value;
    const struct conf_word *words = directive->words;
    size_t codes = directive->word_count - 1;
    struct http_error_page page = {.answer = NOT_GIVEN};
    uint64_t code = 0;

    if (!check_uri(reader, &words[codes]) ||
        !http_conf_template(reader, words[codes].text, words[codes].place, &page.uri))
        return false;
    if (slice_starts(words[codes - 1].text, SLICE("=")) &&
        !parse_answer(reader, &words[--codes], &page.answer))
        return false;
    if (codes == 0)
        return conf_fail(reader, words[0].place, "`error_page` begins with the errors it is for");
    for (size_t i = 0; i < codes; i++) {
        if (!parse_code(reader, &words[i], &code))
            return false;
        page.status = (uint16_t)code;
        *(struct http_error_page *)http_conf_append(reader, (void **)&pages->items, &pages->count,
                                                    sizeof page) = page;
    }
    return true;
}

const struct conf_type http_type_error_page = {"page", parse_error_page};
