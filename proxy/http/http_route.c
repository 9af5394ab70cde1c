#include "http/http_route.h"

#include <stdlib.h>

/* A table from text to whatever; open addressing, at least half of it free. The kind keeps "x.org"
 * (a name), ".x.org" (of "*.x.org") and "www." (of "www.*") apart. */
struct route_slot {
    struct slice text;
    uint32_t kind;
    const void *value; /* NULL: free */
};

struct route_table {
    struct route_slot *slots;
    size_t slot_count; /* a power of two */
};

enum path_kind {
    PATH_EXACT,     /* "= /x" */
    PATH_SLASHLESS, /* "/x", where "/x/" hands to a backend: nginx sends the client there, unless
                       "/x" is a location of its own */
};

/* The locations of one server. */
struct route_server {
    const struct http_server *server;
    struct route_table paths;              /* kinds: see enum path_kind */
    const struct http_location **prefixes; /* longest first */
    size_t prefix_count;
};

struct http_route {
    struct route_table names;
    bool has_stars;
    struct route_server *servers; /* default first */
};

/* FNV-1a. */
static size_t hash_of(uint32_t kind, struct slice text)
{
    uint32_t hash = 2166136261u ^ kind;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
    return hash;
}

static struct route_slot *slot_of(const struct route_table *table, uint32_t kind, struct slice text)
{
    size_t mask = table->slot_count - 1;
    size_t at = hash_of(kind, text) & mask;

    while (table->slots[at].value != NULL &&
           (table->slots[at].kind != kind || !slice_equal(table->slots[at].text, text)))
        at = (at + 1) & mask;
    return &table->slots[at];
}

static void init_table(struct route_table *table, size_t count, struct arena *arena)
{
    table->slot_count = 4;
    while (table->slot_count < 2 * count)
        table->slot_count *= 2;
    table->slots = arena_zero(arena, table->slot_count * sizeof *table->slots);
}

/* The first one counts, as in nginx. */
static void add(struct route_table *table, uint32_t kind, struct slice text, const void *value)
{
    struct route_slot *slot = slot_of(table, kind, text);

    if (slot->value == NULL)
        *slot = (struct route_slot){text, kind, value};
}

static const void *find(const struct route_table *table, uint32_t kind, struct slice text)
{
    return slot_of(table, kind, text)->value;
}

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
    init_table(&built->paths, 2 * server->location_count, arena);
    built->prefixes = arena_alloc(arena, (server->location_count + 1) * sizeof *built->prefixes);
    for (size_t i = 0; i < server->location_count; i++) {
        const struct http_location *location = server->locations[i];

        if (location->match == HTTP_MATCH_EXACT)
            add(&built->paths, PATH_EXACT, location->path, location);
        else
            built->prefixes[built->prefix_count++] = location;
        if (http_location_proxies(location) && slice_ends(location->path, SLICE("/")))
            add(&built->paths, PATH_SLASHLESS,
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

    init_table(&route->names, count_names(servers, count), arena);
    route->servers = arena_zero(arena, count * sizeof *route->servers);
    for (size_t i = 0; i < count; i++) {
        const struct http_names *names = &servers[i]->server_name;

        build_server(&route->servers[i], servers[i], arena);
        for (size_t k = 0; k < names->count; k++) {
            add(&route->names, names->items[k].kind, names->items[k].text, &route->servers[i]);
            route->has_stars = route->has_stars || names->items[k].kind != HTTP_NAME_EXACT;
        }
    }
    return route;
}

/* "a.b.c": ".b.c", then ".c". */
static const struct route_server *find_leading_star(const struct http_route *route,
                                                    struct slice host)
{
    for (size_t i = 1; i < host.len; i++) {
        const void *found;

        if (host.at[i] != '.')
            continue;
        found = find(&route->names, HTTP_NAME_LEADING_STAR, slice_from(host, i));
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* "a.b.c": "a.b.", then "a.". */
static const struct route_server *find_trailing_star(const struct http_route *route,
                                                     struct slice host)
{
    for (size_t len = host.len; len > 1; len--) {
        const void *found;

        if (host.at[len - 1] != '.')
            continue;
        found = find(&route->names, HTTP_NAME_TRAILING_STAR, slice_part(host, 0, len));
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const struct route_server *find_server(const struct http_route *route, struct slice host)
{
    const struct route_server *server = find(&route->names, HTTP_NAME_EXACT, host);

    if (server == NULL && route->has_stars)
        server = find_leading_star(route, host);
    if (server == NULL && route->has_stars)
        server = find_trailing_star(route, host);
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
    location = find(&server->paths, PATH_EXACT, path);
    if (location == NULL) {
        location = find_prefix(server, path);
        slashless =
            is_bare_prefix(location, path) ? NULL : find(&server->paths, PATH_SLASHLESS, path);
        routed.adds_slash = slashless != NULL;
        if (slashless != NULL)
            location = slashless;
    }
    if (location != NULL)
        routed.location = location;
    return routed;
}
