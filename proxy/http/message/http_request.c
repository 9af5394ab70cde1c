#include "http/message/http_request.h"

#include "base/chars.h"
#include "base/number.h"
#include "http/message/http_uri.h"

enum http_refusal http_request_check_method(struct http_request *request)
{
    if (request->method_text.len == 0 || request->method_text.len > HTTP_METHOD_MAX ||
        !chars_all(request->method_text, CHARS_TOKEN))
        return HTTP_REFUSED_METHOD;
    request->method = http_method_lookup(request->method_text);
    return HTTP_ACCEPTED;
}

size_t http_fields_count(const struct http_field *fields, size_t count, enum http_field_id id)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += fields[i].id == id;
    return found;
}

bool http_length_parse(struct slice value, uint64_t *length)
{
    return number_parse(value, INT64_MAX, length);
}

static enum http_refusal keep_host(struct arena *arena, struct slice host,
                                   struct http_request *request)
{
    char *lower = arena_alloc(arena, host.len + 1);

    if (lower == NULL)
        return HTTP_REFUSED_MEMORY;
    for (size_t i = 0; i < host.len; i++)
        lower[i] = chars_lower(host.at[i]);
    request->host = (struct slice){lower, host.len};
    return HTTP_ACCEPTED;
}

/* RFC 9112 3.2.2: the target's authority takes the place of the field, for everybody who reads it.
 */
static void replace_host(struct http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (request->fields[i].id == HTTP_FIELD_HOST)
            request->fields[i].value = request->authority;
}

enum http_refusal http_request_check_host(const struct http_field *fields, size_t count,
                                          struct arena *arena, struct http_request *request)
{
    size_t hosts = http_fields_count(fields, count, HTTP_FIELD_HOST);
    struct slice authority = http_field_value(fields, count, HTTP_FIELD_HOST);
    struct slice host;

    if (hosts == 0)
        return request->minor == 0 ? HTTP_ACCEPTED : HTTP_REFUSED_HOST_MISSING;
    if (hosts > 1)
        return HTTP_REFUSED_HOST_TWICE;
    if (!http_uri_parse_authority(authority, &host))
        return HTTP_REFUSED_HOST_INVALID;
    if (request->authority.at != NULL) {
        replace_host(request);
        return HTTP_ACCEPTED;
    }
    request->authority = authority;
    return keep_host(arena, host, request);
}

void http_request_drop_underscores(struct http_request *request)
{
    size_t kept = 0;

    for (size_t i = 0; request->has_underscores && i < request->field_count; i++)
        if (slice_find(request->fields[i].name, '_') == SLICE_NOT_FOUND)
            request->fields[kept++] = request->fields[i];
    if (request->has_underscores)
        request->field_count = kept;
    request->has_underscores = false;
}

/* A bit each. */
static const uint8_t once[HTTP_FIELD_COUNT] = {
    [HTTP_FIELD_AUTHORIZATION] = 1 << 0,     [HTTP_FIELD_EXPECT] = 1 << 1,
    [HTTP_FIELD_IF_MATCH] = 1 << 2,          [HTTP_FIELD_IF_NONE_MATCH] = 1 << 3,
    [HTTP_FIELD_IF_MODIFIED_SINCE] = 1 << 4, [HTTP_FIELD_IF_UNMODIFIED_SINCE] = 1 << 5,
    [HTTP_FIELD_IF_RANGE] = 1 << 6,
};

enum http_refusal http_request_check_once(const struct http_field *fields, size_t count)
{
    unsigned seen = 0, twice = 0;

    for (size_t i = 0; i < count; i++) {
        twice |= seen & once[fields[i].id];
        seen |= once[fields[i].id];
    }
    return twice == 0 ? HTTP_ACCEPTED : HTTP_REFUSED_FIELD_TWICE;
}

enum http_refusal http_request_check_length(const struct http_field *fields, size_t count,
                                            struct http_request *request)
{
    size_t lengths = http_fields_count(fields, count, HTTP_FIELD_CONTENT_LENGTH);

    if (lengths > 1)
        return HTTP_REFUSED_LENGTH_TWICE;
    if (lengths == 1) {
        if (!http_length_parse(http_field_value(fields, count, HTTP_FIELD_CONTENT_LENGTH),
                               &request->content_length))
            return HTTP_REFUSED_LENGTH_INVALID;
        request->framing = request->content_length > 0 ? HTTP_LENGTH : HTTP_NO_BODY;
    }
    return HTTP_ACCEPTED;
}

bool http_request_is_websocket(const struct http_field *fields, size_t count,
                               const struct http_request *request)
{
    return request->method == HTTP_GET && request->minor >= 1 && request->framing == HTTP_NO_BODY &&
           http_fields_count(fields, count, HTTP_FIELD_UPGRADE) == 1 &&
           slice_equal_fold(http_field_value(fields, count, HTTP_FIELD_UPGRADE),
                            SLICE("websocket")) &&
           http_fields_have_token(fields, count, HTTP_FIELD_CONNECTION, SLICE("upgrade")) &&
           http_fields_count(fields, count, HTTP_FIELD_SEC_WEBSOCKET_KEY) == 1 &&
           http_fields_count(fields, count, HTTP_FIELD_SEC_WEBSOCKET_VERSION) == 1;
}
