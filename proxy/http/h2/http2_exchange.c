#include "base/sanitized.h"
#include "http/access/http_limit_conn.h"
#include "http/conf/http_conf.h"
#include "http/h2/http2_connection.h"
#include "http/h2/http2_private.h"
#include "http/http_service.h"
#include "http/log/http_log.h"
#include "http/proxy/http_kept_body.h"
#include "relay/connection_counts.h"
#include "relay/listen.h"
#include "relay/worker.h"

#include <stdlib.h>

#define EXCHANGE_ARENA_MAX (256u << 10)
/* So many exchanges of a worker that are over are kept for the next ones, with a chunk of memory
 * each: allocating both is a tenth of a small answer. None where memory is watched. */
#if BUILD_IS_SANITIZED
#define SPARES_MAX 0
#else
#define SPARES_MAX 64
#endif
/* So much of a body that has waited goes to the handler at once. */
#define DELIVERY_MAX (64u << 10)

static struct loop *loop_of(const struct http2_exchange *exchange)
{
    return exchange->base.session->worker->loop;
}

/* Until it is gone, what a handler does next may end it. */
static bool is_concluded(const struct http2_exchange *exchange)
{
    return exchange->link == NULL;
}

/* Deadlines. */

/* Bytes that the connection brought since the stream began: streams wait for one another. */
static uint64_t received_since(const struct http2_exchange *exchange)
{
    return exchange->connection->received - exchange->received_mark;
}

static void count_slow(struct http2_exchange *exchange)
{
    exchange->base.session->worker->counters[COUNTER_HTTP_SLOW]++;
    http_exchange_log(&exchange->base, close_reason_level(CLOSE_TIMEOUT_SLOW), "%s",
                      close_reason_words(CLOSE_TIMEOUT_SLOW));
}

/* Whoever waits for another stream to be read has no room to send anything. */
static bool may_send(const struct http2_exchange *exchange)
{
    return nghttp2_session_get_local_window_size(exchange->connection->library) > 0;
}

static void count_time(struct http2_exchange *exchange)
{
    if (may_send(exchange))
        http_awaited_go_on(&exchange->awaited, loop_now(loop_of(exchange)));
    else
        http_awaited_stop(&exchange->awaited, loop_now(loop_of(exchange)));
}

/* `idle_ms`: since the last bytes came. */
static void await_body(struct http2_exchange *exchange, uint32_t idle_ms)
{
    const struct http_location *location = exchange->base.location;
    uint32_t left = location->client_body_timeout - idle_ms, enough;

    if (location->min_rate.per_second > 0) {
        count_time(exchange);
        enough =
            http_min_rate_left(&location->min_rate, exchange->awaited.ms, received_since(exchange));
        if (exchange->awaited.is_running && enough < left)
            left = enough;
    }
    deadline_set(loop_of(exchange), &exchange->body_deadline, left);
}

static void on_body_deadline(void *owner)
{
    struct http2_exchange *exchange = owner;
    const struct http_location *location = exchange->base.location;
    uint64_t idle_ms = loop_now(loop_of(exchange)) - exchange->idle_since_ms;

    if (exchange->awaited.is_running)
        http_awaited_go_on(&exchange->awaited, loop_now(loop_of(exchange)));
    if (http_min_rate_is_missed(&location->min_rate, exchange->awaited.ms,
                                received_since(exchange))) {
        count_slow(exchange);
    } else if (idle_ms < location->client_body_timeout) { /* other streams brought enough */
        await_body(exchange, (uint32_t)idle_ms);
        return;
    }
    http2_exchange_refuse_body(exchange, 408, HTTP_ACCEPTED);
}

static uint64_t sent_by_connection(const struct http2_connection *connection)
{
    struct stream *client = connection->session->client;

    return client == NULL ? 0 : stream_bytes_out(client) - stream_queued(client);
}

/* Enough has left of this stream, or it is only that others came first. */
static bool has_progressed(const struct http2_exchange *exchange)
{
    const struct http_location *location = exchange->base.location;
    uint64_t least =
        exchange->tunnel ? 1 : http_min_rate_least(&location->min_rate, location->send_timeout);
    const struct http2_connection *connection = exchange->connection;

    if (exchange->base.body_sent - exchange->sent_mark >= least)
        return true;
    return nghttp2_session_get_stream_remote_window_size(connection->library, exchange->stream) >
               0 &&
           nghttp2_session_get_remote_window_size(connection->library) > 0 &&
           sent_by_connection(connection) - exchange->connection_mark >= least;
}

