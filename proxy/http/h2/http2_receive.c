#include "http/conf/http_conf.h"
#include "http/h2/http2_priority.h"
#include "http/h2/http2_private.h"
#include "http/route/http_handlers.h"
#include "relay/session.h"
#include "relay/worker.h"

/* A key that a backend may see: its answer to it goes nowhere (RFC 8441 5), but a server of
 * RFC 6455 wants one. */
#define WEBSOCKET_KEY SLICE("ZnJvbnRkIHNwZWFrcyBoMg==")

/* What nobody needs so much of. */
static int count(struct http2_connection *connection, enum http2_flood kind, size_t amount)
{
    uint64_t now = loop_now(connection->session->worker->loop);

    if (http2_floods_add(&connection->floods, kind,
                         amount > UINT32_MAX ? UINT32_MAX : (uint32_t)amount, now))
        return 0;
    connection->is_flooded = true;
    connection->flood = kind;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

void http2_count_error(struct http2_connection *connection)
{
    (void)count(connection, HTTP2_FLOOD_ERRORS, 1);
}

static int count_frame(struct http2_connection *connection, const struct http2_frame *frame)
{
    switch (frame->type) {
    case NGHTTP2_DATA:
        if (frame->length == 0 && (frame->flags & NGHTTP2_FLAG_END_STREAM) == 0)
            return count(connection, HTTP2_FLOOD_EMPTY, 1);
        return 0;
    case NGHTTP2_HEADERS:
        http2_floods_restart(&connection->floods, HTTP2_FLOOD_CONTINUATIONS);
        return 0;
    case NGHTTP2_CONTINUATION:
        return count(connection, HTTP2_FLOOD_CONTINUATIONS, 1);
    case NGHTTP2_RST_STREAM:
        return count(connection, HTTP2_FLOOD_RESETS, 1);
    case NGHTTP2_SETTINGS:
        return count(connection, HTTP2_FLOOD_SETTINGS, 1);
    case NGHTTP2_PING:
        return count(connection, HTTP2_FLOOD_PINGS, 1);
    case NGHTTP2_WINDOW_UPDATE:
        return count(connection, HTTP2_FLOOD_WINDOWS, 1);
    default:
        return count(connection, HTTP2_FLOOD_PRIORITIES, 1);
    }
}

/* Before the library sees any of it. */
static bool count_frames(struct http2_connection *connection, struct slice input)
{
    struct http2_frame frame;

    while (http2_frames_next(&connection->frames, &input, &frame))
        if (count_frame(connection, &frame) != 0)
            return false;
    return true;
}

/* Heads. */

static int on_begin_headers(nghttp2_session *library, const nghttp2_frame *frame, void *owner)
{
    struct http2_connection *connection = owner;
    struct http2_exchange *exchange;

    http2_floods_restart(&connection->floods, HTTP2_FLOOD_LIST);
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        exchange = http2_exchange_new(connection, frame->hd.stream_id);
        nghttp2_session_set_stream_user_data(library, frame->hd.stream_id, exchange);
    } else {
        exchange = nghttp2_session_get_stream_user_data(library, frame->hd.stream_id);
        if (exchange != NULL)
            exchange->is_trailer = true;
    }
    connection->in_head = exchange;
    if (exchange != NULL)
        http2_head_init(&connection->head, &exchange->base.arena, http2_head_limits(connection));
    return 0;
}

static struct slice slice_in(nghttp2_rcbuf *buffer)
{
    nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);

    return (struct slice){(const char *)bytes.base, bytes.len};
}

/* The library decodes fields that nobody wants, too: their order keeps its table right. */
static int on_header(nghttp2_session *library, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *owner)
{
    struct http2_connection *connection = owner;
    struct slice key = slice_in(name), content = slice_in(value);

    (void)library, (void)frame, (void)flags;
    if (connection->in_head == NULL) {
        /* of a stream that is gone */
    } else if (!connection->in_head->is_trailer) {
        http2_head_add(&connection->head, key, content);
    } else if (connection->head.refusal == HTTP_ACCEPTED) {
        connection->head.refusal = http2_field_check(key, content);
    }
    return count(connection, HTTP2_FLOOD_LIST, key.len + content.len + 32);
}

static void expect_body(struct http2_exchange *exchange, bool ends)
{
    exchange->is_parsed = true;
    exchange->has_reader = true;
    exchange->in_ended = ends;
    exchange->body_done = ends;
    exchange->base.is_head_request = exchange->base.request.method == HTTP_HEAD;
}

/* Whose answer comes first, when more than one is there. */
static void set_priority(struct http2_connection *connection, const struct http2_exchange *exchange)
{
    const struct http_request *request = &exchange->base.request;
    struct http2_priority asked = http2_priority_parse(
        http_field_value(request->fields, request->field_count, HTTP_FIELD_PRIORITY));
    nghttp2_extpri priority = {.urgency = asked.urgency, .inc = asked.is_incremental};

    nghttp2_session_change_extpri_stream_priority(connection->library, exchange->stream, &priority,
                                                  0);
}

static void check_requests(struct http2_connection *connection,
                           const struct http2_exchange *exchange)
{
    if (connection->requests < exchange->base.location->keepalive_requests ||
        connection->said_goaway)
        return;
    connection->said_goaway = true;
    nghttp2_submit_goaway(connection->library, NGHTTP2_FLAG_NONE, exchange->stream,
                          NGHTTP2_NO_ERROR, NULL, 0);
}

