#include "http/conf/http_conf.h"
#include "http/h1/http1_private.h"
#include "http/h1/http1_write.h"
#include "http/http_service.h"
#include "relay/worker.h"

#include <stdlib.h>

/* An unread body up to this size is read and dropped to keep the connection. */
#define DROP_MAX (64u << 10)
/* A head up to this size is built on the stack. */
#define HEAD_ON_STACK 4096

static void write_out(struct http1_exchange *exchange, struct slice bytes)
{
    exchange->base.bytes_sent += bytes.len;
    session_write(exchange->base.session, bytes);
}

/* Can the rest of the request's body be dropped, so that another request may follow? */
static bool can_drop_body(const struct http1_exchange *exchange)
{
    const struct http_request *request = &exchange->base.request;

    if (exchange->body_done)
        return true;
    if (request->expects_continue && !exchange->said_continue)
        return false;
    return request->framing == HTTP_LENGTH && exchange->body_left <= DROP_MAX;
}

/* reference/http.md 4.7: bytes behind an upgrade that was not granted are nobody's. */
static bool has_surplus(const struct http1_exchange *exchange)
{
    return exchange->base.request.wants_upgrade && exchange->base.response.status != 101 &&
           session_input(exchange->base.session).len > 0;
}

static bool must_close(const struct http1_exchange *exchange)
{
    const struct http_exchange *base = &exchange->base;

    return base->close_after || !base->request.keep_alive || base->session->worker->draining ||
           base->location == NULL || base->location->keepalive_timeout.timeout_ms == 0 ||
           exchange->connection->requests >= base->location->keepalive_requests ||
           !can_drop_body(exchange) || has_surplus(exchange);
}

static bool has_body(const struct http_exchange *base)
{
    return !base->is_head_request && http_status_has_body(base->response.status);
}

/* HTTP/1.0 knows no chunks: the end of the connection ends the body. */
static void choose_framing(struct http1_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;

    if (base->response.framing == HTTP_CHUNKED && base->request.minor == 0)
        base->response.framing = HTTP_TO_CLOSE;
    exchange->sends = has_body(base) ? base->response.framing : HTTP_NO_BODY;
    base->close_after = must_close(exchange) || exchange->sends == HTTP_TO_CLOSE;
}

static void write_head(struct http1_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;
    const struct http_clock *clock = http_content_clock(http_content_of(base));
    struct http1_response_frame frame = {
        .date = {clock->date, HTTP_DATE_LEN},
        .to_head = base->is_head_request,
        .close = base->close_after,
        .says_keep_alive = base->request.minor == 0,
        .keep_alive_s = base->location == NULL ? 0 : base->location->keepalive_timeout.field_s,
    };
    char memory[HEAD_ON_STACK];
    size_t size = http1_response_size(&base->response);
    char *room = size <= sizeof memory ? memory : memory_alloc(size);
    struct text head = text_in(room, size);

    http1_write_response(&head, &base->response, &frame);
    write_out(exchange, text_slice(&head));
    if (room != memory)
        free(room);
}

static void on_head(struct http_exchange *base)
{
    struct http1_exchange *exchange = http1_of(base);

    base->head_sent = true;
    choose_framing(exchange);
    write_head(exchange);
}

static void on_interim(struct http_exchange *base, const struct http_response *response)
{
    size_t size = http1_response_size(response);
    struct text head = text_in(memory_alloc(size), size);

    if (base->request.minor >= 1 && !base->head_sent) {
        http1_write_interim(&head, response);
        write_out(http1_of(base), text_slice(&head));
    }
    free(head.at);
}

/* nginx's count: with the framing of chunks. */
static void write_body(struct http1_exchange *exchange, struct slice bytes)
{
    exchange->base.body_sent += bytes.len;
    write_out(exchange, bytes);
}

static void write_chunk(struct http1_exchange *exchange, struct slice bytes)
{
    char memory[HTTP1_CHUNK_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);

    http1_write_chunk_line(&line, bytes.len);
    write_body(exchange, text_slice(&line));
    write_body(exchange, bytes);
    write_body(exchange, SLICE("\r\n"));
}

