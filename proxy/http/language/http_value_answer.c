#include "base/text.h"
#include "http/http_service.h"
#include "http/language/http_value.h"

#include <time.h>

/* Variables: the answer, and this process. */

struct slice http_value_status(struct http_exchange *exchange,
                               const struct http_template_part *part)
{
    char memory[HTTP_VALUE_NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    (void)part;
    text_pad(&text, exchange->response.status, 3);
    return http_value_keep(exchange, &text);
}

struct slice http_value_body_bytes_sent(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->body_sent);
}

struct slice http_value_bytes_sent(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->bytes_sent);
}

struct slice http_value_response_field(struct http_exchange *exchange,
                                       const struct http_template_part *part)
{
    const struct http_response *response = &exchange->response;

    if (part->id == HTTP_FIELD_CONTENT_LENGTH && response->framing == HTTP_LENGTH)
        return http_value_of_number(exchange, response->content_length);
    if (part->id == HTTP_FIELD_TRANSFER_ENCODING && response->framing == HTTP_CHUNKED)
        return SLICE("chunked");
    if (part->id == HTTP_FIELD_CONNECTION && exchange->head_sent)
        return exchange->close_after ? SLICE("close") : SLICE("keep-alive");
    return http_value_find_field(response->fields, response->field_count, part);
}

/* This process. */

struct slice http_value_hostname(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    (void)part;
    return http_content_of(exchange)->hostname;
}

struct slice http_value_pid(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_content_of(exchange)->pid;
}

struct slice http_value_msec(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return http_value_of_seconds(exchange, http_value_now_us(exchange) / 1000);
}

struct slice http_value_time_local(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    const struct http_clock *clock = http_content_clock(http_content_of(exchange));

    (void)part;
    return (struct slice){clock->local, sizeof clock->local};
}

struct slice http_value_time_iso8601(struct http_exchange *exchange,
                                     const struct http_template_part *part)
{
    const struct http_clock *clock = http_content_clock(http_content_of(exchange));

    (void)part;
    return (struct slice){clock->iso8601, sizeof clock->iso8601};
}

/* As SSI writes dates if a page does not say how. */
static struct slice long_date(struct http_exchange *exchange, const struct tm *parts)
{
    char memory[96];
    size_t len = strftime(memory, sizeof memory, "%A, %d-%b-%Y %H:%M:%S %Z", parts);

    return arena_keep(&exchange->arena, (struct slice){memory, len});
}

struct slice http_value_date_local(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    time_t now = (time_t)(http_value_now_us(exchange) / 1000000);
    struct tm parts;

    (void)part;
    return localtime_r(&now, &parts) == NULL ? SLICE_NONE : long_date(exchange, &parts);
}

struct slice http_value_date_gmt(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    time_t now = (time_t)(http_value_now_us(exchange) / 1000000);
    struct tm parts;

    (void)part;
    return gmtime_r(&now, &parts) == NULL ? SLICE_NONE : long_date(exchange, &parts);
}

/* nginx's name for it, frontd's value. */
struct slice http_value_version(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)exchange;
    (void)part;
    return SLICE(FRONTD_VERSION);
}

struct slice http_value_completion(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return exchange->finished ? SLICE("OK") : SLICE("");
}

/* One request behind the other is answered as it comes. */
struct slice http_value_pipe(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)exchange;
    (void)part;
    return SLICE(".");
}

/* What nginx has and frontd does not. */
struct slice http_value_nothing(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    (void)exchange;
    (void)part;
    return SLICE_NONE;
}
