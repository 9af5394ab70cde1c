#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/conf/http_conf.h"
#include "http/language/http_regex.h"

#include <stdbool.h>
#include <stddef.h>

/* From host to server, for one listening address. Built once when a worker starts, then constant;
 * finding takes no memory and no time that grows with the number of names, but for that of regular
 * expressions. */
struct http_route;

/* servers[0] is the default one. Everything lives in `arena`. */
struct http_route *http_route_new(const http_server_pointer *servers, size_t count,
                                  struct arena *arena);

struct http_found_server {
    const struct http_server *server; /* never NULL */
    const struct http_regex *regex; /* the matcher has its groups; NULL: there was none to match */
    bool failed; /* a regular expression reached a limit: nobody knows whose the name is */
};

/* Exact name, longest "*.x", longest "x.*", the regular expression that is written first, default.
 * `host`: lower case, without port (struct http_request.host). */
struct http_found_server http_route_find(const struct http_route *route, struct slice host,
                                         struct http_matcher *matcher);
