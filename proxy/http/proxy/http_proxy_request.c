#include "base/chars.h"
#include "http/h1/http1_write.h"
#include "http/language/http_variables.h"
#include "http/message/http_uri.h"
#include "http/proxy/http_proxy_private.h"

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
 * normalised path, escaped again. Without a URI part the target goes as it came, unless it was
 * rewritten; after `rewrite … break` the URI part does not count. */
static struct slice backend_target(struct http_proxy *proxy)
{
    const struct http_proxy_target *target = &proxy->target;
    struct http_exchange *exchange = proxy->exchange;
    const struct http_request *request = &exchange->request;
    bool replaces = target->has_uri && !exchange->location_unbound;
    struct slice start = replaces ? target->uri : SLICE(""), path;
    struct text text;

    if (target->is_whole_uri)
        return target->uri;
    if (!target->has_uri && !exchange->target_changed)
        return request->raw_path;
    path = http_uri_escape(&exchange->arena,
                           slice_from(request->path, replaces ? exchange->location->path.len : 0));
    text = text_in(NULL, start.len + path.len + request->query.len + 1);
    text.at = arena_alloc(&exchange->arena, text.capacity);
    if (text.at == NULL)
        return SLICE_NONE;
    text_add(&text, start);
    text_add(&text, path);
    if (request->query.len > 0) {
        text_byte(&text, '?');
        text_add(&text, request->query);
    }
    return text_slice(&text);
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

/* Fields that are set, each with its value for this request. */
struct set_fields {
    const struct http_set_headers *set;
    struct slice *values;
    struct slice forwarded;         /* lines */
    struct slice destination, tags; /* Destination and If as the backend has them; at NULL: none */
    size_t size;                    /* of all of them as text */
};

static const struct slice *set_value(const struct set_fields *fields, enum http_field_id id)
{
    for (size_t i = 0; i < fields->set->count; i++)
        if (fields->set->items[i].id == id)
            return &fields->values[i];
    return NULL;
}

/* `proxy_set_header Connection close;` holds; `Connection "upgrade"` with `Upgrade $http_upgrade`,
 * as it is copied everywhere, asks for a WebSocket even where `websocket off` stands. What else
 * they may say is for frontd to say. */
static void decide_connection(struct http_proxy *proxy, const struct set_fields *fields)
{
    const struct slice *connection = set_value(fields, HTTP_FIELD_CONNECTION);
    const struct slice *upgrade = set_value(fields, HTTP_FIELD_UPGRADE);
    bool is_wanted = connection != NULL && upgrade != NULL && upgrade->len > 0 &&
                     http_value_has_token(*connection, SLICE("upgrade"));

    proxy->upgrades = proxy->exchange->request.wants_upgrade &&
                      proxy->conf->proxy_http_version == HTTP_PROXY_1_1 &&
                      (is_wanted || proxy->conf->websocket == HTTP_WEBSOCKET_AUTO);
    proxy->closes = proxy->conf->proxy_http_version == HTTP_PROXY_1_0 ||
                    (connection != NULL && http_value_has_token(*connection, SLICE("close")));
}

static void write_set_fields(struct text *out, const struct set_fields *fields)
{
    for (size_t i = 0; i < fields->set->count; i++)
        if (fields->values[i].len > 0 && !is_ours(fields->set->items[i].id))
            write_clean(out, fields->set->items[i].name, fields->values[i]);
}

/* A request in HTTP/1.1 must have a Host: $proxy_host unless the configuration gives one. */
static void write_host(struct text *out, const struct http_proxy *proxy,
                       const struct set_fields *fields)
{
    const struct slice *host = set_value(fields, HTTP_FIELD_HOST);

    if (host == NULL || host->len == 0)
        write_clean(out, SLICE("Host"), proxy->target.authority);
}

static bool says_length(const struct http_proxy *proxy)
{
    const struct http_request *request = &proxy->exchange->request;

    if (!proxy->conf->proxy_pass_request_body || proxy->exchange->drops_body)
        return false;
    return proxy->framing == HTTP_LENGTH ||
           http_field_value(request->fields, request->field_count, HTTP_FIELD_CONTENT_LENGTH).at !=
               NULL;
}

static void write_own_fields(struct text *out, const struct http_proxy *proxy)
{
    if (proxy->upgrades)
        text_add(out, SLICE("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    else if (proxy->closes)
        text_add(out, SLICE("Connection: close\r\n"));
    if (proxy->steps > 0) {
        text_add(out, HTTP_PROXY_STEPS_FIELD);
        text_add(out, SLICE(": "));
        text_number(out, proxy->steps);
        text_add(out, SLICE("\r\n"));
    }
    if (proxy->framing == HTTP_CHUNKED) {
        text_add(out, SLICE("Transfer-Encoding: chunked\r\n"));
    } else if (says_length(proxy)) {
        text_add(out, SLICE("Content-Length: "));
        text_number(out, proxy->content_length);
        text_add(out, SLICE("\r\n"));
    }
}

static struct slice client_value(const struct set_fields *fields, const struct http_field *field)
{
    if (field->id == HTTP_FIELD_DESTINATION && fields->destination.at != NULL)
        return fields->destination;
    if (field->id == HTTP_FIELD_IF && fields->tags.at != NULL)
        return fields->tags;
    return field->value;
}

static bool is_steps(const struct http_field *field)
{
    return slice_equal_fold(field->name, HTTP_PROXY_STEPS_FIELD);
}

static void write_client_fields(struct text *out, const struct http_proxy *proxy,
                                const struct set_fields *fields)
{
    const struct http_request *request = &proxy->exchange->request;
    const struct http_set_headers *set = &proxy->conf->set_header;
    bool drops = proxy->conf->forwarded_headers == HTTP_FORWARDED_AUTO;

    for (size_t i = 0; proxy->conf->proxy_pass_request_headers && i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];

        if (field->id != HTTP_FIELD_HOST && !is_ours(field->id) &&
            !http_proxy_is_hop_field(field, request->fields, request->field_count) &&
            !is_set(set, field) && !(proxy->steps > 0 && is_steps(field)) &&
            !(drops && http_proxy_is_forwarded_field(field->name)))
            http1_write_field(out, field->name, client_value(fields, field));
    }
}

static bool evaluate_set_fields(struct http_proxy *proxy, struct set_fields *fields)
{
    struct http_exchange *exchange = proxy->exchange;
    size_t count = proxy->conf->set_header.count;

    fields->set = &proxy->conf->set_header;
    fields->size = 0;
    fields->forwarded = fields->destination = fields->tags = SLICE_NONE;
    fields->values = arena_alloc(&exchange->arena, count * sizeof *fields->values + 1);
    for (size_t i = 0; fields->values != NULL && i < count; i++) {
        fields->values[i] = http_evaluate(exchange, &fields->set->items[i].value);
        fields->size += fields->set->items[i].name.len + fields->values[i].len + 4;
    }
    if (proxy->conf->forwarded_headers == HTTP_FORWARDED_AUTO)
        fields->forwarded = http_proxy_forwarded_fields(proxy);
    fields->size += fields->forwarded.len;
    return fields->values != NULL;
}

/* What names this server by the name that the client knows (RFC 4918 10.3 and 10.4). */
static void map_targets(struct http_proxy *proxy, struct set_fields *fields)
{
    const struct http_request *request = &proxy->exchange->request;
    const struct slice *set = set_value(fields, HTTP_FIELD_HOST);
    struct slice host = set == NULL || set->len == 0 ? proxy->target.authority : *set;
    struct slice value;

    if (request->method == HTTP_GET || request->method == HTTP_HEAD ||
        request->method == HTTP_POST || !proxy->conf->rewrite_destination)
        return;
    value = http_field_value(request->fields, request->field_count, HTTP_FIELD_DESTINATION);
    if (value.at != NULL)
        fields->destination = http_proxy_map_url(proxy, value, host);
    value = http_field_value(request->fields, request->field_count, HTTP_FIELD_IF);
    if (value.at != NULL)
        fields->tags = http_proxy_map_tags(proxy, value, host);
    fields->size += fields->destination.len + fields->tags.len;
}

static size_t client_fields_size(const struct http_request *request)
{
    size_t size = 0;

    for (size_t i = 0; i < request->field_count; i++)
        size += request->fields[i].name.len + request->fields[i].value.len + 4;
    return size;
}

static struct slice choose_method(struct http_proxy *proxy)
{
    const struct http_template *method = &proxy->conf->method;
    struct slice value;

    if (method->count == 0)
        return proxy->exchange->request.method_text;
    value = http_evaluate(proxy->exchange, method);
    if (value.len > 0 && chars_all(value, CHARS_TOKEN))
        return value;
    return proxy->exchange->request.method_text;
}

/* Room for our own fields and the words of the request line. */
#define OWN_SIZE 256

struct slice http_proxy_request_head(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    struct slice target = backend_target(proxy), method = choose_method(proxy);
    struct set_fields fields;
    struct text out;
    size_t size;

    if (target.at == NULL || !evaluate_set_fields(proxy, &fields))
        return SLICE_NONE;
    decide_connection(proxy, &fields);
    map_targets(proxy, &fields);
    size = OWN_SIZE + proxy->target.authority.len + method.len + target.len + fields.size +
           client_fields_size(&exchange->request);
    out = text_in(arena_alloc(&exchange->arena, size), size);
    if (out.at == NULL)
        return SLICE_NONE;
    text_add(&out, method);
    text_byte(&out, ' ');
    text_add(&out, target);
    text_add(&out, proxy->conf->proxy_http_version == HTTP_PROXY_1_0 ? SLICE(" HTTP/1.0\r\n")
                                                                     : SLICE(" HTTP/1.1\r\n"));
    write_set_fields(&out, &fields);
    text_add(&out, fields.forwarded);
    write_host(&out, proxy, &fields);
    write_own_fields(&out, proxy);
    write_client_fields(&out, proxy, &fields);
    text_add(&out, SLICE("\r\n"));
    return out.overflow ? SLICE_NONE : text_slice(&out);
}
