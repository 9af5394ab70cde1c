#include "http/http_conf.h"
#include "http/http_conf_types.h"

/* `log_format` and `access_log`. */

static const char *const escape_words[] = {"escape=default", "escape=json", "escape=none", NULL};

/* The words of a format from `first` on, one behind the other. */
static struct slice join(struct conf_reader *reader, const struct conf_directive *directive,
                         size_t first)
{
    size_t len = 0;
    char *joined;

    for (size_t i = first; i < directive->word_count; i++)
        len += directive->words[i].text.len;
    joined = arena_alloc(&reader->conf->arena, len + 1);
    len = 0;
    for (size_t i = first; i < directive->word_count; i++) {
        struct slice text = directive->words[i].text;

        if (text.len > 0)
            memcpy(joined + len, text.at, text.len);
        len += text.len;
    }
    return (struct slice){joined, len};
}

static bool parse_escape(struct conf_reader *reader, const struct conf_word *word,
                         enum http_escape *escape)
{
    for (size_t i = 0; escape_words[i] != NULL; i++) {
        if (slice_equal(word->text, slice_of(escape_words[i]))) {
            *escape = (enum http_escape)i;
            return true;
        }
    }
    return conf_fail_choice(reader, word, "escape", escape_words);
}

static bool add_format(struct conf_reader *reader, struct http_log_formats *formats,
                       struct http_log_format format, struct slice text)
{
    if (!http_conf_template(reader, text, format.place, &format.text))
        return false;
    *(struct http_log_format *)http_conf_append(reader, (void **)&formats->items, &formats->count,
                                                sizeof format) = format;
    return true;
}

/* `combined` is there without being written down. */
static bool add_combined(struct conf_reader *reader, struct http_log_formats *formats,
                         const struct conf_word *name)
{
    struct http_log_format combined = {.name = SLICE("combined"), .place = name->place};

    return formats->count > 0 || slice_equal(name->text, combined.name) ||
           add_format(reader, formats, combined, SLICE(HTTP_LOG_COMBINED));
}

static bool parse_log_format(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct http_log_formats *formats = value;
    const struct conf_word *name = &directive->words[0];
    struct http_log_format format = {.name = name->text, .place = directive->words[1].place};
    bool has_escape = slice_starts(directive->words[1].text, SLICE("escape="));

    if (!add_combined(reader, formats, name))
        return false;
    for (size_t i = 0; i < formats->count; i++)
        if (slice_equal(formats->items[i].name, name->text))
            return conf_fail(reader, name->place, "there is a log format `%.*s` already",
                             HTTP_SHOW(name->text));
    if (has_escape && !parse_escape(reader, &directive->words[1], &format.escape))
        return false;
    if (has_escape && directive->word_count < 3)
        return conf_fail(reader, name->place, "the log format has no text");
    return add_format(reader, formats, format, join(reader, directive, has_escape ? 2 : 1));
}

const struct conf_type http_type_log_format = {"log format", parse_log_format};

static bool starts_any(struct slice text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (slice_starts(text, slice_of(words[i])))
            return true;
    return false;
}

/* What follows the file: a format first, then parameters. */
static bool parse_log_parameter(struct conf_reader *reader, const struct conf_word *word,
                                bool is_first, struct http_access_log *log)
{
    static const char *const unused[] = {"buffer=", "flush=", NULL};
    static const char *const refused[] = {"gzip", "if=", NULL};
    static const char *const known[] = {"buffer=", "flush=", NULL};

    if (starts_any(word->text, unused)) {
        conf_report_add(reader->report, CONF_NOTE, word->place,
                        "each line is written at once, `%.*s` changes nothing",
                        HTTP_SHOW(word->text));
        return true;
    }
    if (starts_any(word->text, refused))
        return http_conf_refuse(reader, word->place, "leave it out and compress when rotating",
                                "`%.*s` is not supported yet", HTTP_SHOW(word->text));
    if (!is_first)
        return conf_fail_choice(reader, word, "parameter", known);
    log->format_name = *word;
    return true;
}

static bool parse_access_log(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct http_access_logs *logs = value;
    const struct conf_word *path = &directive->words[0];
    struct http_access_log log = {
        .format_name = {.text = SLICE("combined"), .place = path->place}
    };

    if (slice_equal(path->text, SLICE("off"))) {
        logs->off = true;
        return true;
    }
    if (slice_starts(path->text, SLICE("syslog:")))
        return http_conf_refuse(reader, path->place, "name a file, or /dev/stdout",
                                "logging to syslog is not supported");
    if (slice_find(path->text, '$') != SLICE_NOT_FOUND)
        return http_conf_refuse(reader, path->place, "name one file; the format can say $host",
                                "variables in the name of a log are not supported");
    log.path = conf_absolute(&reader->conf->arena, reader->conf->prefix, path->text);
    for (size_t i = 1; i < directive->word_count; i++)
        if (!parse_log_parameter(reader, &directive->words[i], i == 1, &log))
            return false;
    *(struct http_access_log *)http_conf_append(reader, (void **)&logs->items, &logs->count,
                                                sizeof log) = log;
    return true;
}

const struct conf_type http_type_access_log = {"log", parse_access_log};
