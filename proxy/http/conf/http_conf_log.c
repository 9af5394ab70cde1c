#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

/* `log_format` and `access_log`. */

#define BUFFER_MAX  (16u << 20)
#define GZIP_BUFFER (64u << 10) /* nginx's */
#define GZIP_LEVEL  1

const char *const http_redact_words[] = {"query", "cookie", "off", NULL};
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

/* `access_log`'s parameters. Each takes what stands behind its "=". */

static bool parse_buffer(struct conf_reader *reader, const struct conf_word *word,
                         struct slice value, struct http_access_log *log)
{
    uint64_t bytes;

    if (!number_parse_size(value, BUFFER_MAX, &bytes) || bytes == 0)
        return conf_fail(reader, word->place, "`%.*s` is no size of a buffer", HTTP_SHOW(value));
    log->buffering.bytes = (size_t)bytes;
    return true;
}

static bool parse_flush(struct conf_reader *reader, const struct conf_word *word,
                        struct slice value, struct http_access_log *log)
{
    uint64_t ms;

    if (!number_parse_duration(value, UINT32_MAX, &ms) || ms == 0)
        return conf_fail(reader, word->place, "`%.*s` is no time", HTTP_SHOW(value));
    log->buffering.flush_ms = (uint32_t)ms;
    return true;
}

static bool parse_gzip(struct conf_reader *reader, const struct conf_word *word, struct slice value,
                       struct http_access_log *log)
{
    uint64_t level = GZIP_LEVEL;

    if (value.at != NULL && (!number_parse(value, 9, &level) || level == 0))
        return conf_fail(reader, word->place, "gzip has levels from 1 to 9, not `%.*s`",
                         HTTP_SHOW(value));
    log->buffering.gzip = (uint32_t)level;
    if (log->buffering.bytes == 0)
        log->buffering.bytes = GZIP_BUFFER;
    return true;
}

static bool parse_condition(struct conf_reader *reader, const struct conf_word *word,
                            struct slice value, struct http_access_log *log)
{
    log->has_condition = true;
    return http_conf_template(reader, value, word->place, &log->condition);
}

struct log_parameter {
    const char *beginning;
    bool (*parse)(struct conf_reader *reader, const struct conf_word *word, struct slice value,
                  struct http_access_log *log);
};

static const struct log_parameter log_parameters[] = {
    {"buffer=", parse_buffer   },
    {"flush=",  parse_flush    },
    {"gzip=",   parse_gzip     },
    {"if=",     parse_condition},
};

/* What follows the file: a format first, then parameters. */
static bool parse_log_parameter(struct conf_reader *reader, const struct conf_word *word,
                                bool is_first, struct http_access_log *log)
{
    static const char *const known[] = {"buffer=", "flush=", "gzip", "if=", NULL};

    if (slice_equal(word->text, SLICE("gzip")))
        return parse_gzip(reader, word, SLICE_NONE, log);
    for (size_t i = 0; i < sizeof log_parameters / sizeof log_parameters[0]; i++) {
        struct slice beginning = slice_of(log_parameters[i].beginning);

        if (slice_starts(word->text, beginning))
            return log_parameters[i].parse(reader, word, slice_from(word->text, beginning.len),
                                           log);
    }
    if (!is_first)
        return conf_fail_choice(reader, word, "parameter", known);
    log->format_name = *word;
    return true;
}

static bool are_alike(const struct log_buffering *a, const struct log_buffering *b)
{
    return a->bytes == b->bytes && a->flush_ms == b->flush_ms && a->gzip == b->gzip;
}

/* Lines kept back and lines written at once would not stay in order, or not be one gzip file. */
static bool check_same_file(struct conf_reader *reader, const struct http_access_log *log)
{
    const struct conf_scope *scope = reader->scope;
    struct http_access_logs *written;
    struct conf_finding *finding;

    if (log->place.line == 0)
        return true; /* the default, which holds where nothing is written */
    while (scope->context != CONF_HTTP)
        scope = scope->parent;
    written = &((struct http_main *)conf_values(reader->conf, scope, &http_main_group))->written;
    for (size_t i = 0; i < written->count; i++) {
        if (!slice_equal(written->items[i].path, log->path))
            continue;
        if (are_alike(&written->items[i].buffering, &log->buffering))
            return true;
        finding = conf_report_add(reader->report, CONF_ERROR, log->place,
                                  "this log is written elsewhere with another buffer");
        finding->other = written->items[i].place;
        finding->other_label = SLICE("here");
        return false;
    }
    *(struct http_access_log *)http_conf_append(reader, (void **)&written->items, &written->count,
                                                sizeof *log) = *log;
    return true;
}

static bool read_parameters(struct conf_reader *reader, const struct conf_directive *directive,
                            struct http_access_log *log)
{
    for (size_t i = 1; i < directive->word_count; i++)
        if (!parse_log_parameter(reader, &directive->words[i], i == 1, log))
            return false;
    if (log->buffering.flush_ms > 0 && log->buffering.bytes == 0)
        return http_conf_refuse(reader, log->place, "add `buffer=32k` or `gzip`",
                                "there is no buffer that `flush=` could write out");
    return check_same_file(reader, log);
}

static bool parse_access_log(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct http_access_logs *logs = value;
    const struct conf_word *path = &directive->words[0];
    struct http_access_log log = {
        .format_name = {.text = SLICE("combined"), .place = path->place},
        .place = path->place,
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
    if (!read_parameters(reader, directive, &log))
        return false;
    *(struct http_access_log *)http_conf_append(reader, (void **)&logs->items, &logs->count,
                                                sizeof log) = log;
    return true;
}

const struct conf_type http_type_access_log = {"log", parse_access_log};
