#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/conf/http_conf.h"
#include "http/language/http_regex.h"

#include <stdbool.h>

/* From a path to a location of one server, as nginx finds it (reference/http.md 1.4). Built once
 * when a worker starts, then constant; finding takes no memory. */
struct http_paths;

struct http_paths *http_paths_new(const struct http_server *server, struct arena *arena);

struct http_found_location {
    const struct http_location *location; /* the server's own where none matches */
    const struct http_regex *regex; /* the matcher has its groups; NULL: there was none to match */
    bool adds_slash; /* answer with a redirect to `path` and a slash: http_return_slash */
    bool failed;     /* a regular expression took too much: nobody knows which location it is */
};

/* `path`: decoded and normalised (struct http_request.path). "=", else the longest prefix; unless
 * that is a "^~", the first regular expression that matches goes before it. The same again among
 * the locations inside the one that was found. */
struct http_found_location http_paths_find(const struct http_paths *paths, struct slice path,
                                           struct http_matcher *matcher);
