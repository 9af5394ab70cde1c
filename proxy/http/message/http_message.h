#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request or a response head as parsed, the same struct for HTTP/1 and HTTP/2. Slices point into
 * the exchange's arena. */

/* Methods that frontd itself has to know; all others are HTTP_OTHER and go by their text. */
enum http_method {
    HTTP_OTHER,
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_CONNECT,
    HTTP_TRACE,
};

/* Field names that frontd looks at, found once while parsing: rows of http_fields.def. */
enum http_field_id {
    HTTP_FIELD_OTHER,
#define HTTP_FIELD(name, text) HTTP_FIELD_##name,
#include "http/message/http_fields.def"
#undef HTTP_FIELD
    HTTP_FIELD_COUNT
};

struct http_field {
    struct slice name, value; /* as received; the value without blanks around it */
    enum http_field_id id;
};

/* How the end of a body is known (RFC 9112 6.3). */
enum http_framing {
    HTTP_NO_BODY,
    HTTP_LENGTH, /* content_length bytes */
    HTTP_CHUNKED,
    HTTP_TO_CLOSE, /* responses only */
};

#define HTTP_FIELDS_MAX 100 /* reference/http.md 4.1-6 */

struct http_request {
    struct slice line; /* the request line as received, for $request; may be cut if refused */
    struct slice method_text;
    struct slice target;   /* as received, absolute-form included: for logs and $request */
    struct slice raw_path; /* origin form with query, as received: what a proxy passes on */
    struct slice query;    /* after the '?', raw */
    bool has_query;
    struct slice path; /* decoded once, dots resolved, slashes merged: for routing, files, $uri */
    struct slice host; /* lower case, without port and trailing dot; from the target if absolute */
    struct slice authority; /* host[:port] to pass on: the target's, else the Host field's */
    struct http_field *fields;
    size_t field_count;
    uint64_t content_length; /* HTTP_LENGTH */
    enum http_method method;
    enum http_framing framing;
    uint8_t minor; /* HTTP/1.minor: 0 or 1; 1 in HTTP/2 */
    bool is_http2;
    bool keep_alive; /* the client may send another request after this one */
    bool expects_continue;
    bool wants_upgrade;   /* a valid WebSocket opening (reference/http.md 4.7) */
    bool has_underscores; /* in names of fields: http_request_drop_underscores */
    bool keeps_slashes;   /* merge_slashes off; set before the request is read */
};

struct http_response {
    uint16_t status;
    struct slice reason; /* empty: the usual phrase */
    struct http_field *fields;
    size_t field_count;
    uint64_t content_length;
    enum http_framing framing;
    uint8_t minor;
    bool keep_alive;   /* a backend's: the connection can be reused */
    bool hides_server; /* no Server field of ours: server_tokens, add_header Server */
};

/* Value of the first field `id`; at == NULL if there is none. */
struct slice http_field_value(const struct http_field *fields, size_t count, enum http_field_id id);

/* Is `token` (any case) an element of the comma-separated list, of any field `id`? */
bool http_value_has_token(struct slice value, struct slice token);
bool http_fields_have_token(const struct http_field *fields, size_t count, enum http_field_id id,
                            struct slice token);

/* False for 1xx, 204 and 304, which end after the head (RFC 9112 6.3). */
bool http_status_has_body(unsigned status);

/* The usual phrase as nginx writes it: "Moved Temporarily" for 302; empty for unknown codes. */
struct slice http_reason(unsigned status);

enum http_field_id http_field_lookup(struct slice name);
enum http_method http_method_lookup(struct slice method);
