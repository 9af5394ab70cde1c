#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/http_exchange.h"
#include "http/language/http_value.h"
#include "http/proxy/http_proxy_private.h"

/* What was asked of backends. Several attempts stand in a list, ", " between them and " : " where
 * an internal redirect was; "-" for what one of them does not have. */

#define ITEM_MAX 72 /* of a list: an address with its port, a time */

typedef void write_item(const struct http_attempt *attempt, struct text *text);

static size_t list_size(const struct http_exchange *exchange)
{
    size_t size = 0;

    for (const struct http_attempt *attempt = exchange->attempts.first; attempt != NULL;
         attempt = attempt->next)
        size += ITEM_MAX + attempt->name.len;
    return size;
}

static struct slice list(struct http_exchange *exchange, write_item *write)
{
    size_t size = list_size(exchange);
    struct text text;

    if (size == 0)
        return SLICE_NONE;
    text = text_in(arena_alloc(&exchange->arena, size), size);
    if (text.at == NULL)
        return SLICE_NONE;
    for (const struct http_attempt *attempt = exchange->attempts.first; attempt != NULL;
         attempt = attempt->next) {
        if (attempt != exchange->attempts.first)
            text_add(&text, attempt->is_redirected ? SLICE(" : ") : SLICE(", "));
        write(attempt, &text);
    }
    return text_slice(&text);
}

static void write_address(const struct http_attempt *attempt, struct text *text)
{
    if (attempt->address.family == 0)
        text_add(text, attempt->name);
    else
        address_port_text(&attempt->address, text);
}

static void write_status(const struct http_attempt *attempt, struct text *text)
{
    if (attempt->status == 0)
        text_byte(text, '-');
    else
        text_number(text, attempt->status);
}

static void write_time(uint32_t ms, struct text *text)
{
    if (ms == HTTP_ATTEMPT_UNKNOWN) {
        text_byte(text, '-');
        return;
    }
    text_number(text, ms / 1000);
    text_byte(text, '.');
    text_pad(text, ms % 1000, 3);
}

static void write_connect(const struct http_attempt *attempt, struct text *text)
{
    write_time(attempt->connect_ms, text);
}

static void write_header(const struct http_attempt *attempt, struct text *text)
{
    write_time(attempt->header_ms, text);
}

static void write_response(const struct http_attempt *attempt, struct text *text)
{
    write_time(attempt->response_ms, text);
}

static void write_length(const struct http_attempt *attempt, struct text *text)
{
    text_number(text, attempt->length);
}

static void write_sent(const struct http_attempt *attempt, struct text *text)
{
    text_number(text, attempt->sent);
}

static void write_received(const struct http_attempt *attempt, struct text *text)
{
    text_number(text, attempt->received);
}

struct slice http_value_upstream_bytes_sent(struct http_exchange *exchange,
                                            const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_sent);
}

struct slice http_value_upstream_bytes_received(struct http_exchange *exchange,
                                                const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_received);
}

struct slice http_value_upstream_addr(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_address);
}

struct slice http_value_upstream_status(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_status);
}

struct slice http_value_upstream_connect_time(struct http_exchange *exchange,
                                              const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_connect);
}

struct slice http_value_upstream_header_time(struct http_exchange *exchange,
                                             const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_header);
}

struct slice http_value_upstream_response_time(struct http_exchange *exchange,
                                               const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_response);
}

struct slice http_value_upstream_response_length(struct http_exchange *exchange,
                                                 const struct http_template_part *part)
{
    (void)part;
    return list(exchange, write_length);
}

static const struct http_response *last_answer(const struct http_exchange *exchange)
{
    return exchange->attempts.last == NULL ? NULL : exchange->attempts.last->answer;
}

struct slice http_value_upstream_field(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    const struct http_response *answer = last_answer(exchange);

    for (size_t i = 0; answer != NULL && i < answer->field_count; i++)
        if (slice_equal_fold(answer->fields[i].name, part->text))
            return answer->fields[i].value;
    return SLICE_NONE;
}

struct slice http_value_upstream_cookie(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    const struct http_response *answer = last_answer(exchange);

    for (size_t i = 0; answer != NULL && i < answer->field_count; i++) {
        struct slice value = answer->fields[i].value, rest = value;

        if (!slice_equal_fold(answer->fields[i].name, SLICE("Set-Cookie")))
            continue;
        rest = slice_cut(&value, ';');
        if (slice_equal(slice_cut(&rest, '='), part->text))
            return rest;
    }
    return SLICE_NONE;
}

struct slice http_value_proxy_host(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    if (exchange->proxy_target != NULL)
        return exchange->proxy_target->authority;
    if (exchange->location == NULL || !http_location_proxies(exchange->location))
        return SLICE_NONE;
    return exchange->location->proxy->pass.authority;
}

struct slice http_value_proxy_port(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    uint16_t port = 0;

    (void)part;
    if (exchange->proxy_target != NULL)
        port = exchange->proxy_target->port;
    else if (exchange->location != NULL && http_location_proxies(exchange->location))
        port = exchange->location->proxy->pass.target.port;
    return port == 0 ? SLICE_NONE : arena_format(&exchange->arena, "%u", port);
}