static void on_body(struct http_exchange *base, struct slice bytes)
{
    struct http1_exchange *exchange = http1_of(base);

    if (bytes.len == 0 || (exchange->sends == HTTP_NO_BODY && !exchange->tunnel))
        return;
    if (exchange->sends == HTTP_CHUNKED && !exchange->tunnel)
        write_chunk(exchange, bytes);
    else
        write_body(exchange, bytes);
}

static void on_file(struct http_exchange *base, int fd, uint64_t offset, uint64_t len)
{
    struct http1_exchange *exchange = http1_of(base);

    if (len == 0 || exchange->sends == HTTP_NO_BODY || base->session->client == NULL)
        return;
    base->body_sent += len;
    base->bytes_sent += len;
    exchange->sends_file = true;
    stream_write_file(base->session->client, fd, offset, len);
    http1_wait_for_client(exchange);
}

static void on_finish(struct http_exchange *base)
{
    struct http1_exchange *exchange = http1_of(base);

    if (base->finished || base->session->phase == SESSION_CLOSED)
        return;
    base->finished = true;
    if (exchange->tunnel)
        stream_finish(base->session->client);
    else if (exchange->sends == HTTP_CHUNKED)
        write_body(exchange, HTTP1_LAST_CHUNK);
    if (!exchange->tunnel) {
        exchange->has_reader = false;
        exchange->reads_body = true; /* to drop it */
    }
    loop_defer(base->session->worker->loop, &exchange->task);
}

/* A body that ends with the connection looks complete after an orderly end: reset instead. */
static void reset(struct session *session)
{
    if (session->client != NULL)
        stream_reset(&session->client);
}

static void on_abort(struct http_exchange *base, enum close_reason reason)
{
    if (http1_of(base)->sends == HTTP_TO_CLOSE && base->head_sent && !base->finished)
        reset(base->session);
    session_close(base->session, reason);
}

static bool on_is_full(struct http_exchange *base)
{
    struct session *session = base->session;

    if (session->client == NULL || stream_queued(session->client) < HTTP1_QUEUE_MAX)
        return false;
    stream_tell_drained(session->client);
    http1_wait_for_client(http1_of(base));
    return true;
}

/* RFC 9110 10.1.1: only when we begin to read and nothing of the body is here yet. */
static void say_continue(struct http1_exchange *exchange)
{
    struct http_response response = {.status = 100};

    if (!exchange->base.request.expects_continue || exchange->said_continue ||
        exchange->base.head_sent || exchange->body_done)
        return;
    exchange->said_continue = true;
    if (session_input(exchange->base.session).len == 0)
        on_interim(&exchange->base, &response);
}

/* The rest of a body behind a complete answer is the connection's to drop. A tunnel whose backend
 * has said its last word still carries the client's. */
static bool is_dropping(const struct http1_exchange *exchange)
{
    return exchange->base.finished && !exchange->tunnel;
}

static void on_read_body(struct http_exchange *base)
{
    struct http1_exchange *exchange = http1_of(base);

    if (exchange->reads_body || is_dropping(exchange))
        return;
    say_continue(exchange);
    exchange->reads_body = true;
    if (!exchange->connection->advancing)
        loop_defer(base->session->worker->loop, &exchange->task);
}

static void on_pause_body(struct http_exchange *base)
{
    struct http1_exchange *exchange = http1_of(base);

    if (is_dropping(exchange))
        return;
    exchange->reads_body = false;
    if (exchange->connection->advancing || base->session->client == NULL)
        return;
    stream_pause(base->session->client);
    http1_body_wait(exchange);
}

static void on_tunnel(struct http_exchange *base)
{
    struct http1_exchange *exchange = http1_of(base);

    exchange->tunnel = true;
    exchange->body_done = false;
    exchange->reads_body = true;
    loop_defer(base->session->worker->loop, &exchange->task);
}

/* One exchange at a time: the session's own lines are about it. */
static void on_located(struct http_exchange *base)
{
    base->session->log = base->log;
}

const struct http_transport http1_transport = {
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
    .located = on_located,
};
