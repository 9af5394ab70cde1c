#include "http/output/http_output_conf.h"

#include "base/chars.h"
#include "base/number.h"
#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

/* add_header */

/* What the connection says itself. */
static bool is_ours(struct slice name)
{
    return slice_equal_fold(name, SLICE("content-length")) ||
           slice_equal_fold(name, SLICE("transfer-encoding")) ||
           slice_equal_fold(name, SLICE("connection")) ||
           slice_equal_fold(name, SLICE("keep-alive")) || slice_equal_fold(name, SLICE("date")) ||
           slice_equal_fold(name, SLICE("upgrade")) || slice_equal_fold(name, SLICE("trailer"));
}

static bool check_name(struct conf_reader *reader, const struct conf_word *name)
{
    if (name->text.len == 0 || !chars_all(name->text, CHARS_TOKEN))
        return conf_fail(reader, name->place, "`%.*s` is no name of a header field",
                         HTTP_SHOW(name->text));
    if (is_ours(name->text))
        return http_conf_refuse(reader, name->place, "leave it out", "frontd sends `%.*s` itself",
                                HTTP_SHOW(name->text));
    return true;
}

static bool parse_added_field(struct conf_reader *reader, const struct conf_directive *directive,
                              void *value)
{
    struct http_added_fields *fields = value;
    const struct conf_word *words = directive->words;
    struct http_added_field field = {.name = words[0].text, .always = directive->word_count == 3};

    if (!check_name(reader, &words[0]))
        return false;
    if (field.always && !slice_equal(words[2].text, SLICE("always")))
        return http_conf_refuse(reader, words[2].place, "quote a value that has blanks in it",
                                "only `always` may follow the value");
    if (!http_conf_template(reader, words[1].text, words[1].place, &field.value))
        return false;
    field.id = http_field_lookup(field.name);
    *(struct http_added_field *)http_conf_append(reader, (void **)&fields->items, &fields->count,
                                                 sizeof field) = field;
    return true;
}

static const struct conf_type http_type_added_field = {"header field", parse_added_field};

/* expires */

static bool parse_expires(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *words = directive->words;
    const struct conf_word *time = &words[directive->word_count - 1];
    struct http_expires_rule rule = {.is_modified = directive->word_count == 2};
    const char *why;

    if (rule.is_modified && !slice_equal(words[0].text, SLICE("modified")))
        return http_conf_refuse(reader, words[0].place, "write `expires modified 24h;`",
                                "only `modified` may stand before the time");
    rule.has_template = slice_find(time->text, '$') != SLICE_NOT_FOUND;
    if (rule.has_template) {
        if (!http_conf_template(reader, time->text, time->place, &rule.text))
            return false;
    } else if (!http_expires_parse(time->text, rule.is_modified, &rule.fixed, &why)) {
        return http_conf_refuse(reader, time->place, "write 30d, -1, @15h30m, epoch, max or off",
                                "%s", why);
    }
    *(struct http_expires_rule *)value = rule;
    return true;
}

static const struct conf_type http_type_expires = {"time", parse_expires};

/* server_tokens */

static bool parse_server_tokens(struct conf_reader *reader, const struct conf_directive *directive,
                                void *value)
{
    static const char *const words[] = {"on", "off", "build", "none", NULL};
    const struct conf_word *word = &directive->words[0];
    bool is_none = word->text.len == 0 || slice_equal(word->text, SLICE("none"));

    for (size_t i = 0; !is_none; i++) {
        if (words[i] == NULL)
            return conf_fail_choice(reader, word, "word", words);
        if (slice_equal(word->text, slice_of(words[i])))
            break;
    }
    *(enum http_server_field *)value = is_none ? HTTP_SERVER_NONE : HTTP_SERVER_FRONTD;
    return true;
}

static const struct conf_type http_type_server_tokens = {"on|off|build|none", parse_server_tokens};

/* hsts */

#define HSTS_MAX 64 /* "max-age=" with a number, and both words */

static bool add_hsts_word(struct conf_reader *reader, const struct conf_word *word,
                          struct text *text)
{
    static const char *const words[] = {"subdomains", "preload", NULL};