static void ask_for_websocket(struct http2_head *head)
{
    if (head->protocol.at != NULL &&
        http_field_value(head->fields, head->count, HTTP_FIELD_SEC_WEBSOCKET_KEY).at == NULL)
        http2_head_add(head, SLICE("sec-websocket-key"), WEBSOCKET_KEY);
}

static int take_head(struct http2_connection *connection, struct http2_exchange *exchange,
                     bool ends)
{
    struct http_exchange *base = &exchange->base;
    enum http_refusal refusal;

    ask_for_websocket(&connection->head);
    refusal = http2_head_finish(&connection->head, ends, &base->request);
    if (refusal != HTTP_ACCEPTED) {
        exchange->in_ended = ends;
        http_handle_refused(base, refusal);
        return count(connection, HTTP2_FLOOD_ERRORS, 1);
    }
    expect_body(exchange, ends);
    set_priority(connection, exchange);
    http_handle(base);
    if (exchange->link != NULL)
        check_requests(connection, exchange);
    return 0;
}

/* Accepted and discarded. */
static int take_trailer(struct http2_connection *connection, struct http2_exchange *exchange,
                        bool ends)
{
    if (ends && connection->head.refusal == HTTP_ACCEPTED) {
        http2_exchange_receive_end(exchange);
        return 0;
    }
    exchange->in_ended = ends;
    http2_exchange_refuse_body(exchange, 400, HTTP_REFUSED_TRAILER);
    return 0;
}

static int take_headers(struct http2_connection *connection, const nghttp2_frame_hd *frame)
{
    struct http2_exchange *exchange = connection->in_head;
    bool ends = (frame->flags & NGHTTP2_FLAG_END_STREAM) != 0;

    connection->in_head = NULL;
    if (exchange == NULL)
        return 0;
    exchange->base.request_length += frame->length; /* as nginx counts */
    return exchange->is_trailer ? take_trailer(connection, exchange, ends)
                                : take_head(connection, exchange, ends);
}

/* Bodies. */

static int on_data_chunk(nghttp2_session *library, uint8_t flags, int32_t stream,
                         const uint8_t *bytes, size_t len, void *owner)
{
    struct http2_connection *connection = owner;
    struct http2_exchange *exchange = nghttp2_session_get_stream_user_data(library, stream);

    (void)flags;
    if (exchange != NULL)
        http2_exchange_receive(exchange, (struct slice){(const char *)bytes, len});
    else
        nghttp2_session_consume_connection(library, len);
    return connection->is_flooded ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int take_data(struct http2_connection *connection, const nghttp2_frame *frame)
{
    struct http2_exchange *exchange =
        nghttp2_session_get_stream_user_data(connection->library, frame->hd.stream_id);

    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        if (exchange != NULL)
            http2_exchange_receive_end(exchange);
        return 0;
    }
    if (frame->hd.length > 0 && frame->data.padlen >= frame->hd.length)
        return count(connection, HTTP2_FLOOD_EMPTY, 1);
    return 0;
}

static int on_frame(nghttp2_session *library, const nghttp2_frame *frame, void *owner)
{
    struct http2_connection *connection = owner;

    (void)library;
    if (frame->hd.type == NGHTTP2_HEADERS)
        return take_headers(connection, &frame->hd);
    if (frame->hd.type == NGHTTP2_DATA)
        return take_data(connection, frame);
    if (frame->hd.type == NGHTTP2_GOAWAY)
        connection->heard_goaway = true;
    return 0;
}

/* The library answers these with a reset or GOAWAY. */
static int on_invalid_frame(nghttp2_session *library, const nghttp2_frame *frame, int error,
                            void *owner)
{
    (void)library, (void)frame, (void)error;
    return count(owner, HTTP2_FLOOD_ERRORS, 1);
}

/* Both sides have ended it, or one has cut it. */
static int on_stream_close(nghttp2_session *library, int32_t stream, uint32_t code, void *owner)
{
    struct http2_exchange *exchange = nghttp2_session_get_stream_user_data(library, stream);

    (void)code, (void)owner;
    if (exchange != NULL)
        http2_exchange_conclude(exchange, !exchange->out_ended);
    return 0;
}

void http2_receive_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}

/* The whole. */

static bool refuse_flood(struct http2_connection *connection)
{
    session_log(connection->session, LOG_INFO, "client floods: too many %s",
                http2_flood_words(connection->flood));
    nghttp2_session_terminate_session(connection->library, NGHTTP2_ENHANCE_YOUR_CALM);
    session_close(connection->session, CLOSE_CLIENT_ERRORS);
    return false;
}

static bool refuse_input(struct http2_connection *connection, int error)
{
    session_log(connection->session, LOG_INFO, "HTTP/2: %s", nghttp2_strerror(error));
    nghttp2_session_terminate_session(connection->library, error == NGHTTP2_ERR_BAD_CLIENT_MAGIC
                                                               ? NGHTTP2_PROTOCOL_ERROR
                                                               : NGHTTP2_ENHANCE_YOUR_CALM);
    session_close(connection->session, CLOSE_CLIENT_BAD_PROTOCOL);
    return false;
}

bool http2_receive(struct http2_connection *connection)
{
    struct session *session = connection->session;
    struct slice input = session_input(session);
    ssize_t taken;

    if (!count_frames(connection, input))
        return refuse_flood(connection);
    connection->is_receiving = true;
    taken = nghttp2_session_mem_recv(connection->library, (const uint8_t *)input.at, input.len);
    connection->is_receiving = false;
    if (session->phase != SESSION_OPEN)
        return false;
    session_consume(session, input.len);
    if (connection->is_flooded)
        return refuse_flood(connection);
    return taken >= 0 || refuse_input(connection, (int)taken);
}