static void on_send_deadline(void *owner)
{
    struct http2_exchange *exchange = owner;

    if (has_progressed(exchange)) {
        http2_send_expect(exchange);
        return;
    }
    http_exchange_log(&exchange->base, LOG_INFO, "client does not take the answer to \"%s\"",
                      log_escape(exchange->base.request.line).text);
    http2_exchange_reset(exchange, NGHTTP2_CANCEL);
}

void http2_send_expect(struct http2_exchange *exchange)
{
    exchange->sent_mark = exchange->base.body_sent;
    exchange->connection_mark = sent_by_connection(exchange->connection);
    deadline_set(loop_of(exchange), &exchange->send_deadline,
                 exchange->base.location->send_timeout);
}

void http2_exchange_wait_for_body(struct http2_exchange *exchange)
{
    if (exchange->reads_body && !exchange->in_ended && !exchange->tunnel && exchange->has_reader) {
        exchange->idle_since_ms = loop_now(loop_of(exchange));
        await_body(exchange, 0);
        return;
    }
    if (exchange->awaited.is_running)
        http_awaited_stop(&exchange->awaited, loop_now(loop_of(exchange)));
    deadline_clear(&exchange->body_deadline);
}

/* The body. */

static void deliver(struct http2_exchange *exchange, struct slice bytes, bool last)
{
    struct http_exchange *base = &exchange->base;

    base->body_given = true;
    if (last)
        exchange->body_done = true;
    if (exchange->has_reader && base->reader != NULL && base->reader->body != NULL)
        base->reader->body(base, bytes, last);
}

/* The client may send as many bytes again. */
static void open_windows(struct http2_exchange *exchange, size_t len)
{
    struct http2_connection *connection = exchange->connection;

    if (len == 0)
        return;
    nghttp2_session_consume_connection(connection->library, len);
    if (!is_concluded(exchange) && !exchange->in_ended)
        nghttp2_session_consume_stream(connection->library, exchange->stream, len);
    http2_send_later(connection);
}

void http2_exchange_drop_input(struct http2_exchange *exchange)
{
    size_t len = buffer_len(&exchange->in);

    buffer_release(&exchange->in);
    open_windows(exchange, len);
}

static bool is_reading(const struct http2_exchange *exchange)
{
    return !is_concluded(exchange) && exchange->has_reader && exchange->reads_body;
}

/* What had to wait; a handler may pause, finish or cut the exchange at any piece. */
static void deliver_waiting(struct http2_exchange *exchange)
{
    while (is_reading(exchange) && buffer_len(&exchange->in) > 0) {
        struct slice part = slice_part(buffer_slice(&exchange->in), 0, DELIVERY_MAX);

        deliver(exchange, part, false);
        if (buffer_len(&exchange->in) == 0)
            return; /* dropped */
        buffer_consume(&exchange->in, part.len);
        open_windows(exchange, part.len);
    }
    if (is_reading(exchange) && exchange->in_ended && !exchange->body_done)
        deliver(exchange, SLICE_NONE, true);
}

static void run_task(void *owner)
{
    struct http2_exchange *exchange = owner;
    struct http_exchange *base = &exchange->base;

    deliver_waiting(exchange);
    if (is_concluded(exchange))
        return;
    http2_exchange_wait_for_body(exchange);
    if (!exchange->wants_drained || buffer_len(&exchange->out) > 0 || exchange->file_left > 0)
        return;
    exchange->wants_drained = false;
    if (!base->finished && base->reader != NULL && base->reader->drained != NULL)
        base->reader->drained(base);
}

static bool is_beyond_limit(const struct http2_exchange *exchange)
{
    uint64_t limit = exchange->base.location->client_max_body_size;

    return exchange->base.request.framing == HTTP_CHUNKED && limit > 0 &&
           exchange->base.body_received > limit;
}

