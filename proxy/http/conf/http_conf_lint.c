#include "http/conf/http_conf_check.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_program.h"
#include "http/language/http_regex.h"

/* What is allowed and hardly ever meant (reference/http.md 5.7). */

static void warn(struct conf_reader *reader, enum conf_severity severity, struct conf_place place,
                 struct conf_place other, const char *message, const char *help)
{
    struct conf_finding *finding = conf_report_add(reader->report, severity, place, "%s", message);

    finding->other = other;
    finding->other_label = other.line == 0 ? SLICE_NONE : SLICE("because of this one");
    conf_finding_help(reader->report, finding, "%s", help);
}

/* Locations that no path reaches. */

static bool matches_all(struct slice pattern)
{
    static const char *const all[] = {"",     "^",      "/",       "^/",    ".",
                                      ".*",   "^.*",    "^/.*",    "^.*$",  "^/.*$",
                                      "(.*)", "^(.*)$", "^/(.*)$", "^/(.*)"};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (slice_equal(pattern, slice_of(all[i])))
            return true;
    return false;
}

static bool is_covered_by(const struct http_location *later, const struct http_location *earlier)
{
    return matches_all(earlier->path) || (slice_equal(earlier->path, later->path) &&
                                          (earlier->regex->any_case || !later->regex->any_case));
}

/* What every path begins with that "^/x/y\.z(…" matches, up to the first byte that means more. */
static struct slice literal_start(struct slice pattern)
{
    size_t len = 1;

    if (!slice_starts(pattern, SLICE("^")) || slice_find(pattern, '|') != SLICE_NOT_FOUND)
        return SLICE_NONE;
    while (len < pattern.len && strchr("\\.[](){}*+?|^$", pattern.at[len]) == NULL)
        len++;
    if (len < pattern.len && strchr("*?{", pattern.at[len]) != NULL)
        len--; /* that byte may be missing */
    return slice_part(pattern, 1, len - 1);
}

/* The "^~" location that takes every path that begins with `start`; NULL if one of a longer path
 * may come before it. */
static const struct http_location *find_final(const http_location_pointer *locations, size_t count,
                                              struct slice start)
{
    const struct http_location *best = NULL;

    for (size_t i = 0; i < count; i++)
        if ((locations[i]->match == HTTP_MATCH_PREFIX ||
             locations[i]->match == HTTP_MATCH_PREFIX_FINAL) &&
            slice_starts(start, locations[i]->path) &&
            (best == NULL || locations[i]->path.len > best->path.len))
            best = locations[i];
    if (best == NULL || best->match != HTTP_MATCH_PREFIX_FINAL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (locations[i]->match == HTTP_MATCH_PREFIX && locations[i] != best &&
            slice_starts(locations[i]->path, best->path))
            return NULL;
    return best;
}

static void lint_pattern(struct conf_reader *reader, const http_location_pointer *locations,
                         size_t count, size_t at)
{
    const struct http_location *location = locations[at], *final;
    struct slice start = literal_start(location->path);

    for (size_t i = 0; i < at; i++)
        if (locations[i]->match == HTTP_MATCH_REGEX && is_covered_by(location, locations[i])) {
            warn(reader, CONF_WARNING, location->place, locations[i]->place,
                 "no path reaches this location: the first regular expression that matches counts",
                 "put it before the other one");
            return;
        }
    final = start.len == 0 ? NULL : find_final(locations, count, start);
    if (final != NULL)
        warn(reader, CONF_WARNING, location->place, final->place,
             "no path reaches this location: `^~` goes before regular expressions",
             "leave out `^~`, or put this one inside that location");
}

void http_conf_lint_locations(struct conf_reader *reader, const http_location_pointer *locations,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (locations[i]->match == HTTP_MATCH_REGEX)
            lint_pattern(reader, locations, count, i);
        http_conf_lint_locations(reader, locations[i]->locations, locations[i]->location_count);
    }
}

/* Steps. */

static bool uses_path(const struct http_template *text)
{
    for (size_t i = 0; i < text->count; i++)
        if (text->parts[i].variable == HTTP_VARIABLE_URI ||
            text->parts[i].variable == HTTP_VARIABLE_DOCUMENT_URI)
            return true;
    return false;
}

/* Its escapes are gone: "/a%3Fb" would come out as another path, and in nginx "%0d%0a" as another
 * field. */
static void lint_redirect(struct conf_reader *reader, const struct http_step *step)
{
    if (step->as.answer->is_redirect && uses_path(&step->as.answer->text))
        warn(reader, CONF_NOTE, step->place, (struct conf_place){0},
             "`$uri` in a redirect is decoded: it is not what the client asked for",
             "write `$request_uri`, which has the query, too");
}

void http_conf_lint_program(struct conf_reader *reader, const struct conf_scope *scope,
                            const struct http_location *location)
{
    const struct http_program *program = location->program;

    for (size_t i = 0; program != NULL && i < program->count; i++)
        if (program->steps[i].kind == HTTP_STEP_RETURN)
            lint_redirect(reader, &program->steps[i]);
    if (program == NULL || scope->context != CONF_LOCATION || !http_location_asks(location) ||
        conf_directive_of(scope, "auth_basic") == NULL || !http_program_always_answers(program))
        return;
    warn(reader, CONF_WARNING, conf_directive_of(scope, "return")->name.place,
         location->auth_basic.place, "`return` answers before anybody is asked for a password",
         "as in nginx; leave out `auth_basic` here, or serve a file");
}
