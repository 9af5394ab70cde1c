#include "http/http_variables.h"

#include "base/chars.h"
#include "base/text.h"
#include "http/http_basic.h"
#include "http/http_conf.h"
#include "http/http_service.h"
#include "net/loop.h"
#include "net/stream.h"
#include "relay/listen.h"
#include "relay/session.h"
#include "relay/worker.h"
#include "tls/tls_layer.h"

/* One function a variable, all of the same form; none of them fails, what is not there is
 * SLICE_NONE. Names that the configuration gave are in part->text. */

#define NUMBER_MAX 24

static struct slice keep_text(struct http_exchange *exchange, const struct text *text)
{
    return arena_keep(&exchange->arena, text_slice(text));
}

static struct slice number(struct http_exchange *exchange, uint64_t value)
{
    char memory[NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    text_number(&text, value);
    return keep_text(exchange, &text);
}

/* Seconds with three digits behind the point. */
static struct slice seconds(struct http_exchange *exchange, uint64_t ms)
{
    char memory[NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    text_number(&text, ms / 1000);
    text_byte(&text, '.');
    text_pad(&text, ms % 1000, 3);
    return keep_text(exchange, &text);
}

static struct slice present(struct slice value)
{
    return value.len > 0 ? value : SLICE_NONE;
}

static uint64_t wall_us(const struct http_exchange *exchange)
{
    return loop_wall_us(exchange->session->worker->loop);
}

static struct slice find_field(const struct http_field *fields, size_t count,
                               const struct http_template_part *part)
{
    if (part->id != HTTP_FIELD_OTHER)
        return http_field_value(fields, count, part->id);
    for (size_t i = 0; i < count; i++)
        if (fields[i].id == HTTP_FIELD_OTHER && slice_equal_fold(fields[i].name, part->text))
            return fields[i].value;
    return SLICE_NONE;
}

static struct slice field(const struct http_exchange *exchange, enum http_field_id id)
{
    return http_field_value(exchange->request.fields, exchange->request.field_count, id);
}

/* The request. */

static struct slice query(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return present(exchange->request.query);
}

static struct slice is_args(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return exchange->request.query.len > 0 ? SLICE("?") : SLICE("");
}

static struct slice argument(struct http_exchange *exchange, const struct http_template_part *part)
{
    struct slice rest = exchange->request.query;

    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, '&');
        struct slice name = slice_cut(&value, '=');

        if (slice_equal_fold(name, part->text))
            return value;
    }
    return SLICE_NONE;
}

static struct slice cookie_in(struct slice list, struct slice name)
{
    while (list.len > 0) {
        struct slice value = slice_trim(slice_cut(&list, ';'));
        struct slice found = slice_cut(&value, '=');

        if (slice_equal_fold(found, name))
            return value;
    }
    return SLICE_NONE;
}

static struct slice cookie(struct http_exchange *exchange, const struct http_template_part *part)
{
    for (size_t i = 0; i < exchange->request.field_count; i++) {
        const struct http_field *sent = &exchange->request.fields[i];
        struct slice value =
            sent->id == HTTP_FIELD_COOKIE ? cookie_in(sent->value, part->text) : SLICE_NONE;

        if (value.at != NULL)
            return value;
    }
    return SLICE_NONE;
}

static struct slice request_field(struct http_exchange *exchange,
                                  const struct http_template_part *part)
{
    return find_field(exchange->request.fields, exchange->request.field_count, part);
}

static struct slice content_length(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return field(exchange, HTTP_FIELD_CONTENT_LENGTH);
}

static struct slice content_type(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    return field(exchange, HTTP_FIELD_CONTENT_TYPE);
}

static struct slice uri(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return present(exchange->request.path);
}

static struct slice request_line(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    return present(exchange->request.line);
}

static struct slice request_uri(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)part;
    return present(exchange->request.raw_path);
}

static struct slice request_method(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return present(exchange->request.method_text);
}

static struct slice request_length(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->request_length);
}

static struct slice server_protocol(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    if (exchange->request.method_text.len == 0)
        return SLICE_NONE;
    return exchange->request.minor == 0 ? SLICE("HTTP/1.0") : SLICE("HTTP/1.1");
}

