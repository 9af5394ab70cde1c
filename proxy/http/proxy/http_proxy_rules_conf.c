#include "http/conf/http_conf_types.h"
#include "http/proxy/http_proxy_rules.h"

static bool read_pattern(struct conf_reader *reader, const struct conf_word *word,
                         const struct http_regex **regex, struct http_template *plain)
{
    bool any_case = slice_starts(word->text, SLICE("~*"));

    if (!slice_starts(word->text, SLICE("~")))
        return http_conf_template(reader, word->text, word->place, plain);
    *regex =
        http_conf_regex(reader, slice_from(word->text, any_case ? 2 : 1), word->place, any_case);
    return *regex != NULL;
}

/* `http https` turns "https://x" into "httpss://x": nginx does that, too. */
static void warn_of_prefix(struct conf_reader *reader, const struct conf_directive *directive)
{
    struct conf_finding *finding;

    if (!slice_equal(directive->words[0].text, SLICE("http")))
        return;
    finding = conf_report_add(reader->report, CONF_WARNING, directive->words[0].place,
                              "`http` is also the beginning of `https`: that becomes `%.*ss`",
                              HTTP_SHOW(directive->words[1].text));
    conf_finding_help(reader->report, finding, "write `http://` and `https://`");
}

static bool parse_rules(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    struct http_proxy_rules *rules = value;
    struct http_proxy_rule rule = {0};
    struct slice first = directive->words[0].text;

    if (directive->word_count == 1 && slice_equal(first, SLICE("off"))) {
        rules->off = true;
        return true;
    }
    if (directive->word_count == 1) {
        rule.is_default = reader->row->type_data != NULL && slice_equal(first, SLICE("default"));
        if (!rule.is_default)
            return http_conf_refuse(reader, directive->words[0].place,
                                    "write what it is to be replaced by, too",
                                    "`%.*s` alone means nothing", HTTP_SHOW(first));
    } else {
        if (!read_pattern(reader, &directive->words[0], &rule.regex, &rule.pattern) ||
            !http_conf_template(reader, directive->words[1].text, directive->words[1].place,
                                &rule.replacement))
            return false;
        warn_of_prefix(reader, directive);
    }
    *(struct http_proxy_rule *)http_conf_append(reader, (void **)&rules->items, &rules->count,
                                                sizeof rule) = rule;
    return true;
}

const struct conf_type http_type_proxy_rules = {"rule", parse_rules};

static const char *const flag_words[] = {"secure",       "httponly",      "samesite=strict",
                                         "samesite=lax", "samesite=none", "nosecure",
                                         "nohttponly",   "nosamesite",    NULL};

uint32_t http_cookie_flag_bit(struct slice word)
{
    for (size_t i = 0; flag_words[i] != NULL; i++)
        if (slice_equal_fold(word, slice_of(flag_words[i])))
            return 1u << i;
    return 0;
}

static bool read_flag(struct conf_reader *reader, const struct conf_word *word,
                      struct http_cookie_rule *rule)
{
    uint32_t bit = http_cookie_flag_bit(word->text);
    struct http_template text;

    rule->flags |= bit;
    if (bit != 0)
        return true;
    if (slice_find(word->text, '$') == SLICE_NOT_FOUND)
        return conf_fail_choice(reader, word, "flag", flag_words);
    if (!http_conf_template(reader, word->text, word->place, &text))
        return false;
    *(struct http_template *)http_conf_append(reader, (void **)&rule->evaluated,
                                              &rule->evaluated_count, sizeof text) = text;
    return true;
}

static bool parse_flags(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    struct http_cookie_rules *rules = value;
    struct http_cookie_rule rule = {0};

    if (directive->word_count == 1 && slice_equal(directive->words[0].text, SLICE("off"))) {
        rules->off = true;
        return true;
    }
    if (directive->word_count == 1)
        return conf_fail_choice(reader, &directive->words[0], "word without flags",
                                (const char *const[]){"off", NULL});
    if (!read_pattern(reader, &directive->words[0], &rule.regex, &rule.name))
        return false;
    for (size_t i = 1; i < directive->word_count; i++)
        if (!read_flag(reader, &directive->words[i], &rule))
            return false;
    *(struct http_cookie_rule *)http_conf_append(reader, (void **)&rules->items, &rules->count,
                                                 sizeof rule) = rule;
    return true;
}

const struct conf_type http_type_cookie_flags = {"flags", parse_flags};
