#include "http/message/http_message.h"

#include "base/chars.h"

static const struct slice field_names[HTTP_FIELD_COUNT] = {
#define HTTP_FIELD(name, text) [HTTP_FIELD_##name] = {text, sizeof(text) - 1},
#include "http/message/http_fields.def"
#undef HTTP_FIELD
};

/* The rows of http_fields.def in order of length, so that a name is compared with a handful of
 * others; test_http_message.c checks that every row is found. */
#define LENGTH_MAX 25
#define SAME_MAX   4

/* clang-format off */
static const uint8_t fields_by_length[LENGTH_MAX + 1][SAME_MAX] = {
    [2] = {HTTP_FIELD_TE,             HTTP_FIELD_IF},
    [3] = {HTTP_FIELD_VIA},
    [4] = {HTTP_FIELD_HOST,           HTTP_FIELD_DATE, HTTP_FIELD_VARY},
    [5] = {HTTP_FIELD_RANGE,          HTTP_FIELD_PROXY, HTTP_FIELD_X_PAD},
    [6] = {HTTP_FIELD_COOKIE,          HTTP_FIELD_SERVER, HTTP_FIELD_EXPECT},
    [7] = {HTTP_FIELD_REFERER,         HTTP_FIELD_UPGRADE, HTTP_FIELD_TRAILER, HTTP_FIELD_REFRESH},
    [8] = {HTTP_FIELD_LOCATION,         HTTP_FIELD_IF_MATCH, HTTP_FIELD_IF_RANGE, HTTP_FIELD_PRIORITY},
    [10] = {HTTP_FIELD_CONNECTION,        HTTP_FIELD_USER_AGENT, HTTP_FIELD_KEEP_ALIVE,
            HTTP_FIELD_SET_COOKIE},
    [11] = {HTTP_FIELD_DESTINATION},
    [12] = {HTTP_FIELD_CONTENT_TYPE       },
    [13] = {HTTP_FIELD_IF_NONE_MATCH,       HTTP_FIELD_AUTHORIZATION, HTTP_FIELD_ACCEPT_RANGES},
    [14] = {HTTP_FIELD_CONTENT_LENGTH,                         HTTP_FIELD_HTTP2_SETTINGS},
    [15] = {HTTP_FIELD_ACCEPT_ENCODING,HTTP_FIELD_X_FORWARDED_FOR},
    [16] = {HTTP_FIELD_PROXY_CONNECTION,      HTTP_FIELD_X_ACCEL_REDIRECT, HTTP_FIELD_WWW_AUTHENTICATE},
    [17] = {HTTP_FIELD_IF_MODIFIED_SINCE,HTTP_FIELD_TRANSFER_ENCODING,
           HTTP_FIELD_SEC_WEBSOCKET_KEY, HTTP_FIELD_X_ACCEL_BUFFERING},
    [18] = {HTTP_FIELD_PROXY_AUTHENTICATE,    HTTP_FIELD_X_ACCEL_LIMIT_RATE},
    [19] = {HTTP_FIELD_IF_UNMODIFIED_SINCE,                  HTTP_FIELD_PROXY_AUTHORIZATION},
    [21] = {HTTP_FIELD_SEC_WEBSOCKET_VERSION},
};

#define METHOD(name) {{#name, sizeof #name - 1}, HTTP_##name}

static const struct {
    struct slice text;
    enum http_method method;
} methods[] = {
    METHOD(GET),    METHOD(HEAD),    METHOD(POST),    METHOD(PUT),
    METHOD(DELETE), METHOD(OPTIONS), METHOD(CONNECT), METHOD(TRACE),
};

#define REASON(code, text) {code, {text, sizeof text - 1}}

/* nginx's phrases where they differ from the registry's: people match on them. */
static const struct {
    unsigned status;
    struct slice reason;
} reasons[] = {
    REASON(100, "Continue"),
    REASON(101, "Switching Protocols"),
    REASON(103, "Early Hints"),
    REASON(200, "OK"),
    REASON(201, "Created"),
    REASON(202, "Accepted"),
    REASON(204, "No Content"),
    REASON(206, "Partial Content"),
    REASON(207, "Multi-Status"),
    REASON(301, "Moved Permanently"),
    REASON(302, "Moved Temporarily"),
    REASON(303, "See Other"),
    REASON(304, "Not Modified"),
    REASON(307, "Temporary Redirect"),
    REASON(308, "Permanent Redirect"),
    REASON(400, "Bad Request"),
    REASON(401, "Unauthorized"),
    REASON(402, "Payment Required"),
    REASON(403, "Forbidden"),
    REASON(404, "Not Found"),
    REASON(405, "Not Allowed"),
    REASON(406, "Not Acceptable"),
    REASON(408, "Request Time-out"),
    REASON(409, "Conflict"),
    REASON(410, "Gone"),
    REASON(411, "Length Required"),
    REASON(412, "Precondition Failed"),
    REASON(413, "Request Entity Too Large"),
    REASON(414, "Request-URI Too Large"),
    REASON(415, "Unsupported Media Type"),
    REASON(416, "Requested Range Not Satisfiable"),
    REASON(417, "Expectation Failed"),
    REASON(421, "Misdirected Request"),
    REASON(423, "Locked"),
    REASON(429, "Too Many Requests"),
    REASON(431, "Request Header Fields Too Large"),
    REASON(500, "Internal Server Error"),
    REASON(501, "Not Implemented"),
    REASON(502, "Bad Gateway"),
    REASON(503, "Service Temporarily Unavailable"),
    REASON(504, "Gateway Time-out"),
    REASON(505, "HTTP Version Not Supported"),
    REASON(507, "Insufficient Storage"),
    REASON(508, "Loop Detected"),
};

/* clang-format on */

enum http_field_id http_field_lookup(struct slice name)
{
    const uint8_t *candidates;

    if (name.len > LENGTH_MAX)
        return HTTP_FIELD_OTHER;
    candidates = fields_by_length[name.len];
    for (size_t i = 0; i < SAME_MAX && candidates[i] != HTTP_FIELD_OTHER; i++)
        if (slice_equal_fold(name, field_names[candidates[i]]))
            return (enum http_field_id)candidates[i];
    return HTTP_FIELD_OTHER;
}

enum http_method http_method_lookup(struct slice method)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (slice_equal(method, methods[i].text))
            return methods[i].method;
    return HTTP_OTHER;
}

struct slice http_field_value(const struct http_field *fields, size_t count, enum http_field_id id)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].id == id)
            return fields[i].value;
    return SLICE_NONE;
}

struct slice http_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return SLICE_NONE;
}

bool http_value_has_token(struct slice value, struct slice token)
{
    while (value.at != NULL)
        if (slice_equal_fold(slice_trim(slice_cut(&value, ',')), token))
            return true;
    return false;
}

bool http_fields_have_token(const struct http_field *fields, size_t count, enum http_field_id id,
                            struct slice token)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].id == id && http_value_has_token(fields[i].value, token))
            return true;
    return false;
}

bool http_status_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}
