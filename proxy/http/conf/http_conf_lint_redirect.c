#include "http/conf/http_conf_lint.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/language/http_program.h"

/* The `return` that answers whatever is asked for; NULL: there is none. */
static const struct http_step *find_redirect(const struct http_location *location)
{
    const struct http_program *program = location->program;
    size_t i = 0;

    if (program == NULL || location->match == HTTP_MATCH_NAMELESS ||
        !http_program_always_answers(program))
        return NULL;
    while (program->steps[i].kind == HTTP_STEP_SET)
        i++;
    return program->steps[i].kind == HTTP_STEP_RETURN && program->steps[i].as.answer->is_redirect
               ? &program->steps[i]
               : NULL;
}

static bool is_same_directory(const struct http_location *a, const struct http_location *b)
{
    return !http_location_proxies(a) && !http_location_proxies(b) &&
           slice_equal(a->files->place.text, b->files->place.text);
}

/* The location of that name with a slash behind it. */
static const struct http_location *find_with_slash(const struct http_server *server,
                                                   struct slice path)
{
    for (size_t i = 0; i < server->location_count; i++) {
        const struct http_location *location = server->locations[i];
        bool is_prefix =
            location->match == HTTP_MATCH_PREFIX || location->match == HTTP_MATCH_PREFIX_FINAL;

        if (is_prefix && location->path.len == path.len + 1 && slice_starts(location->path, path) &&
            slice_ends(location->path, SLICE("/")))
            return location;
    }
    return NULL;
}

static void warn(const struct http_lint *lint, const struct http_step *step,
                 const struct http_location *other, const char *label, struct slice message,
                 const char *help)
{
    struct conf_finding *finding = conf_report_add(lint->reader->report, CONF_WARNING, step->place,
                                                   "%.*s", HTTP_SHOW(message));

    finding->other = other == NULL ? (struct conf_place){0} : other->place;
    finding->other_label = slice_of(label);
    conf_finding_help(lint->reader->report, finding, "%s", help);
}

void http_conf_lint_redirect(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_step *step = find_redirect(location);
    const struct http_location *meant;
    struct http_found_location found;
    struct slice path;

    if (step == NULL || !http_template_is_plain(&step->as.answer->text, &path) ||
        !slice_starts(path, SLICE("/")))
        return;
    path = slice_cut(&path, '?');
    path = slice_cut(&path, '#');
    found = http_paths_find(lint->paths, path, lint->matcher);
    if (found.location == location || location == lint->server->own) {
        warn(lint, step, NULL, "", SLICE("this redirect leads to itself, without end"),
             "say where to in a `location` of its own that it does not lead to");
        return;
    }
    meant = find_with_slash(lint->server, path);
    if (meant == NULL || found.location == meant || found.adds_slash || found.failed ||
        slice_equal(found.location->path, path) || is_same_directory(found.location, meant))
        return;
    warn(lint, step, meant, "and not by this one",
         arena_format(&lint->reader->report->arena, "`%.*s` is answered by `%.*s`", HTTP_SHOW(path),
                      HTTP_SHOW(found.location->path.len > 0 ? found.location->path
                                                             : SLICE("the server itself"))),
         "write the slash at the end, too");
}
