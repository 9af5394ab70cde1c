#include "http/conf/http_conf_types.h"
#include "http/output/http_output_conf.h"

/* gzip_disable, compress, precompressed */

/* nginx's word for what Internet Explorer 4 to 6 said; with SP2 ("SV1") it was mended. */
#define MSIE6 "MSIE [4-6]\\.(?!.*SV1)"

static bool add_agent(struct conf_reader *reader, const struct conf_word *word,
                      struct http_regexes *agents)
{
    bool is_msie6 = slice_equal(word->text, SLICE("msie6"));
    struct http_regex_error error;
    const struct http_regex *regex = http_regex_compile(is_msie6 ? SLICE(MSIE6) : word->text, true,
                                                        &reader->conf->arena, &error);

    if (regex == NULL)
        return conf_fail(reader, word->place, "%s", error.words);
    *(const struct http_regex **)http_conf_append(reader, (void **)&agents->items, &agents->count,
                                                  sizeof(const struct http_regex *)) = regex;
    return true;
}

static bool parse_agents(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    for (size_t i = 0; i < directive->word_count; i++)
        if (!add_agent(reader, &directive->words[i], value))
            return false;
    return true;
}

const struct conf_type http_type_agents = {"regex", parse_agents};

static bool parse_compress(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    static const char *const words[] = {"on", "off", NULL};
    const struct conf_word *word = &directive->words[0];
    bool on = slice_equal(word->text, SLICE("on"));

    if (!on && !slice_equal(word->text, SLICE("off")))
        return conf_fail_choice(reader, word, "word", words);
    if (directive->word_count == 2 && !(on && slice_equal(directive->words[1].text, SLICE("gzip"))))
        return http_conf_refuse(
            reader, directive->words[1].place,
            "write `compress on;`; files made before are sent by `precompressed`",
            "answers are compressed with gzip, not with `%.*s`",
            HTTP_SHOW(directive->words[1].text));
    ((struct http_compress *)value)->on = on;
    return true;
}

const struct conf_type http_type_compress = {"on|off", parse_compress};

/* Files that were compressed before. */

static const struct http_coding codings[HTTP_CODINGS_MAX] = {
    {{"gzip", 4}, {".gz", 3} },
    {{"br", 2},   {".br", 3} },
    {{"zstd", 4}, {".zst", 4}},
};

static const struct http_coding *find_coding(struct slice word)
{
    for (size_t i = 0; i < HTTP_CODINGS_MAX; i++)
        if (slice_equal(word, slice_from(codings[i].extension, 1)))
            return &codings[i];
    return NULL;
}

static bool has_coding(const struct http_precompressed *list, const struct http_coding *coding)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == coding)
            return true;
    return false;
}

static bool parse_precompressed(struct conf_reader *reader, const struct conf_directive *directive,
                                void *value)
{
    static const char *const words[] = {"gz", "br", "zst", "off", NULL};
    struct http_precompressed *list = value;

    if (directive->word_count == 1 && slice_equal(directive->words[0].text, SLICE("off")))
        return true;
    for (size_t i = 0; i < directive->word_count; i++) {
        const struct http_coding *coding = find_coding(directive->words[i].text);

        if (coding == NULL)
            return conf_fail_choice(reader, &directive->words[i], "kind of file", words);
        if (has_coding(list, coding))
            return conf_fail(reader, directive->words[i].place, "`%.*s` stands twice",
                             HTTP_SHOW(directive->words[i].text));
        list->items[list->count++] = coding;
    }
    return true;
}

const struct conf_type http_type_precompressed = {"kinds of files", parse_precompressed};

struct http_precompressed http_gzip_stored(const struct http_output_conf *output)
{
    struct http_precompressed stored = output->precompressed;

    if (output->gzip_static == HTTP_STATIC_ALWAYS) {
        stored = (struct http_precompressed){.items = {&codings[0]}, .count = 1, .always = true};
    } else if (output->gzip_static == HTTP_STATIC_ON && !has_coding(&stored, &codings[0])) {
        stored.items[stored.count++] = &codings[0];
    }
    return stored;
}
