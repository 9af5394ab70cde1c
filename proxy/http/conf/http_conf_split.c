#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_split.h"

/* split_clients: its lines become ends of ranges of hashes. */

/* "12%", "0.5%": in hundredths of a percent. False: it is none, or nothing. */
static bool read_percent(struct slice text, uint64_t *hundredths)
{
    struct slice digits = slice_part(text, 0, text.len > 0 ? text.len - 1 : 0);
    struct slice whole = slice_cut(&digits, '.'), part = digits;
    uint64_t large = 0, small = 0;

    if (!slice_ends(text, SLICE("%")) || !number_parse(whole, 100, &large) || part.len > 2 ||
        (part.at != NULL && !number_parse(part, 99, &small)))
        return false;
    *hundredths = large * 100 + (part.len == 1 ? small * 10 : small);
    return *hundredths > 0;
}

static bool add_part(struct conf_reader *reader, const struct conf_directive *line,
                     struct http_split *split, uint64_t *sum)
{
    struct http_split_part part = {.end = UINT32_MAX, .value = line->words[0].text};
    const struct http_split_part *before =
        split->count > 0 ? &split->parts[split->count - 1] : NULL;
    uint64_t hundredths = HTTP_SPLIT_WHOLE - *sum;

    if (!slice_equal(line->name.text, SLICE("*"))) {
        if (!read_percent(line->name.text, &hundredths))
            return http_conf_refuse(reader, line->name.place, "write `0.5%%`, or `*` for the rest",
                                    "`%.*s` is no part", HTTP_SHOW(line->name.text));
        part.end = (before == NULL ? 0 : before->end) +
                   (uint32_t)(hundredths * UINT32_MAX / HTTP_SPLIT_WHOLE);
    }
    *sum += hundredths;
    if (*sum > HTTP_SPLIT_WHOLE)
        return conf_fail(reader, line->name.place, "the parts are more than the whole");
    *(struct http_split_part *)http_conf_append(reader, (void **)&split->parts, &split->count,
                                                sizeof part) = part;
    return true;
}

static bool parse_split(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *source = &directive->words[0];
    struct http_split *split = arena_zero(&reader->conf->arena, sizeof *split);
    uint64_t sum = 0;
    uint32_t number;

    (void)value;
    if (!http_conf_variable(reader, &directive->words[1], HTTP_MADE_BY_SPLIT, &number) ||
        !http_conf_template(reader, source->text, source->place, &split->source))
        return false;
    http_conf_registry(reader->conf)->items[number].split = split;
    for (const struct conf_directive *line = directive->first_child; line != NULL;
         line = line->next) {
        if (line->is_block || line->word_count != 1)
            return http_conf_refuse(reader, line->name.place, "write `10%% value;`",
                                    "a line of `split_clients` is a part and a value");
        if (!add_part(reader, line, split, &sum))
            return false;
    }
    return true;
}

const struct conf_type http_type_split = {CONF_TYPE_BLOCK, parse_split};