/* 128 bits that nobody outside can guess, the same at each use: the words that tell exchanges of
 * this worker apart, mixed with its secret (splitmix64's finaliser). */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static struct slice request_id(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    const uint64_t *secret = http_content_of(exchange)->secret;
    uint64_t first = mix(mix(secret[0] + exchange->session->id) + exchange->number);
    uint64_t second = mix(mix(secret[1] ^ first) + exchange->started_us);

    (void)part;
    return arena_format(&exchange->arena, "%016llx%016llx", (unsigned long long)first,
                        (unsigned long long)second);
}

static struct slice request_time(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    uint64_t now = wall_us(exchange);

    (void)part;
    return seconds(exchange, now > exchange->started_us ? (now - exchange->started_us) / 1000 : 0);
}

/* The name of Basic authentication, whoever checks the password. */
static struct slice remote_user(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    struct http_basic basic;

    (void)part;
    if (!http_basic_parse(field(exchange, HTTP_FIELD_AUTHORIZATION), &basic))
        return SLICE_NONE;
    return arena_keep(&exchange->arena, basic.user);
}

/* The connection. */

static struct slice address(struct http_exchange *exchange, const struct address *value)
{
    char memory[ADDRESS_TEXT_MAX];
    struct text text = text_in(memory, sizeof memory);

    address_text(value, &text);
    return keep_text(exchange, &text);
}

static struct slice remote_address(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return address(exchange, &exchange->session->address);
}

static struct slice remote_port(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->session->address.port);
}

static struct slice server_address(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    struct address local = session_local_address(exchange->session);

    (void)part;
    return local.family == 0 ? SLICE_NONE : address(exchange, &local);
}

static struct slice server_port(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->session->listen->address.port);
}

static struct slice connection(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->session->id);
}

static struct slice connection_requests(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->number);
}

static struct slice https(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return exchange->session->listen->tls ? SLICE("on") : SLICE("");
}

static struct slice scheme(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return exchange->session->listen->tls ? SLICE("https") : SLICE("http");
}

static struct slice tls_cipher(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    return present(session_tls_cipher(exchange->session));
}

static struct slice tls_protocol(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    return present(session_tls_protocol(exchange->session));
}

static struct slice tls_server_name(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    return present(session_server_name(exchange->session));
}

static struct slice tls_resumed(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    const struct session *session = exchange->session;

    (void)part;
    if (session->client == NULL || !session_is_secure(session))
        return SLICE_NONE;
    return tls_layer_resumed(stream_transform_of(session->client)) ? SLICE("r") : SLICE(".");
}

/* What the configuration says. */

static struct slice server_name(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)part;
    return exchange->server == NULL ? SLICE_NONE : exchange->server->name;
}

static struct slice host(struct http_exchange *exchange, const struct http_template_part *part)
{
    if (exchange->request.host.len > 0)
        return exchange->request.host;
    return server_name(exchange, part);
}

static struct slice document_root(struct http_exchange *exchange,
                                  const struct http_template_part *part)
{
    (void)part;
    return exchange->location == NULL ? SLICE_NONE : present(exchange->location->root);
}

static struct slice request_filename(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    struct slice root = document_root(exchange, part), path = exchange->request.path;
    char *memory = arena_alloc(&exchange->arena, root.len + path.len);
    struct text text = text_in(memory, memory == NULL ? 0 : root.len + path.len);

    text_add(&text, root);
    text_add(&text, path);
    return present(text_slice(&text));
}

static struct slice proxy_host(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    if (exchange->location == NULL || !http_location_proxies(exchange->location))
        return SLICE_NONE;
    return exchange->location->proxy->pass.authority;
}

static struct slice proxy_port(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    if (exchange->location == NULL || !http_location_proxies(exchange->location))
        return SLICE_NONE;
    return number(exchange, exchange->location->proxy->pass.target.port);
}

