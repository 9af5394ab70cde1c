#pragma once

#include "http/http_exchange.h"

/* `path_policy strict`: a step of the access phase. A path that a backend might read otherwise than
 * frontd did when it chose the location is refused (reference/http.md 4.9). */

bool http_path_policy_applies(const struct http_location *location);
void http_path_policy_begin(struct http_exchange *exchange);

/* Has the path, as received and without the query, an encoded / \ . ; or NUL, or a double slash? */
bool http_path_is_ambiguous(struct slice raw_path);
