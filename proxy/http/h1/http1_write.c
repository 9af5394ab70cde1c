#include "http/h1/http1_write.h"

/* Status line, Server, Date, Content-Length, Transfer-Encoding, Connection and their numbers. */
#define OWN_FIELDS_MAX 256

size_t http1_response_size(const struct http_response *response)
{
    size_t size = OWN_FIELDS_MAX + response->reason.len;

    for (size_t i = 0; i < response->field_count; i++)
        size += response->fields[i].name.len + response->fields[i].value.len + 4;
    return size;
}

void http1_write_field(struct text *out, struct slice name, struct slice value)
{
    text_add(out, name);
    text_add(out, SLICE(": "));
    text_add(out, value);
    text_add(out, SLICE("\r\n"));
}

static void write_status_line(struct text *out, const struct http_response *response)
{
    struct slice reason = response->reason;

    if (reason.len == 0)
        reason = http_reason(response->status);
    text_add(out, SLICE("HTTP/1.1 "));
    text_pad(out, response->status, 3);
    text_byte(out, ' ');
    text_add(out, reason);
    text_add(out, SLICE("\r\n"));
}

static void write_fields(struct text *out, const struct http_response *response)
{
    for (size_t i = 0; i < response->field_count; i++)
        http1_write_field(out, response->fields[i].name, response->fields[i].value);
}

/* RFC 9112 6: no framing fields in 1xx and 204; none in 304 either (reference/http.md 4.10). */
static void write_framing(struct text *out, const struct http_response *response, bool to_head)
{
    uint64_t length = response->framing == HTTP_LENGTH ? response->content_length : 0;

    if (!http_status_has_body(response->status) || response->framing == HTTP_TO_CLOSE)
        return;
    if (response->framing == HTTP_CHUNKED) {
        if (!to_head)
            text_add(out, SLICE("Transfer-Encoding: chunked\r\n"));
        return;
    }
    text_add(out, SLICE("Content-Length: "));
    text_number(out, length);
    text_add(out, SLICE("\r\n"));
}

static void write_connection(struct text *out, const struct http_response *response,
                             const struct http1_response_frame *frame)
{
    if (response->status == 101)
        text_add(out, SLICE("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    else if (frame->close)
        text_add(out, SLICE("Connection: close\r\n"));
    else if (frame->says_keep_alive)
        text_add(out, SLICE("Connection: keep-alive\r\n"));
    if (!frame->close && frame->keep_alive_s > 0 && response->status != 101) {
        text_add(out, SLICE("Keep-Alive: timeout="));
        text_number(out, frame->keep_alive_s);
        text_add(out, SLICE("\r\n"));
    }
}

void http1_write_response(struct text *out, const struct http_response *response,
                          const struct http1_response_frame *frame)
{
    write_status_line(out, response);
    text_add(out, response->hides_server ? SLICE("Date: ") : SLICE("Server: frontd\r\nDate: "));
    text_add(out, frame->date);
    text_add(out, SLICE("\r\n"));
    write_fields(out, response);
    write_framing(out, response, frame->to_head);
    write_connection(out, response, frame);
    text_add(out, SLICE("\r\n"));
}

void http1_write_interim(struct text *out, const struct http_response *response)
{
    write_status_line(out, response);
    write_fields(out, response);
    text_add(out, SLICE("\r\n"));
}

void http1_write_chunk_line(struct text *out, size_t len)
{
    text_hex(out, len);
    text_add(out, SLICE("\r\n"));
}
