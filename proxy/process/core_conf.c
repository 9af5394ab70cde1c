#include "process/core_conf.h"

#include "base/number.h"
#include "os/privileges.h"

#include <unistd.h>

#define PROCESSES_MAX       1024
#define CONNECTIONS_DEFAULT 512 /* nginx's; the same as in core_events.def */

static const struct conf_bounds core_connection_bounds = {1, 1 << 24};
static const struct conf_bounds core_descriptor_bounds = {64, 1 << 24};

/* Whether `user` exists matters only where it will be used: when root starts frontd. */
static bool check_user(struct conf_reader *reader, const struct conf_directive *directive,
                       const struct core_user *user)
{
    struct privileges_identity identity;

    if (!reader->checks_disk || geteuid() != 0)
        return true;
    switch (privileges_find(user->user, user->group, &identity)) {
    case PRIVILEGES_FOUND:
        break;
    case PRIVILEGES_NO_USER:
        return conf_fail(reader, directive->words[0].place, "there is no user `%.*s`",
                         (int)user->user.len, user->user.at);
    case PRIVILEGES_NO_GROUP:
        return conf_fail(reader, directive->words[directive->word_count - 1].place,
                         "there is no group `%.*s`", (int)user->group.len, user->group.at);
    }
    return true;
}

static bool parse_user(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    struct core_user *user = value;

    user->user = directive->words[0].text;
    if (directive->word_count > 1)
        user->group = directive->words[1].text;
    if (user->user.len == 0)
        return conf_fail(reader, directive->words[0].place, "`user` needs a name");
    return check_user(reader, directive, user);
}

static bool parse_processes(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    const struct conf_word *word = &directive->words[0];
    uint64_t count;

    if (slice_equal(word->text, SLICE("auto"))) {
        *(uint32_t *)value = 0;
        return true;
    }
    if (!number_parse(word->text, PROCESSES_MAX, &count) || count == 0)
        return conf_fail(reader, word->place,
                         "`worker_processes` takes a number from 1 to %d, or auto", PROCESSES_MAX);
    *(uint32_t *)value = (uint32_t)count;
    return true;
}

/* Modules that run an operator's own code: without them the configuration would mean something
 * else. */
static const struct {
    const char *part, *help;
} refused_modules[] = {
    {"lua",         "frontd runs no Lua; do it in a backend behind proxy_pass"              },
    {"http_js",     "frontd runs no njs; do it in a backend behind proxy_pass"              },
    {"stream_js",   "frontd runs no njs"                                                    },
    {"perl",        "frontd runs no Perl; do it in a backend behind proxy_pass"             },
    {"modsecurity", "frontd has no ModSecurity; put a filter of that kind behind proxy_pass"},
};

static struct slice file_name(struct slice path)
{
    size_t slash = slice_find_last(path, '/');

    return slash == SLICE_NOT_FOUND ? path : slice_from(path, slash + 1);
}

static bool contains(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (slice_equal(slice_part(text, i, part.len), part))
            return true;
    return false;
}

static bool fail_with_help(struct conf_reader *reader, struct conf_place place, struct slice module,
                           const char *help)
{
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_ERROR, place, "module %.*s is not part of frontd",
                        (int)module.len, module.at);

    conf_finding_help(reader->report, finding, "%s", help);
    return false;
}

static bool parse_module(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct slice name = file_name(word->text);

    for (size_t i = 0; i < sizeof refused_modules / sizeof *refused_modules; i++)
        if (contains(name, slice_of(refused_modules[i].part)))
            return fail_with_help(reader, word->place, name, refused_modules[i].help);
    if (!slice_starts(name, SLICE("ngx_")) && !slice_starts(name, SLICE("ndk_")))
        return fail_with_help(reader, word->place, name,
                              "frontd loads no modules; leave the line out if it does without");
    *(bool *)value = true;
    return true;
}

static bool parse_period(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    if (!conf_type_duration.parse(reader, directive, value))
        return false;
    return *(uint32_t *)value >= 1000 ||
           conf_fail(reader, directive->words[0].place, "`%.*s` takes at least a second",
                     (int)directive->name.text.len, directive->name.text.at);
}

static const struct conf_type core_type_period = {"time", parse_period};
static const struct conf_type core_type_user = {"user [group]", parse_user};
static const struct conf_type core_type_processes = {"number|auto", parse_processes};
static const struct conf_type core_type_module = {"module", parse_module};

static const char *const core_isolation_words[] = {"required", "best-effort", NULL};

#define CONF_STRUCT struct core_conf
static const struct conf_row core_rows[] = {
#include "conf/conf_rows.inc"
#include "process/core_conf.def"
};
#undef CONF_STRUCT

#define CONF_STRUCT struct core_events_conf
static const struct conf_row core_events_rows[] = {
#include "conf/conf_rows.inc"
#include "process/core_events.def"
};
#undef CONF_STRUCT

/* One thing with two names: from here on only the older one is looked at. */
static void check_core(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct conf_directive *drain = conf_directive_of(scope, "drain_timeout");
    struct core_conf *core = values;

    if (drain == NULL)
        return;
    if (conf_directive_of(scope, "worker_shutdown_timeout") != NULL)
        conf_fail(reader, drain->name.place,
                  "`drain_timeout` and `worker_shutdown_timeout` are the same: leave one out");
    core->worker_shutdown_timeout = core->drain_timeout;
}

const struct conf_group core_group = {
    .name = "core",
    .size = sizeof(struct core_conf),
    .rows = core_rows,
    .row_count = sizeof core_rows / sizeof *core_rows,
    .check = check_core,
};

const struct conf_group core_events_group = {
    .name = "events",
    .size = sizeof(struct core_events_conf),
    .rows = core_events_rows,
    .row_count = sizeof core_events_rows / sizeof *core_events_rows,
};

const struct core_conf *core_conf_of(const struct conf *conf)
{
    return conf_values(conf, conf->main, &core_group);
}

size_t core_worker_count(const struct conf *conf)
{
    const struct core_conf *core = core_conf_of(conf);
    long processors;

    if (core->worker_processes > 0)
        return core->worker_processes;
    processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? (size_t)processors : 1;
}

size_t core_connections(const struct conf *conf)
{
    const struct conf_scope *scope = conf_first(conf->main, CONF_EVENTS);
    const struct core_events_conf *events =
        scope == NULL ? NULL : conf_values(conf, scope, &core_events_group);

    return events == NULL ? CONNECTIONS_DEFAULT : events->worker_connections;
}
