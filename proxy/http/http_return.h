#pragma once

#include "http/http_exchange.h"

/* Redirects and the answers of `return`. http_return_handle is declared in http_exchange.h. */

/* 301 to the location's own name, which ends in '/', with the query: where the path is that name
 * without the slash and the location hands to a backend. */
void http_return_slash(struct http_exchange *exchange);

/* `path` as an absolute URL on the name and port the client used: "https://host:8443/path". Made of
 * validated parts only; bytes that do not belong in a URL are escaped. */
struct slice http_absolute_url(struct http_exchange *exchange, struct slice path);
