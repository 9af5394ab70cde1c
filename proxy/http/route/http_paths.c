#include "http/route/http_paths.h"

#include "http/language/http_table.h"

#include <stdlib.h>

struct path_node {
    const struct http_location *location;
    struct http_paths *inner; /* the locations inside; NULL: there are none */
};

/* The locations of one block. */
struct http_paths {
    const struct http_server *server;
    struct http_table names;    /* to struct http_location; kinds: enum name_kind */
    struct path_node *prefixes; /* longest first */
    size_t prefix_count;
    struct path_node *patterns; /* regular expressions, in the order written */
    size_t pattern_count;
};

enum name_kind {
    NAME_EXACT,     /* "= /x" */
    NAME_SLASHLESS, /* "/x", where "/x/" hands to a backend: nginx sends the client there, unless
                       "/x" is a location of its own */
};

/* Longer ones first; of two that say the same, the one written first. */
static int by_length(const void *a, const void *b)
{
    const struct path_node *left = a, *right = b;
    size_t left_len = left->location->path.len, right_len = right->location->path.len;

    if (left_len != right_len)
        return left_len < right_len ? 1 : -1;
    return (left->location->number > right->location->number) -
           (left->location->number < right->location->number);
}

static struct http_paths *build(const http_location_pointer *locations, size_t count,
                                struct arena *arena);

static void add_location(struct http_paths *paths, const struct http_location *location,
                         struct arena *arena)
{
    struct path_node node = {location, NULL};

    if (location->location_count > 0)
        node.inner = build(location->locations, location->location_count, arena);
    if (location->match == HTTP_MATCH_REGEX)
        paths->patterns[paths->pattern_count++] = node;
    else if (location->match == HTTP_MATCH_EXACT)
        (void)http_table_add(&paths->names, NAME_EXACT, location->path, location);
    else
        paths->prefixes[paths->prefix_count++] = node;
    if (location->match != HTTP_MATCH_REGEX && http_location_proxies(location) &&
        slice_ends(location->path, SLICE("/")))
        (void)http_table_add(&paths->names, NAME_SLASHLESS,
                             slice_part(location->path, 0, location->path.len - 1), location);
}

static struct http_paths *build(const http_location_pointer *locations, size_t count,
                                struct arena *arena)
{
    struct http_paths *paths = arena_zero(arena, sizeof *paths);

    http_table_init(&paths->names, 2 * count, false, arena);
    paths->prefixes = arena_zero(arena, (count + 1) * sizeof *paths->prefixes);
    paths->patterns = arena_zero(arena, (count + 1) * sizeof *paths->patterns);
    for (size_t i = 0; i < count; i++)
        if (locations[i]->match != HTTP_MATCH_NAMED)
            add_location(paths, locations[i], arena);
    if (paths->prefix_count > 1)
        qsort(paths->prefixes, paths->prefix_count, sizeof *paths->prefixes, by_length);
    return paths;
}

struct http_paths *http_paths_new(const struct http_server *server, struct arena *arena)
{
    struct http_paths *paths = build(server->locations, server->location_count, arena);

    paths->server = server;
    return paths;
}

/* How sure a location is: what was found in the blocks around may still change it. */
enum finding {
    FOUND_NOTHING,
    FOUND_PREFIX, /* a regular expression further out goes before it */
    FOUND,
};

struct search {
    struct slice path;
    struct http_matcher *matcher;
    struct http_found_location found;
};

static enum finding find(const struct http_paths *paths, struct search *search);

static const struct path_node *find_prefix(const struct http_paths *paths, struct slice path)
{
    for (size_t i = 0; i < paths->prefix_count; i++)
        if (slice_starts(path, paths->prefixes[i].location->path))
            return &paths->prefixes[i];
    return NULL;
}

static bool is_bare_prefix(const struct path_node *node, struct slice path)
{
    return node != NULL && node->location->path.len == path.len;
}

/* The locations inside may have used the matcher for expressions of theirs that did not match. */
static void find_inside(const struct path_node *node, struct search *search)
{
    const struct http_regex *regex = search->found.regex;

    if (node->inner == NULL)
        return;
    (void)find(node->inner, search);
    if (node->inner->pattern_count > 0 && search->found.regex == regex)
        search->found.failed =
            search->found.failed ||
            http_regex_match(regex, search->matcher, search->path) != HTTP_MATCHED;
}

static bool find_pattern(const struct http_paths *paths, struct search *search)
{
    for (size_t i = 0; i < paths->pattern_count; i++) {
        const struct path_node *node = &paths->patterns[i];

        switch (http_regex_match(node->location->regex, search->matcher, search->path)) {
        case HTTP_UNMATCHED:
            break;
        case HTTP_MATCHED:
            search->found =
                (struct http_found_location){node->location, node->location->regex, false, false};
            find_inside(node, search);
            return true;
        case HTTP_MATCH_FAILED:
            search->found.failed = true;
            return true;
        }
    }
    return false;
}

static enum finding find(const struct http_paths *paths, struct search *search)
{
    const struct http_location *named = http_table_find(&paths->names, NAME_EXACT, search->path);
    const struct path_node *prefix;

    if (named != NULL) {
        search->found.location = named;
        return FOUND;
    }
    prefix = find_prefix(paths, search->path);
    named = is_bare_prefix(prefix, search->path)
                ? NULL
                : http_table_find(&paths->names, NAME_SLASHLESS, search->path);
    if (named != NULL) {
        search->found.location = named;
        search->found.adds_slash = true;
        return FOUND;
    }
    if (prefix != NULL) {
        search->found.location = prefix->location;
        if (prefix->inner != NULL && find(prefix->inner, search) == FOUND)
            return FOUND;
        if (prefix->location->match == HTTP_MATCH_PREFIX_FINAL)
            return FOUND_PREFIX;
    }
    if (paths->pattern_count > 0 && find_pattern(paths, search))
        return FOUND;
    return prefix == NULL ? FOUND_NOTHING : FOUND_PREFIX;
}

struct http_found_location http_paths_find(const struct http_paths *paths, struct slice path,
                                           struct http_matcher *matcher)
{
    struct search search = {.path = path, .matcher = matcher};

    search.found.location = paths->server->own;
    (void)find(paths, &search);
    return search.found;
}
