#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/http_conf.h"

#include <stdbool.h>
#include <stddef.h>

/* From host and path to what the configuration says, for one listening address. Built once when a
 * worker starts, then constant; finding takes no memory and no time that grows with the number of
 * exact names. */
struct http_route;

/* servers[0] is the default one. Everything lives in `arena`. */
struct http_route *http_route_new(const http_server_pointer *servers, size_t count,
                                  struct arena *arena);

struct http_routed {
    const struct http_server *server;
    const struct http_location *location; /* never NULL: server->own where no location matches */
    bool adds_slash; /* answer with a redirect to `path` and a slash: http_return_slash */
};

/* Server: exact name, longest "*.x", longest "x.*", default. Location: "=", else the longest
 * prefix. `host`: lower case, without port (struct http_request.host); `path`: decoded and
 * normalised (struct http_request.path). */
struct http_routed http_route_find(const struct http_route *route, struct slice host,
                                   struct slice path);
