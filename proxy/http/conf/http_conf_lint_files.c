#include "http/access/http_access_conf.h"
#include "http/conf/http_conf_lint.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/language/http_program.h"

static bool answers_always(const struct http_location *location)
{
    return location->program != NULL && http_program_always_answers(location->program);
}

/* Does it give files to whoever asks? Who says `allow` or `deny` has thought about it. */
static bool is_for_all(const struct http_lint *lint, const struct http_location *location)
{
    return !location->internal && !http_location_proxies(location) && !location->stub_status &&
           !http_location_asks(location) && location->auth_request == NULL &&
           location->access->rule_count == 0 && !answers_always(location) &&
           !answers_always(lint->server->own) && location->match != HTTP_MATCH_NAMED &&
           location->match != HTTP_MATCH_NAMELESS;
}

static bool is_hidden(const struct http_location *location, struct slice path)
{
    for (size_t i = 0; i + 1 < path.len; i++)
        if (path.at[i] == '/' && path.at[i + 1] == '.')
            return location->files->dotfiles == HTTP_DOTFILES_HIDE;
    return false;
}

/* The path that a client would ask for to get the file; at == NULL: none does. */
static struct slice path_of(const struct http_lint *lint, const struct http_location *location,
                            struct slice file)
{
    const struct http_place *place = &location->files->place;
    struct slice directory = place->text, below;

    if (slice_ends(directory, SLICE("/")))
        directory.len--;
    if (!slice_starts(file, directory))
        return SLICE_NONE;
    below = slice_from(file, directory.len);
    if (!slice_starts(below, SLICE("/")))
        return SLICE_NONE;
    if (!place->is_alias)
        return below;
    if (slice_ends(location->path, SLICE("/")))
        below = slice_from(below, 1);
    return arena_format(&lint->reader->report->arena, "%.*s%.*s", HTTP_SHOW(location->path),
                        HTTP_SHOW(below));
}

void http_conf_lint_exposure(const struct http_lint *lint, const struct http_secrets *secrets,
                             const struct http_location *location)
{
    const struct http_place *place = &location->files->place;

    if (place->text.len == 0 || place->has_variables || !place->takes_path ||
        !is_for_all(lint, location))
        return;
    for (size_t i = 0; i < secrets->count; i++) {
        struct slice path = path_of(lint, location, secrets->items[i].path);

        if (path.len == 0 || is_hidden(location, path) ||
            http_paths_find(lint->paths, path, lint->matcher).location != location)
            continue;
        conf_finding_help(lint->reader->report,
                          conf_report_add(lint->reader->report, CONF_WARNING,
                                          http_conf_place_of_files(location->scope),
                                          "%s is for the public: %.*s, which is served as %.*s",
                                          secrets->items[i].what, HTTP_SHOW(secrets->items[i].path),
                                          HTTP_SHOW(path)),
                          "put it elsewhere, or `location %.*s { deny all; }`", HTTP_SHOW(path));
    }
}
