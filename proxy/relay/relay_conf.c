#include "relay/relay_conf.h"

static bool parse_level(struct conf_reader *reader, const struct conf_word *word,
                        enum log_level *level)
{
    const char *names[LOG_DEBUG + 2];

    for (int i = LOG_EMERG; i <= LOG_DEBUG; i++) {
        names[i] = log_level_names[i];
        if (slice_equal(word->text, slice_of(names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    }
    names[LOG_DEBUG + 1] = NULL;
    return conf_fail_choice(reader, word, "level", names);
}

static bool parse_error_log(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    struct relay_error_log *log = value;
    struct conf *conf = reader->conf;
    const struct conf_word *word = &directive->words[0];

    if (slice_starts(word->text, SLICE("syslog:")) || slice_starts(word->text, SLICE("memory:")))
        return conf_fail(reader, word->place, "error_log takes a file or stderr; %.*s comes later",
                         6, word->text.at);
    if (word->text.len == 0)
        return conf_fail(reader, word->place, "error_log needs the name of a file, or stderr");
    log->level = LOG_ERROR;
    log->path = slice_equal(word->text, SLICE("stderr"))
                    ? SLICE("stderr")
                    : conf_absolute(&conf->arena, conf->prefix, word->text);
    return directive->word_count < 2 || parse_level(reader, &directive->words[1], &log->level);
}

static const struct conf_type relay_type_error_log = {"file [level]", parse_error_log};

#define CONF_STRUCT struct relay_log_conf
static const struct conf_row log_rows[] = {
#include "conf/conf_rows.inc"
#include "relay/relay_conf.def"
};
#undef CONF_STRUCT

const struct conf_group relay_log_group = {
    .name = "log",
    .size = sizeof(struct relay_log_conf),
    .rows = log_rows,
    .row_count = sizeof log_rows / sizeof *log_rows,
};

struct relay_error_log relay_error_log_of(const struct conf *conf, const struct conf_scope *scope)
{
    const struct relay_log_conf *log = conf_values(conf, scope, &relay_log_group);

    for (; log == NULL && scope->parent != NULL; scope = scope->parent) /* `if`: what is around */
        log = conf_values(conf, scope->parent, &relay_log_group);
    if (log == NULL || log->error_log.path.at == NULL)
        return (struct relay_error_log){SLICE_NONE, LOG_NOTICE};
    return log->error_log;
}

struct log relay_log_open(const struct conf *conf, const struct conf_scope *scope,
                          struct log_files *files)
{
    struct relay_error_log log = relay_error_log_of(conf, scope);
    size_t index = log.path.at == NULL ? 0 : log_files_index(files, log.path);

    return (struct log){files->files[index].fd, log.level};
}

void relay_log_add(const struct conf *conf, const struct conf_scope *scope, struct log_files *files)
{
    struct relay_error_log log = relay_error_log_of(conf, scope);

    if (log.path.at != NULL)
        log_files_index(files, log.path);
}
