#include "http/route/http_route.h"

#include "http/language/http_table.h"

#include <stdlib.h>

struct route_pattern {
    const struct http_name *name;
    const struct http_server *server;
};

struct http_route {
    struct http_table names; /* to struct http_server; kinds: enum http_name_kind */
    bool has_stars;
    bool is_sole; /* one server and no pattern: every search would end with `fallback` */
    struct route_pattern *patterns; /* in the order written */
    size_t pattern_count;
    const struct http_server *fallback;
};

static size_t count_names(const http_server_pointer *servers, size_t count)
{
    size_t names = 0;

    for (size_t i = 0; i < count; i++)
        names += servers[i]->server_name.count;
    return names;
}

/* Of two servers with one name the first counts, as in nginx. */
static void add_name(struct http_route *route, const struct http_name *name,
                     const struct http_server *server)
{
    if (name->kind == HTTP_NAME_REGEX)
        route->patterns[route->pattern_count++] = (struct route_pattern){name, server};
    else
        (void)http_table_add(&route->names, name->kind, name->text, server);
    if (name->kind == HTTP_NAME_LEADING_STAR || name->kind == HTTP_NAME_TRAILING_STAR)
        route->has_stars = true;
}

/* The default server stands first in the list, wherever it is written. */
static int compare_patterns(const void *a, const void *b)
{
    const struct route_pattern *left = a, *right = b;
    uint32_t l = left->server->own->number, r = right->server->own->number;

    if (l != r)
        return l < r ? -1 : 1;
    return (left->name > right->name) - (left->name < right->name);
}

struct http_route *http_route_new(const http_server_pointer *servers, size_t count,
                                  struct arena *arena)
{
    struct http_route *route = arena_zero(arena, sizeof *route);
    size_t name_count = count_names(servers, count);

    http_table_init(&route->names, name_count, false, arena);
    route->patterns = arena_zero(arena, (name_count + 1) * sizeof *route->patterns);
    route->fallback = servers[0];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < servers[i]->server_name.count; k++)
            add_name(route, &servers[i]->server_name.items[k], servers[i]);
    route->is_sole = count == 1 && route->pattern_count == 0;
    if (route->pattern_count > 1)
        qsort(route->patterns, route->pattern_count, sizeof *route->patterns, compare_patterns);
    return route;
}

struct http_found_server http_route_find(const struct http_route *route, struct slice host,
                                         struct http_matcher *matcher)
{
    const struct http_server *server;

    if (route->is_sole)
        return (struct http_found_server){.server = route->fallback};
    server = http_table_find_host(&route->names, host, route->has_stars);
    if (server != NULL)
        return (struct http_found_server){.server = server};
    for (size_t i = 0; i < route->pattern_count && host.len > 0; i++) {
        const struct route_pattern *pattern = &route->patterns[i];
        enum http_match_result result = http_regex_match(pattern->name->regex, matcher, host);

        if (result == HTTP_MATCHED)
            return (struct http_found_server){pattern->server, pattern->name->regex, false};
        if (result == HTTP_MATCH_FAILED)
            return (struct http_found_server){route->fallback, NULL, true};
    }
    return (struct http_found_server){.server = route->fallback};
}
