#include "http/access/http_access_conf.h"
#include "http/access/http_limit_conf.h"
#include "http/conf/http_conf_check.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/language/http_rewrite_conf.h"
#include "http/route/http_realip_conf.h"

#include <sys/stat.h>

/* What a location block is named, and whether what it says is there. */

struct modifier {
    const char *text;
    enum http_match match;
    bool any_case;
    bool is_part; /* of the name itself */
};

/* Longer ones first: a modifier may stick to its path. */
static const struct modifier modifiers[] = {
    {"^~", HTTP_MATCH_PREFIX_FINAL, false, false},
    {"~*", HTTP_MATCH_REGEX,        true,  false},
    {"~",  HTTP_MATCH_REGEX,        false, false},
    {"=",  HTTP_MATCH_EXACT,        false, false},
    {"@",  HTTP_MATCH_NAMED,        false, true },
    {"",   HTTP_MATCH_PREFIX,       false, true },
};

static const struct modifier *find_modifier(struct slice text)
{
    const struct modifier *modifier = modifiers;

    while (!slice_starts(text, slice_of(modifier->text)))
        modifier++; /* the last one fits all */
    return modifier;
}

/* `location = /x`, `location =/x`, `location /x`. */
static bool read_name(struct conf_reader *reader, const struct conf_directive *directive,
                      struct http_location *location)
{
    const struct conf_word *words = directive->words;
    const struct conf_word *last = &words[directive->word_count - 1];
    const struct modifier *modifier = find_modifier(words[0].text);

    location->place = last->place;
    location->path = last->text;
    location->match = modifier->match;
    if (directive->word_count == 2 &&
        (modifier->is_part || !slice_equal(words[0].text, slice_of(modifier->text))))
        return http_conf_refuse(reader, words[0].place,
                                "write `location = /path`, `location ^~ /path`, `location ~ regex`",
                                "`%.*s` is no way to match a path", HTTP_SHOW(words[0].text));
    if (directive->word_count == 1 && !modifier->is_part)
        location->path = slice_from(last->text, strlen(modifier->text));
    if (location->match != HTTP_MATCH_REGEX)
        return true;
    location->regex = http_conf_regex(reader, location->path, location->place, modifier->any_case);
    return location->regex != NULL;
}

static bool parse_location(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    (void)value;
    return read_name(reader, directive,
                     conf_values(reader->conf, reader->scope->last_child, &http_location_group));
}

const struct conf_type http_type_location = {CONF_TYPE_BLOCK, parse_location};

static bool parse_internal(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    (void)reader;
    (void)directive;
    *(bool *)value = true;
    return true;
}

const struct conf_type http_type_internal = {"nothing", parse_internal};

static const char *const methods[] = {"GET",       "HEAD", "POST",   "PUT",     "DELETE",
                                      "MKCOL",     "COPY", "MOVE",   "OPTIONS", "PROPFIND",
                                      "PROPPATCH", "LOCK", "UNLOCK", "PATCH",   NULL};

static bool is_method(struct slice text)
{
    for (size_t i = 0; methods[i] != NULL; i++)
        if (slice_equal(text, slice_of(methods[i])))
            return true;
    return false;
}

static bool parse_limit_except(struct conf_reader *reader, const struct conf_directive *directive,
                               void *value)
{
    struct http_limit *limit = arena_zero(&reader->conf->arena, sizeof *limit);
    struct http_location *location = conf_values(reader->conf, reader->scope, &http_location_group);

    (void)value;
    for (size_t i = 0; i < directive->word_count; i++)
        if (!is_method(directive->words[i].text))
            return conf_fail_choice(reader, &directive->words[i], "method", methods);
    limit->methods = (struct conf_word_list){directive->words, directive->word_count};
    limit->location = conf_values(reader->conf, reader->scope->last_child, &http_location_group);
    location->limit = limit;
    return true;
}

const struct conf_type http_type_limit_except = {CONF_TYPE_BLOCK, parse_limit_except};

static bool is_path(const struct http_location *location)
{
    return location->match != HTTP_MATCH_REGEX && location->match != HTTP_MATCH_NAMED;
}

static bool are_same(const struct http_location *a, const struct http_location *b)
{
    return (a->match == b->match || (is_path(a) && is_path(b) && a->match != HTTP_MATCH_EXACT &&
                                     b->match != HTTP_MATCH_EXACT)) &&
           a->match != HTTP_MATCH_REGEX && slice_equal(a->path, b->path);
}

