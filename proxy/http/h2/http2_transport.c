#include "http/conf/http_conf.h"
#include "http/h2/http2_private.h"
#include "http/http_service.h"
#include "relay/worker.h"

/* :status, server, date, content-length. */
#define OWN_FIELDS 4
#define FIELDS_MAX (HTTP_RESPONSE_FIELDS_MAX + OWN_FIELDS)

/* Fields as the library takes them: it copies all and writes names in lower case, unless told that
 * they stand still and are so already. */
struct fields {
    nghttp2_nv items[FIELDS_MAX];
    size_t count;
};

static void add(struct fields *fields, struct slice name, struct slice value, uint8_t flags)
{
    fields->items[fields->count++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name.at,
        .value = (uint8_t *)(uintptr_t)value.at,
        .namelen = name.len,
        .valuelen = value.len,
        .flags = flags,
    };
}

static void add_own(struct fields *fields, struct slice name, struct slice value)
{
    add(fields, name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

/* RFC 9113 8.2.2: fields of one connection have no place here, whoever set them. Of a tunnel the
 * backend's proof is not for the client, who gave no key (RFC 8441 5). */
static bool may_pass(const struct http_exchange *base, const struct http_field *field)
{
    switch ((int)field->id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
        return false;
    default:
        return !base->request.wants_upgrade ||
               !slice_equal_fold(field->name, SLICE("sec-websocket-accept"));
    }
}

static void add_response(struct fields *fields, const struct http_exchange *base,
                         const struct http_response *response)
{
    for (size_t i = 0; i < response->field_count && fields->count < FIELDS_MAX; i++)
        if (may_pass(base, &response->fields[i]))
            add(fields, response->fields[i].name, response->fields[i].value, NGHTTP2_NV_FLAG_NONE);
}

static struct slice status_text(unsigned status, char memory[3])
{
    struct text text = text_in(memory, 3);

    text_pad(&text, status, 3);
    return text_slice(&text);
}

/* A client that asked for a tunnel takes any 2xx for one (RFC 8441 5). */
static unsigned status_for(const struct http_exchange *base)
{
    unsigned status = base->response.status;

    if (!base->request.wants_upgrade)
        return status;
    if (status == 101)
        return 200;
    return status >= 200 && status < 300 ? 501 : status;
}

static bool has_body(const struct http_exchange *base)
{
    const struct http_response *response = &base->response;

    if (base->request.wants_upgrade)
        return response->status == 101 || response->status >= 300;
    return !base->is_head_request && http_status_has_body(response->status) &&
           !(response->framing == HTTP_NO_BODY ||
             (response->framing == HTTP_LENGTH && response->content_length == 0));
}

static bool says_length(const struct http_exchange *base, unsigned status)
{
    const struct http_response *response = &base->response;

    return http_status_has_body(status) && status == response->status &&
           (response->framing == HTTP_LENGTH || response->framing == HTTP_NO_BODY);
}

static void submit_head(struct http2_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;
    const struct http_clock *clock = http_content_clock(http_content_of(base));
    unsigned status = status_for(base);
    nghttp2_data_provider provider = http2_send_provider();
    struct fields fields;
    char digits[3], memory[24];
    struct text length = text_in(memory, sizeof memory);

    fields.count = 0;
    add_own(&fields, SLICE(":status"), status_text(status, digits));
    if (!base->response.hides_server)
        add(&fields, SLICE("server"), SLICE("frontd"),
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
    add_own(&fields, SLICE("date"), (struct slice){clock->date, HTTP_DATE_LEN});
    if (says_length(base, status)) {
        text_number(&length,
                    base->response.framing == HTTP_LENGTH ? base->response.content_length : 0);
        add_own(&fields, SLICE("content-length"), text_slice(&length));
    }
    add_response(&fields, base, &base->response);
    nghttp2_submit_response(exchange->connection->library, exchange->stream, fields.items,
                            fields.count, exchange->sends_body ? &provider : NULL);
    http2_send_later(exchange->connection);
}

/* Without a body the head says that it is over: not before it is. */
static void on_head(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);

    base->head_sent = true;
    exchange->sends_body = has_body(base);
    exchange->head_waits = !exchange->sends_body;
    if (exchange->sends_body)
        submit_head(exchange);
}

static void on_interim(struct http_exchange *base, const struct http_response *response)
{
    struct http2_exchange *exchange = http2_of(base);
    struct fields fields;
    char digits[3];

    if (base->head_sent)
        return;
    fields.count = 0;
    add_own(&fields, SLICE(":status"), status_text(response->status, digits));
    add_response(&fields, base, response);
    nghttp2_submit_headers(exchange->connection->library, NGHTTP2_FLAG_NONE, exchange->stream, NULL,
                           fields.items, fields.count, NULL);
    http2_send_later(exchange->connection);
}

/* There is more of the body, or its end. */
static void wake(struct http2_exchange *exchange)
{
    if (exchange->is_idle) {
        exchange->is_idle = false;
        nghttp2_session_resume_data(exchange->connection->library, exchange->stream);
    }
    http2_send_later(exchange->connection);
}

static void on_body(struct http_exchange *base, struct slice bytes)
{
    struct http2_exchange *exchange = http2_of(base);

    if (bytes.len == 0 || !exchange->sends_body || base->finished)
        return;
    if (buffer_len(&exchange->out) == 0)
        http2_send_expect(exchange);
    buffer_append(&exchange->out, bytes);
    exchange->connection->queued += bytes.len;
    wake(exchange);
}

static void on_file(struct http_exchange *base, int fd, uint64_t offset, uint64_t len)
{
    struct http2_exchange *exchange = http2_of(base);

    if (len == 0 || !exchange->sends_body || base->finished)
        return;
    exchange->file = fd;
    exchange->file_offset = offset;
    exchange->file_left = len;
    exchange->wants_drained = true;
    http2_send_expect(exchange);
    wake(exchange);
}

static void on_finish(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);

    if (base->finished)
        return;
    base->finished = true;
    if (!exchange->tunnel) {
        exchange->has_reader = false;
        http2_exchange_drop_input(exchange);
        http2_exchange_wait_for_body(exchange);
    }
    if (exchange->head_waits)
        submit_head(exchange);
    else
        wake(exchange);
}

static uint32_t code_of(enum close_reason reason)
{
    return reason == CLOSE_BACKEND_GONE || reason == CLOSE_TIMEOUT_BACKEND ? NGHTTP2_INTERNAL_ERROR
                                                                           : NGHTTP2_CANCEL;
}

/* Only this stream is cut. */
static void on_abort(struct http_exchange *base, enum close_reason reason)
{
    http_exchange_log(base, close_reason_level(reason), "%s", close_reason_words(reason));
    http2_exchange_reset(http2_of(base), code_of(reason));
}

static bool on_is_full(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);
    size_t queued = buffer_len(&exchange->out);

    if (queued == 0 || (queued < HTTP2_STREAM_QUEUE_MAX &&
                        exchange->connection->queued < HTTP2_CONNECTION_QUEUE_MAX))
        return false;
    exchange->wants_drained = true;
    return true;
}

