#include "base/chars.h"
#include "http/http1_write.h"
#include "http/http_proxy_private.h"
#include "http/http_uri.h"
#include "http/http_variables.h"

/* RFC 9110 9.2.2 and the IANA method registry. */
static const struct slice idempotent_extensions[] = {
#define ROW(name)                                                                                  \
    {                                                                                              \
        name, sizeof(name) - 1                                                                     \
    }
    ROW("PROPFIND"), ROW("REPORT"), ROW("SEARCH"), ROW("PROPPATCH"),  ROW("MKCOL"),
    ROW("COPY"),     ROW("MOVE"),   ROW("UNLOCK"), ROW("MKCALENDAR"), ROW("ACL"),
#undef ROW
};

bool http_proxy_is_idempotent(const struct http_request *request)
{
    switch (request->method) {
    case HTTP_GET:
    case HTTP_HEAD:
    case HTTP_PUT:
    case HTTP_DELETE:
    case HTTP_OPTIONS:
    case HTTP_TRACE:
        return true;
    case HTTP_POST:
    case HTTP_CONNECT:
    case HTTP_OTHER:
        break;
    }
    for (size_t i = 0; i < sizeof idempotent_extensions / sizeof idempotent_extensions[0]; i++)
        if (slice_equal(request->method_text, idempotent_extensions[i]))
            return true;
    return false;
}

/* Fields that say something about one connection or its framing: never passed on. */
static bool is_connection_field(enum http_field_id id)
{
    switch ((int)id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TE:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_CONTENT_LENGTH:
    case HTTP_FIELD_UPGRADE:
    case HTTP_FIELD_TRAILER:
    case HTTP_FIELD_PROXY_AUTHENTICATE:
    case HTTP_FIELD_PROXY_AUTHORIZATION:
    case HTTP_FIELD_HTTP2_SETTINGS:
    case HTTP_FIELD_PROXY: /* httpoxy */
        return true;
    default:
        return false;
    }
}

/* A peer may not have these removed by naming them in Connection (reference/http.md 4.4). */
static bool is_end_to_end(const struct http_field *field)
{
    return field->id == HTTP_FIELD_HOST || field->id == HTTP_FIELD_CONTENT_TYPE ||
           field->id == HTTP_FIELD_AUTHORIZATION || field->id == HTTP_FIELD_COOKIE ||
           slice_starts_fold(field->name, SLICE("X-Forwarded-")) ||
           slice_equal_fold(field->name, SLICE("X-Real-IP"));
}

bool http_proxy_is_hop_field(const struct http_field *field, const struct http_field *fields,
                             size_t count)
{
    if (is_connection_field(field->id))
        return true;
    return http_fields_have_token(fields, count, HTTP_FIELD_CONNECTION, field->name) &&
           !is_end_to_end(field);
}

/* Request line. */

/* The URI part of proxy_pass takes the place of what the location matched; the rest is the
 * normalised path, escaped again. Without a URI part the target goes as it came. */
static struct slice backend_target(struct http_exchange *exchange)
{
    const struct http_proxy_pass *pass = &exchange->location->proxy->pass;
    const struct http_request *request = &exchange->request;
    struct slice path, target;
    struct text text;

    if (!pass->has_uri)
        return request->raw_path;
    path =
        http_uri_escape(&exchange->arena, slice_from(request->path, exchange->location->path.len));
    text = text_in(NULL, pass->uri.len + path.len + request->query.len + 1);
    text.at = arena_alloc(&exchange->arena, text.capacity);
    if (text.at == NULL)
        return SLICE_NONE;
    text_add(&text, pass->uri);
    text_add(&text, path);
    if (request->query.len > 0) {
        text_byte(&text, '?');
        text_add(&text, request->query);
    }
    target = text_slice(&text);
    return target;
}

/* Fields. */

/* Ours, whatever the configuration or the client says. */
static bool is_ours(enum http_field_id id)
{
    return is_connection_field(id) || id == HTTP_FIELD_EXPECT;
}

static bool is_set(const struct http_set_headers *set, const struct http_field *field)
{
    for (size_t i = 0; i < set->count; i++)
        if (field->id != HTTP_FIELD_OTHER ? set->items[i].id == field->id
                                          : slice_equal_fold(set->items[i].name, field->name))
            return true;
    return false;
}