static void check_duplicate(struct conf_reader *reader, const http_location_pointer *others,
                            size_t count, const struct http_location *location)
{
    for (size_t i = 0; i < count; i++) {
        struct conf_finding *finding;

        if (!are_same(others[i], location))
            continue;
        finding = conf_report_add(reader->report, CONF_ERROR, location->place,
                                  "there is a location `%.*s` in this %s already",
                                  HTTP_SHOW(location->path),
                                  location->parent == NULL ? "server" : "location");
        finding->other = others[i]->place;
        finding->other_label = SLICE("first here");
        return;
    }
}

/* nginx's rules of what may stand in what. */
static void check_nesting(struct conf_reader *reader, const struct http_location *location)
{
    const struct http_location *parent = location->parent;

    if (parent->match == HTTP_MATCH_EXACT || parent->match == HTTP_MATCH_NAMED)
        http_conf_refuse(reader, location->place, "put it beside that location",
                         "no location can be inside `%.*s`", HTTP_SHOW(parent->path));
    else if (location->match == HTTP_MATCH_NAMED)
        http_conf_refuse(reader, location->place, "put it right into the server",
                         "a named location cannot be inside another one");
    else if (location->match != HTTP_MATCH_REGEX && !slice_starts(location->path, parent->path))
        http_conf_refuse(reader, location->place, "put it beside that location",
                         "`%.*s` is outside of the location `%.*s` around it",
                         HTTP_SHOW(location->path), HTTP_SHOW(parent->path));
}

static void check_name(struct conf_reader *reader, const struct http_location *location)
{
    if (location->parent != NULL)
        check_nesting(reader, location);
    if (is_path(location) && !slice_starts(location->path, SLICE("/")))
        conf_report_add(reader->report, CONF_WARNING, location->place,
                        "a path begins with \"/\": this location matches nothing");
}

static bool has_named(const struct conf_scope *server, struct slice name)
{
    for (const struct conf_directive *inside = server->directive->first_child; inside != NULL;
         inside = inside->next)
        if (slice_equal(inside->name.text, SLICE("location")) && inside->word_count > 0 &&
            slice_equal(inside->words[0].text, name))
            return true;
    return false;
}

void http_conf_check_named(struct conf_reader *reader, const struct conf_word *word)
{
    const struct conf_scope *server = reader->scope;

    while (server != NULL && server->context != CONF_SERVER)
        server = server->parent;
    if (server == NULL || has_named(server, word->text))
        return;
    conf_finding_help(reader->report,
                      conf_report_add(reader->report, CONF_WARNING, word->place,
                                      "this server has no location `%.*s`", HTTP_SHOW(word->text)),
                      "what leads there is answered with 500");
}

/* `if` and `limit_except`. */
static void link_nameless(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct http_location *parent)
{
    struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    location->match = HTTP_MATCH_NAMELESS;
    location->path = parent->path;
    location->place = scope->directive->name.place;
    location->parent = parent;
    location->server = parent->server;
    location->scope = scope;
}

static void add_inside(struct conf_reader *reader, const struct conf_scope *scope,
                       const struct http_server *server, const struct http_location *parent,
                       const http_location_pointer **list, size_t *count);

static void add_location(struct conf_reader *reader, const struct conf_scope *scope,
                         const struct http_server *server, const struct http_location *parent,
                         const http_location_pointer **list, size_t *count)
{
    struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    location->server = server;
    location->scope = scope;
    location->parent = parent;
    location->program = http_rewrite_find(reader->conf, scope);
    check_name(reader, location);
    check_duplicate(reader, *list, *count, location);
    *(http_location_pointer *)http_conf_append(reader, (void **)list, count, sizeof location) =
        location;
    add_inside(reader, scope, server, location, &location->locations, &location->location_count);
}

static void add_inside(struct conf_reader *reader, const struct conf_scope *scope,
                       const struct http_server *server, const struct http_location *parent,
                       const http_location_pointer **list, size_t *count)
{
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next) {
        if (inner->context == CONF_LOCATION)
            add_location(reader, inner, server, parent, list, count);
        else if (inner->context == CONF_LOCATION_IF || inner->context == CONF_LIMIT_EXCEPT)
            link_nameless(reader, inner, parent);
    }
}

void http_conf_add_locations(struct conf_reader *reader, const struct conf_scope *scope,
                             struct http_server *server)
{
    add_inside(reader, scope, server, NULL, &server->locations, &server->location_count);
    http_conf_lint_locations(reader, server->locations, server->location_count);
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
    location->limits = http_limit_find(reader, scope);
    location->realip = http_realip_find(reader, scope);
    check_root(reader, scope, location);
    http_conf_check_auth(reader, scope, location);
    resolve_formats(reader, scope, &location->access_log);
    http_conf_lint_program(reader, scope, location);
}
