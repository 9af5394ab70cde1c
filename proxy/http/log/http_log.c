#include "http/log/http_log.h"

#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/log/http_log_escape.h"
#include "http/log/http_log_redact.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/session.h"

/* Nearly every line fits; a longer one is written anew into the exchange's arena. */
#define LINE_ON_STACK 2048

/* A head that was refused has no location: the default server's own. */
static const struct http_location *location_of(const struct http_exchange *exchange)
{
    const http_server_pointer *servers = exchange->session->listen->servers;

    return exchange->location != NULL ? exchange->location : servers[0]->own;
}

static struct slice value_of(struct http_exchange *exchange, const struct http_template_part *part)
{
    uint32_t redact = location_of(exchange)->log_redact;
    struct slice value = http_variable_value(exchange, part);

    return redact == 0 ? value : http_log_redact(&exchange->arena, redact, part, value);
}

static struct slice build(struct http_exchange *exchange, const struct http_log_format *format,
                          char *memory, size_t capacity, bool *overflow)
{
    struct text line = text_in(memory, capacity - 1); /* the newline always fits */

    for (size_t i = 0; i < format->text.count; i++) {
        const struct http_template_part *part = &format->text.parts[i];

        if (part->variable == HTTP_VARIABLE_NONE)
            text_add(&line, part->text);
        else
            http_log_escape(&line, value_of(exchange, part), format->escape);
    }
    *overflow = line.overflow;
    line.capacity = capacity;
    text_byte(&line, '\n');
    return text_slice(&line);
}

/* Every escape makes at most six bytes of one. */
static size_t longest(struct http_exchange *exchange, const struct http_log_format *format)
{
    size_t len = 2;

    for (size_t i = 0; i < format->text.count; i++)
        len += 6 * http_variable_value(exchange, &format->text.parts[i]).len + 1;
    return len;
}

static void write_line(struct http_exchange *exchange, const struct http_log_format *format,
                       const struct log_file *file)
{
    char memory[LINE_ON_STACK];
    bool overflow;
    struct slice line = build(exchange, format, memory, sizeof memory, &overflow);

    if (overflow) {
        size_t len = longest(exchange, format);
        char *larger = arena_alloc(&exchange->arena, len);

        if (larger != NULL)
            line = build(exchange, format, larger, len, &overflow);
    }
    log_file_write(file, line);
}

/* nginx's rule of `if=`. */
static bool is_wanted(struct http_exchange *exchange, const struct http_access_log *log)
{
    struct slice value;

    if (!log->has_condition)
        return true;
    value = http_evaluate(exchange, &log->condition);
    return value.len > 0 && !slice_equal(value, SLICE("0"));
}

void http_log_exchange(struct http_exchange *exchange)
{
    const struct http_location *location = location_of(exchange);
    const struct http_content_location *found =
        &http_content_of(exchange)->locations[location->number];

    for (size_t i = 0; i < found->log_count; i++)
        if (is_wanted(exchange, &location->access_log.items[i]))
            write_line(exchange, location->access_log.items[i].format, found->logs[i]);
}