/* Control bytes never leave in a field, wherever they came from (reference/http.md 4.10). */
static void write_clean(struct text *out, struct slice name, struct slice value)
{
    if (chars_all(value, CHARS_FIELD)) {
        http1_write_field(out, name, value);
        return;
    }
    text_add(out, name);
    text_add(out, SLICE(": "));
    for (size_t i = 0; i < value.len; i++)
        if (chars_is(value.at[i], CHARS_FIELD))
            text_byte(out, value.at[i]);
    text_add(out, SLICE("\r\n"));
}

static void write_set_fields(struct text *out, struct http_proxy *proxy, const struct slice *values)
{
    const struct http_set_headers *set = &proxy->exchange->location->proxy->set_header;

    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].id == HTTP_FIELD_CONNECTION)
            proxy->closes = http_value_has_token(values[i], SLICE("close"));
        else if (values[i].len > 0 && !is_ours(set->items[i].id))
            write_clean(out, set->items[i].name, values[i]);
    }
}

/* A request in HTTP/1.1 must have a Host: $proxy_host unless the configuration gives one. */
static void write_host(struct text *out, const struct http_proxy *proxy, const struct slice *values)
{
    const struct http_location *location = proxy->exchange->location;

    for (size_t i = 0; i < location->proxy->set_header.count; i++)
        if (location->proxy->set_header.items[i].id == HTTP_FIELD_HOST && values[i].len > 0)
            return;
    write_clean(out, SLICE("Host"), location->proxy->pass.authority);
}

static void write_own_fields(struct text *out, const struct http_proxy *proxy)
{
    const struct http_request *request = &proxy->exchange->request;

    if (request->wants_upgrade)
        text_add(out, SLICE("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    else if (proxy->closes)
        text_add(out, SLICE("Connection: close\r\n"));
    if (proxy->exchange->drops_body)
        return;
    if (request->framing == HTTP_CHUNKED) {
        text_add(out, SLICE("Transfer-Encoding: chunked\r\n"));
    } else if (request->framing == HTTP_LENGTH ||
               http_field_value(request->fields, request->field_count, HTTP_FIELD_CONTENT_LENGTH)
                       .at != NULL) {
        text_add(out, SLICE("Content-Length: "));
        text_number(out, request->content_length);
        text_add(out, SLICE("\r\n"));
    }
}

static void write_client_fields(struct text *out, const struct http_proxy *proxy)
{
    const struct http_request *request = &proxy->exchange->request;
    const struct http_set_headers *set = &proxy->exchange->location->proxy->set_header;

    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];

        if (field->id != HTTP_FIELD_HOST && !is_ours(field->id) &&
            !http_proxy_is_hop_field(field, request->fields, request->field_count) &&
            !is_set(set, field))
            http1_write_field(out, field->name, field->value);
    }
}

static struct slice *evaluate_set_fields(struct http_exchange *exchange, size_t *size)
{
    const struct http_set_headers *set = &exchange->location->proxy->set_header;
    struct slice *values = arena_alloc(&exchange->arena, set->count * sizeof *values + 1);

    for (size_t i = 0; values != NULL && i < set->count; i++) {
        values[i] = http_evaluate(exchange, &set->items[i].value);
        *size += set->items[i].name.len + values[i].len + 4;
    }
    return values;
}

static size_t client_fields_size(const struct http_request *request)
{
    size_t size = 0;

    for (size_t i = 0; i < request->field_count; i++)
        size += request->fields[i].name.len + request->fields[i].value.len + 4;
    return size;
}

struct slice http_proxy_request_head(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    struct slice target = backend_target(exchange);
    size_t size = 256 + exchange->location->proxy->pass.authority.len +
                  exchange->request.method_text.len + target.len +
                  client_fields_size(&exchange->request);
    struct slice *values = evaluate_set_fields(exchange, &size);
    struct text out = text_in(arena_alloc(&exchange->arena, size), size);

    if (target.at == NULL || values == NULL || out.at == NULL)
        return SLICE_NONE;
    text_add(&out, exchange->request.method_text);
    text_byte(&out, ' ');
    text_add(&out, target);
    text_add(&out, SLICE(" HTTP/1.1\r\n"));
    write_set_fields(&out, proxy, values);
    write_host(&out, proxy, values);
    write_own_fields(&out, proxy);
    write_client_fields(&out, proxy);
    text_add(&out, SLICE("\r\n"));
    return out.overflow ? SLICE_NONE : text_slice(&out);
}
