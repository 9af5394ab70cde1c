#pragma once

#include <stdbool.h>

struct conf_reader;
struct http_upstreams;

/* backend_start: do the names of all servers resolve, by their `resolver` or the system's? What
 * does not is a warning, or an error if `is_strict`. */
void http_upstream_names_check(struct conf_reader *reader, const struct http_upstreams *upstreams,
                               bool is_strict);
