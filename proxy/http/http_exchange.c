#include "http/http_exchange.h"

#include "base/chars.h"
#include "http/output/http_error_jump.h"
#include "http/output/http_error_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The room for fields begins with this many and doubles. */
#define FIRST_FIELDS 16

static bool make_room(struct http_exchange *exchange)
{
    struct http_response *response = &exchange->response;
    uint16_t room = exchange->field_room == 0 ? FIRST_FIELDS : (uint16_t)(exchange->field_room * 2);
    struct http_field *fields;

    if (response->field_count >= HTTP_RESPONSE_FIELDS_MAX)
        return false;
    if (response->field_count < exchange->field_room)
        return true;
    fields = arena_alloc(&exchange->arena, room * sizeof *fields);
    if (fields == NULL)
        return false;
    if (response->field_count > 0)
        memcpy(fields, response->fields, response->field_count * sizeof *fields);
    response->fields = fields;
    exchange->field_room = room;
    return true;
}

/* reference/http.md 4.10: no control byte leaves in a header field. */
static struct slice without_controls(struct arena *arena, struct slice value)
{
    struct text clean;

    if (chars_all(value, CHARS_FIELD))
        return value;
    clean = text_in(arena_alloc(arena, value.len), value.len);
    for (size_t i = 0; clean.at != NULL && i < value.len; i++)
        if (chars_is(value.at[i], CHARS_FIELD))
            text_byte(&clean, value.at[i]);
    return clean.at == NULL ? SLICE("") : text_slice(&clean);
}

void http_exchange_add_field(struct http_exchange *exchange, struct slice name, struct slice value)
{
    struct http_response *response = &exchange->response;

    if (!make_room(exchange))
        return;
    response->fields[response->field_count++] =
        (struct http_field){.name = name,
                            .value = without_controls(&exchange->arena, value),
                            .id = http_field_lookup(name)};
}

void http_exchange_log(const struct http_exchange *exchange, enum log_level level,
                       const char *format, ...)
{
    char text[1024];
    va_list list;

    if (!log_wants(exchange->log, level))
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    log_line(exchange->log, level, exchange->session->id, "%s, client: %s", text,
             address_print(http_exchange_client(exchange)).text);
}

void http_exchange_answer(struct http_exchange *exchange, unsigned status, struct slice type,
                          struct slice body)
{
    exchange->response.status = (uint16_t)status;
    exchange->response.framing = http_status_has_body(status) ? HTTP_LENGTH : HTTP_NO_BODY;
    exchange->response.content_length = body.len;
    if (type.len > 0 && http_status_has_body(status))
        http_exchange_add_field(exchange, SLICE("Content-Type"), type);
    exchange->transport->head(exchange);
    exchange->transport->body(exchange, body);
    exchange->transport->finish(exchange);
}

/* After these nobody knows where the next request begins, or the client may not stop sending, or we
 * are at fault. */
static bool ends_connection(unsigned status)
{
    return status == 400 || status == 408 || status == 413 || status == 414 || status == 431 ||
           status == 500 || status == 501;
}

void http_exchange_error(struct http_exchange *exchange, unsigned status)
{
    struct slice page = http_error_page(status, &exchange->arena);

    if (ends_connection(status))
        exchange->close_after = true;
    if (http_error_jump(exchange, status))
        return;
    exchange->error_status = 0;
    http_exchange_answer(exchange, status, page.len > 0 ? SLICE("text/html") : SLICE_NONE, page);
}

void http_exchange_refuse(struct http_exchange *exchange, enum http_refusal refusal)
{
    http_exchange_log(exchange, LOG_INFO, "%s in request \"%s\"", http_refusal_words(refusal),
                      log_escape(exchange->request.line).text);
    exchange->close_after = true;
    http_exchange_error(exchange, http_refusal_status(refusal));
}

void http_exchange_redirect(struct http_exchange *exchange, unsigned status, struct slice location)
{
    struct slice page = http_error_page(status, &exchange->arena);

    exchange->error_status = 0;
    http_exchange_add_field(exchange, SLICE("Location"), location);
    http_exchange_answer(exchange, status, page.len > 0 ? SLICE("text/html") : SLICE_NONE, page);
}

const struct address *http_exchange_client(const struct http_exchange *exchange)
{
    while (exchange->parent != NULL)
        exchange = exchange->parent;
    return exchange->client != NULL ? exchange->client : &exchange->session->address;
}
