#pragma once

#include "base/slice.h"
#include "http/message/http_rules.h"

#include <stddef.h>
#include <stdint.h>

/* Takes a chunked body apart (RFC 9112 7.1), strictly: reference/http.md 4.3. Pure: bytes in,
 * slices of them out. All zero is the initial state. */
struct http1_chunked {
    uint64_t left;                           /* of the present chunk */
    uint32_t extension_bytes, trailer_bytes; /* in this body */
    uint16_t line_bytes;                     /* of the present extension */
    uint8_t digits, trailer_fields;
    uint8_t state;
};

enum http1_chunked_result {
    HTTP1_CHUNKED_MORE,    /* all of the input was used, more is needed */
    HTTP1_CHUNKED_DATA,    /* *data holds bytes of the body */
    HTTP1_CHUNKED_DONE,    /* the body is complete, trailers read and dropped */
    HTTP1_CHUNKED_REFUSED, /* *refusal says why; the connection cannot go on */
};

/* Reads from `input`; *used bytes of it are done with. Call again with the rest after DATA. */
enum http1_chunked_result http1_chunked_read(struct http1_chunked *chunked, struct slice input,
                                             size_t *used, struct slice *data,
                                             enum http_refusal *refusal)
    __attribute__((warn_unused_result));
