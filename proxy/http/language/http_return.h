#pragma once

#include "http/http_exchange.h"

struct http_return;

/* Redirects and the answers of `return`. */

void http_return_answer(struct http_exchange *exchange, const struct http_return *answer);

/* To `url`, a path or a whole one, made safe here: what begins with '/' gets our own name. */
void http_return_redirect_url(struct http_exchange *exchange, unsigned status, struct slice url);

/* 301 to the location's own name, which ends in '/', with the query: where the path is that name
 * without the slash and the location hands to a backend. */
void http_return_slash(struct http_exchange *exchange);

/* 301 to `path` (decoded; it is escaped here) on the same host, with the query. */
void http_return_redirect_path(struct http_exchange *exchange, struct slice path);

/* What a configured URL may not contain, whatever variables brought it in: blanks, quotes, angle
 * brackets, backslashes and 8-bit bytes are escaped, control bytes dropped. '%', '?' and '#' stay,
 * they may be meant. */
struct slice http_return_escape_url(struct http_exchange *exchange, struct slice url);

/* `path` (it begins with '/', escaped already) as an absolute URL on the name and port the client
 * used: "https://host:8443/path". On the arena's ceiling: `path` itself. */
struct slice http_absolute_url(struct http_exchange *exchange, struct slice path);
