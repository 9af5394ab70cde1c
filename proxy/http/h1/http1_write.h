#pragma once

#include "base/slice.h"
#include "base/text.h"
#include "http/message/http_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HTTP/1 heads written anew from the struct: nothing of what was received passes unseen. Pure. */

/* What a response head says beyond the struct. */
struct http1_response_frame {
    struct slice date;     /* as http_date_format writes it */
    bool to_head;          /* the request was HEAD */
    bool close;            /* Connection: close */
    bool says_keep_alive;  /* Connection: keep-alive, for clients of HTTP/1.0 */
    uint32_t keep_alive_s; /* Keep-Alive: timeout=…; 0: none */
};

/* No fewer bytes than http1_write_response needs. */
size_t http1_response_size(const struct http_response *response);
void http1_write_response(struct text *out, const struct http_response *response,
                          const struct http1_response_frame *frame);

/* 1xx: status line and fields, nothing of ours. */
void http1_write_interim(struct text *out, const struct http_response *response);

/* One field line. */
void http1_write_field(struct text *out, struct slice name, struct slice value);

/* The line before `len` bytes of a chunk; a chunk is ended by CRLF, a body by HTTP1_LAST_CHUNK. */
#define HTTP1_CHUNK_LINE_MAX 20
#define HTTP1_LAST_CHUNK     SLICE("0\r\n\r\n")
void http1_write_chunk_line(struct text *out, size_t len);