static bool is_longer_than_said(const struct http2_exchange *exchange)
{
    const struct http_request *request = &exchange->base.request;

    return request->framing != HTTP_CHUNKED && !exchange->tunnel && !request->wants_upgrade &&
           exchange->base.body_received > request->content_length;
}

void http2_exchange_receive(struct http2_exchange *exchange, struct slice bytes)
{
    exchange->base.request_length += bytes.len;
    exchange->base.body_received += bytes.len;
    exchange->connection->received += bytes.len;
    if (!exchange->has_reader) {
        open_windows(exchange, bytes.len);
    } else if (is_longer_than_said(exchange)) {
        open_windows(exchange, bytes.len);
        http2_exchange_refuse_body(exchange, 400, HTTP_REFUSED_LENGTH_DIFFERS);
    } else if (is_beyond_limit(exchange)) {
        open_windows(exchange, bytes.len);
        http2_exchange_refuse_body(exchange, 413, HTTP_ACCEPTED);
    } else if (is_reading(exchange) && buffer_len(&exchange->in) == 0) {
        deliver(exchange, bytes, false);
        open_windows(exchange, bytes.len);
        if (!is_concluded(exchange))
            http2_exchange_wait_for_body(exchange);
    } else {
        buffer_append(&exchange->in, bytes); /* no more than the windows allow */
    }
}

void http2_exchange_receive_end(struct http2_exchange *exchange)
{
    const struct http_exchange *base = &exchange->base;

    exchange->in_ended = true;
    if (exchange->has_reader && base->request.framing == HTTP_LENGTH &&
        base->body_received < base->request.content_length) {
        http2_exchange_refuse_body(exchange, 400, HTTP_REFUSED_LENGTH_DIFFERS);
        return;
    }
    deadline_clear(&exchange->body_deadline);
    if (is_reading(exchange) && buffer_len(&exchange->in) == 0)
        deliver(exchange, SLICE_NONE, true);
}

void http2_exchange_refuse_body(struct http2_exchange *exchange, unsigned status,
                                enum http_refusal refusal)
{
    struct http_exchange *base = &exchange->base;

    if (refusal != HTTP_ACCEPTED)
        http2_count_error(exchange->connection);
    deadline_clear(&exchange->body_deadline);
    if (base->reader != NULL && exchange->has_reader && base->reader->aborted != NULL)
        base->reader->aborted(base);
    exchange->has_reader = false;
    if (base->head_sent)
        http2_exchange_reset(exchange, NGHTTP2_PROTOCOL_ERROR);
    else if (refusal != HTTP_ACCEPTED)
        http_exchange_refuse(base, refusal);
    else
        http_exchange_error(base, status);
}

/* Beginning and end. */

static void link_exchange(struct http2_exchange *exchange)
{
    struct http2_connection *connection = exchange->connection;

    exchange->next = connection->exchanges;
    exchange->link = &connection->exchanges;
    if (exchange->next != NULL)
        exchange->next->link = &exchange->next;
    connection->exchanges = exchange;
}

static void unlink_exchange(struct http2_exchange *exchange)
{
    *exchange->link = exchange->next;
    if (exchange->next != NULL)
        exchange->next->link = exchange->link;
    exchange->link = NULL;
}

static struct http_content *content_of(const struct http2_connection *connection)
{
    const struct http_service *service = connection->session->listen->service;

    return service->content;
}

/* Cleared, with an empty arena. */
static struct http2_exchange *take_memory(struct http_content *content)
{
    struct http2_exchange *exchange = content->spares;
    struct arena arena;

    if (exchange == NULL) {
        exchange = memory_zero(sizeof *exchange);
        arena_init(&exchange->base.arena, EXCHANGE_ARENA_MAX);
        return exchange;
    }
    content->spares = exchange->next;
    content->spare_count--;
    arena = exchange->base.arena;
    memset(exchange, 0, sizeof *exchange);
    exchange->base.arena = arena;
    return exchange;
}

/* Each stream counts as a connection that is written to; without one, theirs waits. */

static void count_new(struct session *session)
{
    connection_counts_add_request(session->worker->counts);
    connection_counts_add(session->worker->counts, CONNECTION_WRITING);
    connection_counts_move(session, CONNECTION_NOWHERE);
}

