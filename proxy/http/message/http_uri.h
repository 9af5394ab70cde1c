#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "base/text.h"
#include "http/message/http_message.h"
#include "http/message/http_rules.h"

#include <stdbool.h>
#include <stdint.h>

/* Request targets and paths. A request has two: the raw one, which goes to backends and logs as it
 * came, and the normalised one, by which everything is decided (reference/http.md 4.9). */

/* Takes request->target apart: fills in raw_path, query, has_query and path, and for the absolute
 * form also host and authority (RFC 9112 3.2). request->method must be set. */
enum http_refusal http_uri_parse_target(struct arena *arena, struct http_request *request)
    __attribute__((warn_unused_result));

/* Appends the normal form of a path (it begins with '/', no query): percent-escapes decoded once,
 * "." and ".." resolved, slashes merged. Never longer than `path`. */
enum http_refusal http_uri_normalise(struct slice path, struct text *normal)
    __attribute__((warn_unused_result));

/* host[:port], as in Host and in the absolute form: a name, an IPv4 address or an IPv6 address in
 * brackets. *host gets the part before the port, without one trailing dot, brackets kept. False
 * if it is anything else: user information, blanks, "..", a port above 65535, longer than a name
 * can be. */
bool http_uri_parse_authority(struct slice authority, struct slice *host)
    __attribute__((warn_unused_result));

/* A decoded `path` for a request line or a Location, with what no URI may contain as %HH, the bytes
 * that nginx escapes; the same bytes when nothing has to be. On the arena's ceiling: at == NULL. */
struct slice http_uri_escape(struct arena *arena, struct slice path);

/* The same for a part of a query: '&', '+' and ';' are escaped, too. */
struct slice http_uri_escape_argument(struct arena *arena, struct slice text);

/* For a value inside a query: what is neither a letter nor a digit nor one of -._~!*'(),|`@$ is
 * escaped, as set-misc has it. */
struct slice http_uri_escape_component(struct arena *arena, struct slice text);