    if (slice_equal(word->text, SLICE("subdomains")))
        text_add(text, SLICE("; includeSubDomains"));
    else if (slice_equal(word->text, SLICE("preload")))
        text_add(text, SLICE("; preload"));
    else
        return conf_fail_choice(reader, word, "word", words);
    return true;
}

static bool parse_hsts(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *words = directive->words;
    char memory[HSTS_MAX];
    struct text text = text_in(memory, sizeof memory);
    uint64_t ms;

    if (directive->word_count == 1 && slice_equal(words[0].text, SLICE("off"))) {
        *(struct http_hsts *)value = (struct http_hsts){SLICE_NONE};
        return true;
    }
    if (!number_parse_duration(words[0].text, UINT64_MAX / 2, &ms))
        return http_conf_refuse(reader, words[0].place, "write `hsts 180d;` or `hsts off;`",
                                "`%.*s` is no time", HTTP_SHOW(words[0].text));
    text_add(&text, SLICE("max-age="));
    text_number(&text, ms / 1000);
    for (size_t i = 1; i < directive->word_count; i++)
        if (!add_hsts_word(reader, &words[i], &text))
            return false;
    ((struct http_hsts *)value)->value = arena_keep(&reader->conf->arena, text_slice(&text));
    return true;
}

static const struct conf_type http_type_hsts = {"time", parse_hsts};

static const struct conf_bounds http_gzip_levels = {1, 9};
static const char *const http_output_version_words[] = {"1.0", "1.1", NULL};
static const char *const http_output_proxied_words[] = {
    "off",     "any",  "expired", "no-cache", "no-store", "private", "no_last_modified",
    "no_etag", "auth", NULL};
static const char *const http_output_static_words[] = {"on", "off", "always", NULL};
static const char *const http_output_inherit_words[] = {"on", "off", "merge", NULL};
static const char *const http_output_security_words[] = {"basic", "strict", "off", NULL};

#define CONF_STRUCT struct http_output_conf
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/output/http_output.def"
};
#undef CONF_STRUCT

/* What no row can say. */

/* The outer block's fields first, as nginx. */
static struct http_added_fields join(struct conf_reader *reader,
                                     const struct http_added_fields *first,
                                     const struct http_added_fields *second)
{
    size_t count = first->count + second->count;
    struct http_added_fields both = {
        arena_alloc(&reader->conf->arena, (count + 1) * sizeof *both.items), count};

    for (size_t i = 0; i < count; i++)
        both.items[i] = i < first->count ? first->items[i] : second->items[i - first->count];
    return both;
}

/* add_header_inherit. Outer blocks are checked first. */
static void choose_fields(struct conf_reader *reader, const struct conf_scope *scope,
                          struct http_output_conf *output)
{
    const struct http_output_conf *outer =
        scope->parent == NULL ? NULL : conf_values(reader->conf, scope->parent, &http_output_group);
    bool has_own = conf_is_set(reader->conf, scope, &http_output_group,
                               offsetof(struct http_output_conf, add_header));

    if (has_own && outer != NULL && output->add_header_inherit == HTTP_INHERIT_MERGE)
        output->fields = join(reader, &outer->fields, &output->add_header);
    else if (has_own)
        output->fields = output->add_header;
    else if (outer != NULL && output->add_header_inherit != HTTP_INHERIT_OFF)
        output->fields = outer->fields;
}

/* Does anything in it change an answer? */
static bool has_rules(const struct http_output_conf *output)
{
    return output->fields.count > 0 || output->error_page.count > 0 ||
           output->expires.has_template || output->expires.fixed.kind != HTTP_EXPIRES_OFF ||
           output->server_tokens != HTTP_SERVER_FRONTD || !output->etag ||
           !output->chunked_transfer_encoding || output->hsts.value.len > 0 ||
           output->security_headers != HTTP_SECURITY_OFF || output->gzip || output->compress.on ||
           output->stored.count > 0 || output->ssi || output->charset.on ||
           output->limit_rate.fixed > 0 || output->limit_rate.has_template;
}

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct http_output_conf *output = values;
    struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    choose_fields(reader, scope, output);
    output->stored = http_gzip_stored(output);
    if (location != NULL)
        location->output = has_rules(output) ? output : NULL;
}

const struct conf_group http_output_group = {"http_output", sizeof(struct http_output_conf), rows,
                                             sizeof rows / sizeof rows[0], check};
