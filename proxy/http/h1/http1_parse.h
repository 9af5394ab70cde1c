#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "http/message/http_message.h"
#include "http/message/http_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HTTP/1 heads, strictly: reference/http.md 4.1 to 4.3 and 4.5. Pure: no clock, no log, no I/O. */

/* How large a head may be. */
struct http1_limits {
    uint32_t line, field, head;
};

extern const struct http1_limits http1_request_limits, http1_response_limits;

/* How far the search for the end of a head has come, so that no byte is looked at twice however
 * slowly they arrive. All zero is the initial state. */
struct http1_scan {
    uint32_t start;  /* where the head begins: behind empty lines */
    uint32_t line;   /* where the present line begins */
    uint32_t at;     /* bytes before this are searched */
    uint16_t fields; /* field lines so far */
    uint8_t empty_lines;
};

enum http1_result {
    HTTP1_MORE,
    HTTP1_DONE,    /* the head is input[start, at) */
    HTTP1_REFUSED, /* it will never be one */
};

/* Looks for the end of a head in `input`, which must begin with the same bytes as the last time.
 * Line ends and lengths are checked here, everything else by the two functions below. */
enum http1_result http1_scan_head(struct slice input, const struct http1_limits *limits,
                                  struct http1_scan *scan, enum http_refusal *refusal)
    __attribute__((warn_unused_result));

/* HTTP1_MORE: has only a request line come, one without a version? HTTP/0.9 ends there, so nothing
 * would follow; it is refused (reference/http.md 4.1-2). */
bool http1_is_versionless(struct slice input, const struct http1_scan *scan);

/* Both take a whole head, the empty line at its end included. Slices point into `head`, which must
 * live as long as the struct, and into `arena`. A refused request is filled in as far as it was
 * understood, for the log. */
enum http_refusal http1_parse_request(struct slice head, struct arena *arena,
                                      struct http_request *request)
    __attribute__((warn_unused_result));

/* `to_head`: the request was HEAD, so no body follows. */
enum http_refusal http1_parse_response(struct slice head, bool to_head, struct arena *arena,
                                       struct http_response *response)
    __attribute__((warn_unused_result));