static void say_continue(struct http2_exchange *exchange)
{
    struct http_response response = {.status = 100};

    if (!exchange->base.request.expects_continue || exchange->said_continue ||
        exchange->base.body_received > 0 || exchange->in_ended)
        return;
    exchange->said_continue = true;
    on_interim(&exchange->base, &response);
}

/* A large body comes faster through a larger window; it is opened only when somebody reads. */
static void open_wide(struct http2_exchange *exchange)
{
    const struct http_request *request = &exchange->base.request;

    if (exchange->is_streaming || exchange->in_ended ||
        (request->framing == HTTP_LENGTH && request->content_length <= HTTP2_STREAM_WINDOW))
        return;
    exchange->is_streaming = true;
    nghttp2_session_set_local_window_size(exchange->connection->library, NGHTTP2_FLAG_NONE,
                                          exchange->stream, HTTP2_STREAMING_WINDOW);
    http2_send_later(exchange->connection);
}

static void on_read_body(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);

    if (exchange->reads_body || !exchange->has_reader)
        return;
    say_continue(exchange);
    exchange->reads_body = true;
    open_wide(exchange);
    http2_exchange_wait_for_body(exchange);
    loop_defer(base->session->worker->loop, &exchange->task);
}

static void on_pause_body(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);

    exchange->reads_body = false;
    http2_exchange_wait_for_body(exchange);
}

static void on_tunnel(struct http_exchange *base)
{
    struct http2_exchange *exchange = http2_of(base);

    exchange->tunnel = true;
    exchange->reads_body = true;
    open_wide(exchange);
    loop_defer(base->session->worker->loop, &exchange->task);
}

const struct http_transport http2_transport = {
    .head = on_head,
    .interim = on_interim,
    .body = on_body,
    .file = on_file,
    .finish = on_finish,
    .abort = on_abort,
    .is_full = on_is_full,
    .read_body = on_read_body,
    .pause_body = on_pause_body,
    .tunnel = on_tunnel,
};
