#include "http/files/http_file_send.h"

#include "base/text.h"
#include "http/conf/http_conf.h"
#include "http/files/http_files_conf.h"
#include "http/http_service.h"
#include "http/message/http_conditional.h"
#include "http/message/http_range.h"
#include "http/output/http_output_fields.h"
#include "http/output/http_ssi.h"

#define BOUNDARY_LEN 20
#define PART_EXTRA   200 /* a part's head without its type: field names, three numbers, boundary */

/* What an exchange needs while the file leaves. */
struct file_answer {
    struct http_file *file;
    struct slice type;
    /* Several ranges only. */
    struct http_ranges *ranges;
    size_t next; /* range to send */
    char boundary[BOUNDARY_LEN];
};

static void on_ended(struct http_exchange *exchange)
{
    struct file_answer *answer = exchange->handler;

    http_file_release(answer->file);
}

static void send_parts(struct http_exchange *exchange);

/* A part of a file that is not in memory has left. */
static void on_drained(struct http_exchange *exchange)
{
    const struct file_answer *answer = exchange->handler;

    if (answer->ranges != NULL && !exchange->finished)
        send_parts(exchange);
}

static const struct http_body_reader reader = {.drained = on_drained, .ended = on_ended};

static struct slice type_of(const struct http_exchange *exchange)
{
    struct slice type = http_types_find(&exchange->location->types, exchange->request.path);

    return type.len > 0 ? type : exchange->location->default_type;
}

/* The file tells of an error (error_page): no client has a copy of it, and none may keep one. */
static bool is_error_page(const struct http_exchange *exchange)
{
    return exchange->error_status != 0 && exchange->error_status != 200;
}

/* Empty: `etag off`. */
static struct slice etag_of(const struct http_exchange *exchange, const struct http_file *file)
{
    const struct http_output_conf *output = exchange->location->output;

    return output != NULL && !output->etag ? SLICE_NONE : file->etag;
}

/* Parts of a compressed file are of no use to most who ask for parts. */
static bool takes_ranges(const struct http_exchange *exchange)
{
    return !is_error_page(exchange) && exchange->location->files->max_ranges > 0 &&
           (exchange->location->output == NULL ||
            !http_output_has_field(&exchange->response, SLICE("Content-Encoding")));
}

static void add_validators(struct http_exchange *exchange, const struct http_file *file)
{
    if (!is_error_page(exchange))
        http_exchange_add_field(exchange, SLICE("Last-Modified"),
                                (struct slice){file->modified_text, HTTP_DATE_LEN});
    if (etag_of(exchange, file).len > 0)
        http_exchange_add_field(exchange, SLICE("ETag"), file->etag);
}

static void send_head(struct http_exchange *exchange, uint16_t status, struct slice type,
                      uint64_t len)
{
    const struct file_answer *answer = exchange->handler;

    exchange->response.status = status;
    exchange->response.framing = HTTP_LENGTH;
    exchange->response.content_length = len;
    if (http_field_value(exchange->response.fields, exchange->response.field_count,
                         HTTP_FIELD_CONTENT_TYPE)
            .at == NULL) /* else a backend said it with X-Accel-Redirect */
        http_exchange_add_field(exchange, SLICE("Content-Type"), type);
    add_validators(exchange, answer->file);
    exchange->transport->head(exchange);
}

static void send_bytes(struct http_exchange *exchange, uint64_t first, uint64_t len)
{
    const struct http_file *file = ((struct file_answer *)exchange->handler)->file;

    if (len == 0 || exchange->is_head_request)
        return;
    if (file->content.at != NULL)
        exchange->transport->body(exchange, slice_part(file->content, (size_t)first, (size_t)len));
    else
        exchange->transport->file(exchange, file->fd, first, len);
}

static void send_not_modified(struct http_exchange *exchange)
{
    const struct file_answer *answer = exchange->handler;

    http_output_drop_field(exchange, SLICE("Content-Encoding"));
    exchange->response.status = 304;
    exchange->response.framing = HTTP_NO_BODY;
    add_validators(exchange, answer->file);
    exchange->transport->head(exchange);
    exchange->transport->finish(exchange);
}

static void send_whole(struct http_exchange *exchange)
{
    const struct file_answer *answer = exchange->handler;

    if (takes_ranges(exchange))
        http_exchange_add_field(exchange, SLICE("Accept-Ranges"), SLICE("bytes"));
    send_head(exchange, 200, answer->type, answer->file->size);
    send_bytes(exchange, 0, answer->file->size);
    exchange->transport->finish(exchange);
}

static void send_not_satisfiable(struct http_exchange *exchange)
{
    const struct file_answer *answer = exchange->handler;
    struct slice range =
        arena_format(&exchange->arena, "bytes */%llu", (unsigned long long)answer->file->size);

    http_exchange_add_field(exchange, SLICE("Content-Range"), range);
    http_exchange_error(exchange, 416);
}

static void add_range(struct text *text, const struct http_range *range, uint64_t size)
{
    text_add(text, SLICE("bytes "));
    text_number(text, range->first);
    text_byte(text, '-');
    text_number(text, range->end - 1);
    text_byte(text, '/');
    text_number(text, size);
}

static void send_one_range(struct http_exchange *exchange, const struct http_range *range)
{
    const struct file_answer *answer = exchange->handler;
    char memory[96];
    struct text text = text_in(memory, sizeof memory);

    add_range(&text, range, answer->file->size);
    http_exchange_add_field(exchange, SLICE("Content-Range"),
                            arena_keep(&exchange->arena, text_slice(&text)));
    send_head(exchange, 206, answer->type, range->end - range->first);
    send_bytes(exchange, range->first, range->end - range->first);
    exchange->transport->finish(exchange);
}

