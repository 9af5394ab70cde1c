#include "base/chars.h"
#include "http/http_service.h"
#include "http/language/http_value.h"
#include "http/message/http_basic.h"
#include "relay/session.h"

/* Variables: what the request says. */

static struct slice field(const struct http_exchange *exchange, enum http_field_id id)
{
    return http_field_value(exchange->request.fields, exchange->request.field_count, id);
}

struct slice http_value_query(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_value_present(exchange->request.query);
}

struct slice http_value_is_args(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)part;
    return exchange->request.query.len > 0 ? SLICE("?") : SLICE("");
}

struct slice http_value_argument(struct http_exchange *exchange,
                                 const struct http_template_part *part)
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

struct slice http_value_cookie(struct http_exchange *exchange,
                               const struct http_template_part *part)
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

struct slice http_value_request_field(struct http_exchange *exchange,
                                      const struct http_template_part *part)
{
    return http_value_find_field(exchange->request.fields, exchange->request.field_count, part);
}

struct slice http_value_content_length(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    (void)part;
    return field(exchange, HTTP_FIELD_CONTENT_LENGTH);
}

struct slice http_value_content_type(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    (void)part;
    return field(exchange, HTTP_FIELD_CONTENT_TYPE);
}

struct slice http_value_uri(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_value_present(exchange->request.path);
}

struct slice http_value_request_line(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    (void)part;
    return http_value_present(exchange->request.line);
}

struct slice http_value_request_uri(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    (void)part;
    return http_value_present(exchange->request.raw_path);
}

struct slice http_value_request_method(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    (void)part;
    return http_value_present(exchange->request.method_text);
}

struct slice http_value_request_length(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->request_length);
}

struct slice http_value_server_protocol(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    (void)part;
    if (exchange->request.method_text.len == 0)
        return SLICE_NONE;
    if (exchange->request.is_http2)
        return SLICE("HTTP/2.0");
    return exchange->request.minor == 0 ? SLICE("HTTP/1.0") : SLICE("HTTP/1.1");
}

/* "h2" on TLS, "h2c" in the clear, as nginx's module says it. */
struct slice http_value_http2(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    if (!exchange->request.is_http2)
        return SLICE("");
    return exchange->session->listen->tls ? SLICE("h2") : SLICE("h2c");
}

/* 128 bits that nobody outside can guess, the same at each use: the words that tell exchanges of
 * this worker apart, mixed with its secret (splitmix64's finaliser). */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

struct slice http_value_request_id(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    const uint64_t *secret = http_content_of(exchange)->secret;
    uint64_t first = mix(mix(secret[0] + exchange->session->id) + exchange->number);
    uint64_t second = mix(mix(secret[1] ^ first) + exchange->started_us);

    (void)part;
    return arena_format(&exchange->arena, "%016llx%016llx", (unsigned long long)first,
                        (unsigned long long)second);
}

struct slice http_value_request_time(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    uint64_t now = http_value_now_us(exchange);

    (void)part;
    return http_value_of_seconds(
        exchange, now > exchange->started_us ? (now - exchange->started_us) / 1000 : 0);
}

/* The name of Basic authentication, whoever checks the password. */
struct slice http_value_remote_user(struct http_exchange *exchange,
                                    const struct http_template_part *part)
{
    struct http_basic basic;

    (void)part;
    if (!http_basic_parse(field(exchange, HTTP_FIELD_AUTHORIZATION), &basic))
        return SLICE_NONE;
    return arena_keep(&exchange->arena, basic.user);
}