/* Every X-Forwarded-For of the request, then the client. */
static struct slice forwarded_for(struct http_exchange *exchange,
                                  const struct http_template_part *part)
{
    const struct http_request *request = &exchange->request;
    struct slice client = remote_address(exchange, part);
    size_t len = client.len;
    struct text text;

    for (size_t i = 0; i < request->field_count; i++)
        if (request->fields[i].id == HTTP_FIELD_X_FORWARDED_FOR)
            len += request->fields[i].value.len + 2;
    if (len == client.len)
        return client;
    text = text_in(arena_alloc(&exchange->arena, len), len);
    if (text.at == NULL)
        return client;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != HTTP_FIELD_X_FORWARDED_FOR)
            continue;
        text_add(&text, request->fields[i].value);
        text_add(&text, SLICE(", "));
    }
    text_add(&text, client);
    return text_slice(&text);
}

/* The answer. */

static struct slice status(struct http_exchange *exchange, const struct http_template_part *part)
{
    char memory[NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    (void)part;
    text_pad(&text, exchange->response.status, 3);
    return keep_text(exchange, &text);
}

static struct slice body_bytes_sent(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->body_sent);
}

static struct slice bytes_sent(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    (void)part;
    return number(exchange, exchange->bytes_sent);
}

static struct slice response_field(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    const struct http_response *response = &exchange->response;

    if (part->id == HTTP_FIELD_CONTENT_LENGTH && response->framing == HTTP_LENGTH)
        return number(exchange, response->content_length);
    if (part->id == HTTP_FIELD_TRANSFER_ENCODING && response->framing == HTTP_CHUNKED)
        return SLICE("chunked");
    if (part->id == HTTP_FIELD_CONNECTION && exchange->head_sent)
        return exchange->close_after ? SLICE("close") : SLICE("keep-alive");
    return find_field(response->fields, response->field_count, part);
}

static struct slice backend_address(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    char memory[ADDRESS_TEXT_MAX];
    struct text text = text_in(memory, sizeof memory);

    (void)part;
    if (exchange->backend_address.family == 0)
        return SLICE_NONE;
    address_port_text(&exchange->backend_address, &text);
    return keep_text(exchange, &text);
}

static struct slice backend_status(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return exchange->backend_status == 0 ? SLICE_NONE : number(exchange, exchange->backend_status);
}

static struct slice backend_time(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    if (exchange->backend_address.family == 0)
        return SLICE_NONE;
    return seconds(exchange, exchange->backend_ms);
}

/* This process. */

static struct slice hostname(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_content_of(exchange)->hostname;
}

static struct slice pid(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_content_of(exchange)->pid;
}

static struct slice msec(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return seconds(exchange, wall_us(exchange) / 1000);
}

static struct slice time_local(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    const struct http_clock *clock = http_content_clock(http_content_of(exchange));

    (void)part;
    return (struct slice){clock->local, sizeof clock->local};
}

static struct slice time_iso8601(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    const struct http_clock *clock = http_content_clock(http_content_of(exchange));

    (void)part;
    return (struct slice){clock->iso8601, sizeof clock->iso8601};
}

typedef struct slice value_function(struct http_exchange *exchange,
                                    const struct http_template_part *part);

static value_function *const values[HTTP_VARIABLE_COUNT] = {
#define VARIABLE(name, text, is_prefix, value) [HTTP_VARIABLE_##name] = value,
#include "http/http_variables.def"
#undef VARIABLE
};

struct slice http_variable_value(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    if (part->variable == HTTP_VARIABLE_NONE)
        return part->text;
    return values[part->variable](exchange, part);
}

struct slice http_evaluate(struct http_exchange *exchange, const struct http_template *text)
{
    struct slice *parts;
    struct text result;
    size_t len = 0;

    if (text->count == 1)
        return http_variable_value(exchange, &text->parts[0]);
    parts = arena_alloc(&exchange->arena, text->count * sizeof *parts);
    for (size_t i = 0; parts != NULL && i < text->count; i++) {
        parts[i] = http_variable_value(exchange, &text->parts[i]);
        len += parts[i].len;
    }
    result = text_in(parts == NULL ? NULL : arena_alloc(&exchange->arena, len), len);
    if (result.at == NULL)
        return SLICE("");
    for (size_t i = 0; i < text->count; i++)
        text_add(&result, parts[i]);
    return text_slice(&result);
}