/* Several ranges: multipart/byteranges (RFC 9110 14.6). */

static struct slice part_head(struct http_exchange *exchange, size_t index)
{
    const struct file_answer *answer = exchange->handler;
    size_t capacity = answer->type.len + PART_EXTRA;
    char *memory = arena_alloc(&exchange->arena, capacity);
    struct text text = text_in(memory, memory == NULL ? 0 : capacity);

    text_add(&text, SLICE("\r\n--"));
    text_add(&text, (struct slice){answer->boundary, BOUNDARY_LEN});
    text_add(&text, SLICE("\r\nContent-Type: "));
    text_add(&text, answer->type);
    text_add(&text, SLICE("\r\nContent-Range: "));
    add_range(&text, &answer->ranges->items[index], answer->file->size);
    text_add(&text, SLICE("\r\n\r\n"));
    return text_slice(&text);
}

static struct slice last_boundary(const struct file_answer *answer, char *memory, size_t capacity)
{
    struct text text = text_in(memory, capacity);

    text_add(&text, SLICE("\r\n--"));
    text_add(&text, (struct slice){answer->boundary, BOUNDARY_LEN});
    text_add(&text, SLICE("--\r\n"));
    return text_slice(&text);
}

/* Goes on after each part that comes from an open file, when that has left. */
static void send_parts(struct http_exchange *exchange)
{
    struct file_answer *answer = exchange->handler;
    char memory[64];

    while (answer->next < answer->ranges->count) {
        const struct http_range *range = &answer->ranges->items[answer->next];

        exchange->transport->body(exchange, part_head(exchange, answer->next++));
        send_bytes(exchange, range->first, range->end - range->first);
        if (answer->file->content.at == NULL)
            return;
    }
    exchange->transport->body(exchange, last_boundary(answer, memory, sizeof memory));
    exchange->transport->finish(exchange);
}

/* Digits as nginx has them, but not to be guessed from the outside. */
static void set_boundary(struct http_exchange *exchange, struct file_answer *answer)
{
    struct text text = text_in(answer->boundary, sizeof answer->boundary);
    const struct http_content *content = http_content_of(exchange);
    uint64_t mixed = (content->secret[0] ^ exchange->started_us) * 0x9e3779b97f4a7c15u;

    text_pad(&text, mixed ^ mixed >> 29, BOUNDARY_LEN);
}

static void send_ranges(struct http_exchange *exchange)
{
    struct file_answer *answer = exchange->handler;
    char memory[64];
    uint64_t len = last_boundary(answer, memory, sizeof memory).len + answer->ranges->total;
    struct slice type;

    if (exchange->location->output != NULL)
        answer->type = http_output_with_charset(exchange, exchange->location->output, answer->type);
    set_boundary(exchange, answer);
    for (size_t i = 0; i < answer->ranges->count; i++)
        len += part_head(exchange, i).len;
    type = arena_format(&exchange->arena, "multipart/byteranges; boundary=%.*s", BOUNDARY_LEN,
                        answer->boundary);
    send_head(exchange, 206, type, len);
    if (exchange->is_head_request)
        exchange->transport->finish(exchange);
    else
        send_parts(exchange);
}

static void send_asked(struct http_exchange *exchange, struct slice asked)
{
    struct file_answer *answer = exchange->handler;
    struct http_ranges *ranges = arena_alloc(&exchange->arena, sizeof *ranges);
    enum http_range_result result;

    if (ranges == NULL) {
        send_whole(exchange);
        return;
    }
    result = http_range_parse(asked, answer->file->size, ranges);
    if (result == HTTP_RANGE_PARTIAL && ranges->count > exchange->location->files->max_ranges)
        result = HTTP_RANGE_WHOLE;
    switch (result) {
    case HTTP_RANGE_WHOLE:
        send_whole(exchange);
        break;
    case HTTP_RANGE_NOT_SATISFIABLE:
        send_not_satisfiable(exchange);
        break;
    case HTTP_RANGE_PARTIAL:
        if (ranges->count == 1) {
            send_one_range(exchange, &ranges->items[0]);
            break;
        }
        answer->ranges = ranges;
        send_ranges(exchange);
        break;
    }
}

void http_file_send(struct http_exchange *exchange, struct http_file *file)
{
    const struct http_request *request = &exchange->request;
    struct http_validators validators = {etag_of(exchange, file), file->modified};
    struct slice range = http_field_value(request->fields, request->field_count, HTTP_FIELD_RANGE);
    struct file_answer *answer = arena_zero(&exchange->arena, sizeof *answer);
    enum http_if_modified_since since;

    if (answer == NULL) {
        http_file_release(file);
        http_exchange_error(exchange, 500);
        return;
    }
    answer->file = file;
    answer->type = type_of(exchange);
    exchange->handler = answer;
    exchange->reader = &reader;
    /* A page with commands is another one each time. */
    if (is_error_page(exchange) || http_ssi_applies(exchange->location->output, answer->type)) {
        send_whole(exchange);
        return;
    }
    since = (enum http_if_modified_since)exchange->location->files->if_modified_since;
    switch (http_conditional_check(request, &validators, since)) {
    case HTTP_CONDITION_FAILED:
        http_output_drop_field(exchange, SLICE("Content-Encoding"));
        http_exchange_error(exchange, 412);
        break;
    case HTTP_CONDITION_NOT_MODIFIED:
        send_not_modified(exchange);
        break;
    case HTTP_CONDITION_SEND:
        if (range.at != NULL && takes_ranges(exchange) &&
            http_conditional_range(request, &validators))
            send_asked(exchange, range);
        else
            send_whole(exchange);
        break;
    }
}
