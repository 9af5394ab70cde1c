#include "http/http_route.h"

#include <stdlib.h>

enum path_kind {
    PATH_EXACT,     /* "= /x" */
    PATH_SLASHLESS, /* "/x", where "/x/" hands to a backend: nginx sends the client there, unless
                       "/x" is a location of its own */
};

/* The locations of one server. */
struct route_server {
    const struct http_server *server;
    struct http_table paths;               /* kinds: see enum path_kind */
    const struct http_location **prefixes; /* longest first */
    size_t prefix_count;
};

struct http_route {
    struct http_table names;
    bool has_stars;
    struct route_server *servers; /* default first */
};

static int by_length(const void *a, const void *b)
{
    const struct http_location *const *left = a, *const *right = b;
    size_t left_len = (*left)->path.len, right_len = (*right)->path.len;

    return (left_len < right_len) - (left_len > right_len);
}

static void build_server(struct route_server *built, const struct http_server *server,
                         struct arena *arena)
{
    built->server = server;
    http_table_init(&built->paths, 2 * server->location_count, false, arena);
    built->prefixes = arena_alloc(arena, (server->location_count + 1) * sizeof *built->prefixes);
    for (size_t i = 0; i < server->location_count; i++) {
        const struct http_location *location = server->locations[i];

        if (location->match == HTTP_MATCH_EXACT)
            http_table_add(&built->paths, PATH_EXACT, location->path, location);
        else
            built->prefixes[built->prefix_count++] = location;
        if (http_location_proxies(location) && slice_ends(location->path, SLICE("/")))
            http_table_add(&built->paths, PATH_SLASHLESS,
                           slice_part(location->path, 0, location->path.len - 1), location);
    }
    if (built->prefix_count > 1)
        qsort(built->prefixes, built->prefix_count, sizeof *built->prefixes, by_length);
}

static size_t count_names(const http_server_pointer *servers, size_t count)
{
    size_t names = 0;

    for (size_t i = 0; i < count; i++)
        names += servers[i]->server_name.count;
    return names;
}

struct http_route *http_route_new(const http_server_pointer *servers, size_t count,
                                  struct arena *arena)
{
    struct http_route *route = arena_zero(arena, sizeof *route);

    http_table_init(&route->names, count_names(servers, count), false, arena);
    route->servers = arena_zero(arena, count * sizeof *route->servers);
    for (size_t i = 0; i < count; i++) {
        const struct http_names *names = &servers[i]->server_name;

        build_server(&route->servers[i], servers[i], arena);
        for (size_t k = 0; k < names->count; k++) {
            http_table_add(&route->names, names->items[k].kind, names->items[k].text,
                           &route->servers[i]);
            route->has_stars = route->has_stars || names->items[k].kind != HTTP_NAME_EXACT;
        }
    }
    return route;
}

static const struct route_server *find_server(const struct http_route *route, struct slice host)
{
    const struct route_server *server = http_table_find_host(&route->names, host, route->has_stars);

    return server == NULL ? &route->servers[0] : server;
}

static const struct http_location *find_prefix(const struct route_server *server, struct slice path)
{
    for (size_t i = 0; i < server->prefix_count; i++)
        if (slice_starts(path, server->prefixes[i]->path))
            return server->prefixes[i];
    return NULL;
}

static bool is_bare_prefix(const struct http_location *location, struct slice path)
{
    return location != NULL && location->path.len == path.len;
}

/* A `return` in the server block itself answers before any location is looked for. */
struct http_routed http_route_find(const struct http_route *route, struct slice host,
                                   struct slice path)
{
    const struct route_server *server = find_server(route, host);
    struct http_routed routed = {server->server, server->server->own, false};
    const struct http_location *location, *slashless;

    if (server->server->own->returns.present)
        return routed;
    location = http_table_find(&server->paths, PATH_EXACT, path);
    if (location == NULL) {
        location = find_prefix(server, path);
        slashless = is_bare_prefix(location, path)
                        ? NULL
                        : http_table_find(&server->paths, PATH_SLASHLESS, path);
        routed.adds_slash = slashless != NULL;
        if (slashless != NULL)
            location = slashless;
    }
    if (location != NULL)
        routed.location = location;
    return routed;
}
