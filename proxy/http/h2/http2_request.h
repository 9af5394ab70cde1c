#pragma once

#include "base/arena.h"
#include "http/h1/http1_parse.h"
#include "http/message/http_message.h"
#include "http/message/http_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request head of HTTP/2, put together from its decoded fields: RFC 9113 8.2 and 8.3,
 * reference/http.md 4.8. Pure. Every rule is kept here, whatever the library checks. */

/* A head being received. The first rule that is broken decides; what comes after it is looked at
 * only as far as the log needs it. */
struct http2_head {
    struct arena *arena;
    const struct http1_limits *limits;
    struct http_field *fields;
    size_t count, room;
    struct slice method, scheme, path, authority, protocol; /* pseudo-header fields */
    size_t list_len;                                        /* as RFC 9113 6.5.2 counts it */
    size_t first_cookie; /* index of the field that takes all crumbs; SIZE_MAX: none */
    size_t crumbs, crumbs_len;
    enum http_refusal refusal;
    bool has_regular; /* no pseudo-header field may follow */
    bool has_underscores;
};

/* `limits` (which stay): the largest :path, the largest field, the largest list of all. */
void http2_head_init(struct http2_head *head, struct arena *arena,
                     const struct http1_limits *limits);

/* The next field, in order; the bytes are copied. */
void http2_head_add(struct http2_head *head, struct slice name, struct slice value);

/* All fields are here; `ends`: no body follows. A refused request is filled in as far as it was
 * understood, for the log. Extended CONNECT for WebSocket (RFC 8441) becomes the GET that asks a
 * backend for it, with wants_upgrade. */
enum http_refusal http2_head_finish(struct http2_head *head, bool ends,
                                    struct http_request *request)
    __attribute__((warn_unused_result));

/* The rules for one field that is no pseudo-header field; of trailers, too. */
enum http_refusal http2_field_check(struct slice name, struct slice value)
    __attribute__((warn_unused_result));
