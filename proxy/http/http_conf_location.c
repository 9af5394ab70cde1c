#include "http/http_access_conf.h"
#include "http/http_conf_check.h"
#include "http/http_conf_types.h"
#include "http/http_files_conf.h"
#include "http/http_realip_conf.h"

#include <sys/stat.h>

/* What a location block is named, and whether what it says is there. */

enum name_form {
    NAME_GOOD,
    NAME_REGEX,
    NAME_NAMED,
    NAME_UNKNOWN_MODIFIER,
};

struct modifier {
    const char *text;
    enum name_form form;
    enum http_match match;
};

/* Longer ones first: a modifier may stick to its path. */
static const struct modifier modifiers[] = {
    {"^~", NAME_GOOD,  HTTP_MATCH_PREFIX_FINAL},
    {"~*", NAME_REGEX, HTTP_MATCH_SERVER      },
    {"~",  NAME_REGEX, HTTP_MATCH_SERVER      },
    {"=",  NAME_GOOD,  HTTP_MATCH_EXACT       },
    {"@",  NAME_NAMED, HTTP_MATCH_SERVER      },
};

static const struct modifier *find_modifier(struct slice text)
{
    for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++)
        if (slice_starts(text, slice_of(modifiers[i].text)))
            return &modifiers[i];
    return NULL;
}

/* `location = /x`, `location =/x`, `location /x`. */
static enum name_form read_name(const struct conf_directive *directive,
                                struct http_location *location)
{
    const struct conf_word *words = directive->words;
    const struct modifier *modifier = find_modifier(words[0].text);

    location->match = modifier == NULL ? HTTP_MATCH_PREFIX : modifier->match;
    if (directive->word_count == 2) {
        location->path = words[1].text;
        location->place = words[1].place;
        if (modifier == NULL || !slice_equal(words[0].text, slice_of(modifier->text)))
            return NAME_UNKNOWN_MODIFIER;
        return modifier->form;
    }
    location->path =
        modifier == NULL ? words[0].text : slice_from(words[0].text, strlen(modifier->text));
    location->place = words[0].place;
    return modifier == NULL ? NAME_GOOD : modifier->form;
}

static void report_name(struct conf_reader *reader, const struct conf_directive *directive,
                        enum name_form form, const struct http_location *location)
{
    struct conf_place place = directive->words[0].place;

    switch (form) {
    case NAME_GOOD:
        if (!slice_starts(location->path, SLICE("/")))
            conf_report_add(reader->report, CONF_WARNING, location->place,
                            "a path begins with \"/\": this location matches nothing");
        break;
    case NAME_REGEX:
        http_conf_refuse(reader, place, "use prefixes: `location /path/`, `location = /file`",
                         "regex locations come later");
        break;
    case NAME_NAMED:
        http_conf_refuse(reader, place, "give it a path", "named locations come later");
        break;
    case NAME_UNKNOWN_MODIFIER:
        http_conf_refuse(reader, place, "write `location = /path`, `location ^~ /path`",
                         "`%.*s` is no way to match a path", HTTP_SHOW(directive->words[0].text));
        break;
    }
}

static bool are_same(const struct http_location *a, const struct http_location *b)
{
    return (a->match == HTTP_MATCH_EXACT) == (b->match == HTTP_MATCH_EXACT) &&
           slice_equal(a->path, b->path);
}

static void check_duplicate_location(struct conf_reader *reader, const struct http_server *server,
                                     const struct http_location *location)
{
    for (size_t i = 0; i < server->location_count; i++) {
        struct conf_finding *finding;

        if (!are_same(server->locations[i], location))
            continue;
        finding = conf_report_add(reader->report, CONF_ERROR, location->place,
                                  "there is a location `%.*s` in this server already",
                                  HTTP_SHOW(location->path));
        finding->other = server->locations[i]->place;
        finding->other_label = SLICE("first here");
        return;
    }
}

void http_conf_add_locations(struct conf_reader *reader, const struct conf_scope *scope,
                             struct http_server *server)
{
    for (const struct conf_scope *inner = conf_first(scope, CONF_LOCATION); inner != NULL;
         inner = conf_next(inner)) {
        struct http_location *location = conf_values(reader->conf, inner, &http_location_group);
        enum name_form form = read_name(inner->directive, location);

        location->server = server;
        location->scope = inner;
        report_name(reader, inner->directive, form, location);
        check_duplicate_location(reader, server, location);
        *(const struct http_location **)http_conf_append(reader, (void **)&server->locations,
                                                         &server->location_count, sizeof location) =
            location;
    }
}

static void check_root(struct conf_reader *reader, const struct conf_scope *scope,
                       const struct http_location *location)
{
    const struct conf_directive *directive = conf_directive_of(scope, "root");
    struct stat status;
    const char *problem = NULL;

    if (!reader->checks_disk || directive == NULL || location->files->place.has_variables)
        return;
    if (stat(arena_keep(&reader->report->arena, location->root).at, &status) < 0)
        problem = "does not exist";
    else if (!S_ISDIR(status.st_mode))
        problem = "is no directory";
    if (problem != NULL)
        conf_report_add(reader->report, CONF_WARNING, directive->words[0].place, "root %.*s %s",
                        HTTP_SHOW(location->root), problem);
}

static const struct http_log_format *find_format(const struct http_main *main_values,
                                                 struct slice name)
{
    for (size_t i = 0; i < main_values->log_format.count; i++)
        if (slice_equal(main_values->log_format.items[i].name, name))
            return &main_values->log_format.items[i];
    return NULL;
}

static void report_format(struct conf_reader *reader, const struct http_main *main_values,
                          const struct conf_word *name)
{
    const char **names =
        arena_zero(&reader->report->arena, (main_values->log_format.count + 1) * sizeof *names);
    struct conf_finding *finding;
    const char *nearest;

    for (size_t i = 0; i < main_values->log_format.count; i++)
        names[i] = arena_keep(&reader->report->arena, main_values->log_format.items[i].name).at;
    nearest = conf_nearest(name->text, names);
    finding = conf_report_add(reader->report, CONF_ERROR, name->place, "unknown log format `%.*s`",
                              HTTP_SHOW(name->text));
    if (nearest != NULL)
        conf_finding_help(reader->report, finding, "did you mean `%s`?", nearest);
    else
        conf_finding_help(reader->report, finding, "a `log_format` of that name is missing");
}

static void resolve_formats(struct conf_reader *reader, const struct conf_scope *scope,
                            const struct http_access_logs *logs)
{
    const struct http_main *main_values;

    while (scope->context != CONF_HTTP)
        scope = scope->parent;
    main_values = conf_values(reader->conf, scope, &http_main_group);
    for (size_t i = 0; i < logs->count; i++) {
        struct http_access_log *log = &logs->items[i];

        log->format = find_format(main_values, log->format_name.text);
        if (log->format == NULL)
            report_format(reader, main_values, &log->format_name);
    }
}

void http_check_location(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct http_location *location = values;

    location->access = http_access_find(reader, scope);
    location->files = http_files_find(reader, scope);
    location->realip = http_realip_find(reader, scope);
    check_root(reader, scope, location);
    http_conf_check_auth(reader, scope, location);
    resolve_formats(reader, scope, &location->access_log);
}