static void count_over(const struct http2_connection *connection)
{
    struct session *session = connection->session;

    connection_counts_remove(session->worker->counts, CONNECTION_WRITING);
    if (connection->exchanges == NULL)
        connection_counts_move(session, CONNECTION_WAITING);
}

struct http2_exchange *http2_exchange_new(struct http2_connection *connection, int32_t stream)
{
    struct http2_exchange *exchange = take_memory(content_of(connection));
    struct session *session = connection->session;
    const http_server_pointer *servers = session->listen->servers;
    struct http_exchange *base = &exchange->base;

    base->session = session;
    base->log = session->log;
    base->transport = &http2_transport;
    base->connection = connection;
    base->started_us = loop_wall_us(session->worker->loop);
    base->server = servers[0];
    base->request.keeps_slashes = !base->server->merge_slashes;
    base->location = base->server->own;
    base->number = ++connection->requests;
    exchange->connection = connection;
    exchange->received_mark = connection->received;
    exchange->stream = stream;
    loop_task_init(&exchange->task, run_task, exchange);
    deadline_init(&exchange->body_deadline, on_body_deadline, exchange);
    deadline_init(&exchange->send_deadline, on_send_deadline, exchange);
    link_exchange(exchange);
    if (session->worker->counts != NULL)
        count_new(session);
    return exchange;
}

static void free_exchange(void *owner)
{
    struct http2_exchange *exchange = owner;

    buffer_release(&exchange->in);
    buffer_release(&exchange->out);
    arena_deinit(&exchange->base.arena);
    free(exchange);
}

static void free_or_keep(struct http2_exchange *exchange)
{
    struct http_content *content = content_of(exchange->connection);

    if (content->spare_count + 1 > SPARES_MAX) {
        free_exchange(exchange);
        return;
    }
    buffer_release(&exchange->in);
    buffer_release(&exchange->out);
    arena_recycle(&exchange->base.arena);
    exchange->next = content->spares;
    content->spares = exchange;
    content->spare_count++;
}

void http2_exchange_free_spares(struct http_content *content)
{
    while (content->spares != NULL) {
        struct http2_exchange *exchange = content->spares;

        content->spares = exchange->next;
        free_exchange(exchange);
    }
}

/* While the library makes frames no handler runs; otherwise one may, with this very exchange. */
static void free_soon(struct http2_exchange *exchange)
{
    if (exchange->connection->is_sending) {
        free_or_keep(exchange);
        return;
    }
    loop_task_init(&exchange->task, free_exchange, exchange);
    loop_defer(loop_of(exchange), &exchange->task);
}

static void note_idle_time(struct http2_exchange *exchange)
{
    exchange->connection->idle_ms = exchange->base.location->keepalive_timeout.timeout_ms;
}

void http2_exchange_conclude(struct http2_exchange *exchange, bool is_cut)
{
    struct http2_connection *connection = exchange->connection;
    struct http_exchange *base = &exchange->base;

    unlink_exchange(exchange);
    if (base->session->worker->counts != NULL)
        count_over(connection);
    if (connection->in_head == exchange)
        connection->in_head = NULL;
    nghttp2_session_set_stream_user_data(connection->library, exchange->stream, NULL);
    loop_task_cancel(&exchange->task);
    deadline_clear(&exchange->body_deadline);
    deadline_clear(&exchange->send_deadline);
    connection->queued -= buffer_len(&exchange->out);
    http2_exchange_drop_input(exchange);
    if (is_cut && !base->head_sent && base->response.status == 0)
        base->response.status = 499; /* as nginx logs it */
    if (is_cut && exchange->has_reader && base->reader != NULL && base->reader->aborted != NULL)
        base->reader->aborted(base);
    base->session->worker->counters[COUNTER_HTTP_REQUESTS]++;
    http_log_exchange(base);
    http_limit_conn_release(base);
    if (base->reader != NULL && base->reader->ended != NULL)
        base->reader->ended(base);
    http_kept_body_drop(base);
    note_idle_time(exchange);
    http2_send_later(connection);
    free_soon(exchange);
}

void http2_exchange_reset(struct http2_exchange *exchange, uint32_t code)
{
    nghttp2_submit_rst_stream(exchange->connection->library, NGHTTP2_FLAG_NONE, exchange->stream,
                              code);
    http2_exchange_conclude(exchange, true);
}
