#include "http/language/http_return.h"

#include "base/chars.h"
#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/language/http_program.h"
#include "http/language/http_variables.h"
#include "http/message/http_conditional.h"
#include "http/message/http_uri.h"
#include "relay/listen.h"
#include "relay/session.h"

/* nginx's: close without a word. 408 and 499 mean a client that is gone, whoever says them. */
static bool is_silent(unsigned status)
{
    return status == 444 || status == 408 || status == 499;
}

/* The name the client used was validated when it was parsed; without one, the server's own. */
static struct slice public_host(const struct http_exchange *exchange)
{
    if (exchange->request.host.len > 0 && !exchange->location->server_name_in_redirect)
        return exchange->request.host;
    return exchange->server->name;
}

struct slice http_absolute_url(struct http_exchange *exchange, struct slice path)
{
    bool secure = exchange->session->listen->tls;
    uint16_t port = exchange->session->listen->address.port;
    const struct http_location *location = exchange->location;
    struct slice host = public_host(exchange);
    size_t capacity = sizeof "https://:65535" + host.len + path.len;
    char *memory = arena_alloc(&exchange->arena, capacity);
    struct text url = text_in(memory, capacity);

    if (memory == NULL || host.len == 0 || !location->absolute_redirect)
        return path;
    text_add(&url, secure ? SLICE("https://") : SLICE("http://"));
    text_add(&url, host);
    if (location->port_in_redirect && port != (secure ? 443 : 80)) {
        text_byte(&url, ':');
        text_number(&url, port);
    }
    text_add(&url, path);
    return text_slice(&url);
}

struct slice http_return_escape_url(struct http_exchange *exchange, struct slice url)
{
    static const char digits[] = "0123456789ABCDEF";
    char *memory = arena_alloc(&exchange->arena, 3 * url.len + 1);
    struct text text = text_in(memory, memory == NULL ? 0 : 3 * url.len);

    for (size_t i = 0; i < url.len; i++) {
        unsigned char byte = (unsigned char)url.at[i];

        if (byte < 0x20 || byte == 0x7f)
            continue;
        if (byte > 0x20 && byte < 0x7f && strchr("\"<>\\", byte) == NULL) {
            text_byte(&text, (char)byte);
            continue;
        }
        text_byte(&text, '%');
        text_byte(&text, digits[byte >> 4]);
        text_byte(&text, digits[byte & 15]);
    }
    return text_slice(&text);
}

static struct slice with_query(struct http_exchange *exchange, struct slice path)
{
    const struct http_request *request = &exchange->request;
    size_t capacity = path.len + 1 + request->query.len;
    char *memory;
    struct text text;

    if (!request->has_query || request->query.len == 0)
        return path;
    memory = arena_alloc(&exchange->arena, capacity);
    text = text_in(memory, capacity);
    if (memory == NULL)
        return path;
    text_add(&text, path);
    text_byte(&text, '?');
    text_add(&text, request->query);
    return text_slice(&text);
}

void http_return_redirect_path(struct http_exchange *exchange, struct slice path)
{
    struct slice escaped = http_uri_escape(&exchange->arena, path);
    struct slice target = http_absolute_url(exchange, with_query(exchange, escaped));

    http_exchange_redirect(exchange, 301, http_return_escape_url(exchange, target));
}

void http_return_slash(struct http_exchange *exchange)
{
    http_return_redirect_path(exchange, exchange->location->path);
}

void http_return_redirect_url(struct http_exchange *exchange, unsigned status, struct slice url)
{
    if (slice_starts(url, SLICE("/")))
        url = http_absolute_url(exchange, url);
    http_exchange_redirect(exchange, status, http_return_escape_url(exchange, url));
}

/* A text has neither tag nor date: what remains are `If-None-Match: *` and If-Match. */
static enum http_condition condition(const struct http_exchange *exchange, unsigned status)
{
    const struct http_validators none = {SLICE_NONE, -1};
    enum http_method method = exchange->request.method;

    if (exchange->error_status != 0)
        status = exchange->error_status;
    if (status != 200 || (method != HTTP_GET && method != HTTP_HEAD))
        return HTTP_CONDITION_SEND;
    return http_conditional_check(&exchange->request, &none, HTTP_IF_MODIFIED_OFF);
}

static void answer_text(struct http_exchange *exchange, const struct http_return *answer)
{
    struct slice type = http_types_find(&exchange->location->types, exchange->request.path);

    switch (condition(exchange, answer->status)) {
    case HTTP_CONDITION_NOT_MODIFIED:
        http_exchange_answer(exchange, 304, SLICE_NONE, SLICE_NONE);
        return;
    case HTTP_CONDITION_FAILED:
        http_exchange_error(exchange, 412);
        return;
    case HTTP_CONDITION_SEND:
        break;
    }
    if (type.len == 0)
        type = exchange->location->default_type;
    http_exchange_answer(exchange, answer->status, type, http_evaluate(exchange, &answer->text));
}

static void close_silently(struct http_exchange *exchange, unsigned status)
{
    exchange->response.status = (uint16_t)status; /* for the log */
    exchange->transport->abort(exchange, CLOSE_FRONTD_REFUSED);
}

void http_return_answer(struct http_exchange *exchange, const struct http_return *answer)
{
    /* $status in the text */
    exchange->response.status =
        exchange->error_status > 0 ? exchange->error_status : answer->status;
    if (is_silent(answer->status))
        close_silently(exchange, answer->status);
    else if (answer->is_redirect)
        http_return_redirect_url(exchange, answer->status, http_evaluate(exchange, &answer->text));
    else if (!http_status_has_body(answer->status))
        http_exchange_answer(exchange, answer->status, SLICE_NONE, SLICE_NONE);
    else if (answer->has_text || answer->status < 400)
        answer_text(exchange, answer);
    else if (http_reason(answer->status).len > 0)
        http_exchange_error(exchange, answer->status);
    else
        http_exchange_answer(exchange, answer->status, SLICE_NONE, SLICE_NONE);
}
