#include "http/log/http_report.h"

#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/log/http_log_redact.h"

#include <stdarg.h>
#include <stdio.h>

#define REQUEST_SHOWN 600
#define FIELD_SHOWN   240

/* Without the query, if log_redact says so. */
static struct slice shown(struct http_exchange *exchange, struct slice text)
{
    const struct http_location *location = exchange->location;

    if (location == NULL || (location->log_redact & HTTP_REDACT_QUERY) == 0)
        return text;
    return http_log_redact_query(&exchange->arena, text);
}

/* The end of the line is what programs that read the log look for: of a long target, the rest is
 * left out, not the version. */
static struct slice shown_request(struct http_exchange *exchange, char *memory)
{
    struct slice line = shown(exchange, exchange->request.line);
    size_t last = slice_find_last(line, ' ');
    struct text text = text_in(memory, REQUEST_SHOWN);
    struct text ending = text_in(memory, REQUEST_SHOWN);

    text_escape(&text, line);
    if (!text.overflow || last == SLICE_NOT_FOUND)
        return text_slice(&text);
    text_escape(&ending, slice_part(line, 0, last < 140 ? last : 140));
    text_add(&ending, SLICE("..."));
    text_escape(&ending, slice_from(line, last));
    return text_slice(&ending);
}

/* Without blanks: what reads the log expects none there, and a client that sends one must not get
 * past it. */
static void add_field(struct text *text, const char *name, struct slice value)
{
    struct log_escaped escaped = log_escape(value);
    size_t end;

    if (value.len == 0)
        return;
    text_add(text, SLICE(", "));
    text_add(text, slice_of(name));
    text_add(text, SLICE(": \""));
    end = text->len + FIELD_SHOWN;
    for (const char *byte = escaped.text; *byte != '\0' && text->len < end; byte++)
        text_add(text, *byte == ' ' ? SLICE("\\x20") : (struct slice){byte, 1});
    text_byte(text, '"');
}

void http_report(struct http_exchange *exchange, enum log_level level, const char *format, ...)
{
    const struct session *session = exchange->session;
    const struct http_request *request = &exchange->request;
    struct slice host = http_field_value(request->fields, request->field_count, HTTP_FIELD_HOST);
    struct slice referer =
        http_field_value(request->fields, request->field_count, HTTP_FIELD_REFERER);
    char words[800], line[REQUEST_SHOWN], ending[2 * (FIELD_SHOWN + 20)];
    struct text text = text_in(ending, sizeof ending);
    struct slice request_line;
    va_list arguments;

    if (!log_wants(exchange->log, level))
        return;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    add_field(&text, "host", host);
    add_field(&text, "referrer", shown(exchange, referer));
    request_line = shown_request(exchange, line);
    log_line(
        exchange->log, level, session->id, "%s, client: %s, server: %.*s, request: \"%.*s\"%.*s",
        words, address_print(http_exchange_client(exchange)).text, (int)exchange->server->name.len,
        exchange->server->name.at, (int)request_line.len, request_line.at, (int)text.len, text.at);
}
