#include "http/h1/http1_connection.h"

#include "base/ensure.h"
#include "http/access/http_limit_conn.h"
#include "http/conf/http_conf.h"
#include "http/h1/http1_private.h"
#include "http/http_service.h"
#include "http/log/http_log.h"
#include "http/proxy/http_kept_body.h"
#include "http/route/http_handlers.h"
#include "relay/connection_counts.h"
#include "relay/listen.h"
#include "relay/worker.h"

#include <stdlib.h>

#define EXCHANGE_ARENA_MAX (256u << 10)

/* The values that hold before a request says which server is meant. */
static const struct http_server *default_server(const struct session *session)
{
    const http_server_pointer *servers = session->listen->servers;

    return servers[0];
}

/* The life of an exchange. */

static void run_task(void *owner)
{
    struct http1_exchange *exchange = owner;

    http1_advance(exchange->connection);
}

static struct http_content *content_of(const struct session *session)
{
    const struct http_service *service = session->listen->service;

    return service->content;
}

/* Cleared, with an empty arena. */
static struct http1_exchange *take_memory(struct http_content *content)
{
    struct http1_exchange *exchange = content->spare;
    struct arena arena;

    if (exchange == NULL) {
        exchange = memory_zero(sizeof *exchange);
        arena_init(&exchange->base.arena, EXCHANGE_ARENA_MAX);
        return exchange;
    }
    content->spare = NULL;
    arena = exchange->base.arena;
    memset(exchange, 0, sizeof *exchange);
    exchange->base.arena = arena;
    return exchange;
}

static struct http1_exchange *new_exchange(struct http1_connection *connection)
{
    struct http1_exchange *exchange = take_memory(content_of(connection->session));
    struct http_exchange *base = &exchange->base;

    base->session = connection->session;
    base->log = connection->session->log;
    base->transport = &http1_transport;
    base->connection = connection;
    base->started_us = connection->started_us;
    base->server = default_server(connection->session);
    base->location = base->server->own;
    base->request.keeps_slashes = !base->server->merge_slashes;
    exchange->connection = connection;
    exchange->stream_mark = stream_bytes_out(connection->session->client);
    exchange->body_done = true;
    loop_task_init(&exchange->task, run_task, exchange);
    connection->exchange = exchange;
    base->number = ++connection->requests;
    if (base->session->worker->counts != NULL)
        connection_counts_move(base->session, CONNECTION_WRITING);
    return exchange;
}

static void free_exchange(void *owner)
{
    struct http1_exchange *exchange = owner;

    arena_deinit(&exchange->base.arena);
    free(exchange);
}

/* One is kept: the next request is rarely far, and rarely at the same time. */
static void free_or_keep(struct http_content *content, struct http1_exchange *exchange)
{
    if (content->spare != NULL) {
        free_exchange(exchange);
        return;
    }
    arena_recycle(&exchange->base.arena);
    content->spare = exchange;
}

void http1_free_spare(struct http_content *content)
{
    if (content->spare != NULL)
        free_exchange(content->spare);
    content->spare = NULL;
}

/* The last things an exchange does, however it ended. */
static void conclude(struct http1_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;

    exchange->connection->exchange = NULL;
    loop_task_cancel(&exchange->task);
    base->session->worker->counters[COUNTER_HTTP_REQUESTS]++;
    http_log_exchange(base); /* the response's fields may point into what the handler lets go */
    http_limit_conn_release(base);
    if (base->reader != NULL && base->reader->ended != NULL)
        base->reader->ended(base);
    http_kept_body_drop(base);
}

static bool is_over(const struct http1_exchange *exchange)
{
    if (!exchange->base.finished || exchange->sends_file)
        return false;
    if (exchange->tunnel)
        return exchange->body_done;
    return exchange->body_done || exchange->base.close_after;
}

static enum close_reason reason_of(const struct http1_exchange *exchange)
{
    if (exchange->is_slow)
        return CLOSE_TIMEOUT_SLOW;
    return exchange->is_parsed && exchange->body_done ? CLOSE_DONE : CLOSE_FRONTD_ANSWERED;
}

static void end_exchange(struct http1_connection *connection, struct http1_exchange *exchange)
{
    struct session *session = connection->session;
    bool closes = exchange->base.close_after || exchange->tunnel;
    enum close_reason reason = reason_of(exchange);
    uint32_t idle_ms = exchange->base.location->keepalive_timeout.timeout_ms;

    conclude(exchange);
    free_or_keep(content_of(session), exchange);
    if (session->worker->counts != NULL)
        connection_counts_move(session, CONNECTION_WAITING);
    if (closes)
        session_close(session, reason);
    else
        session_expire_in(session, idle_ms);
}

/* Heads. */

/* As in nginx a request counts from its first byte. */
static void count_head(struct session *session)
{
    if (session->worker->counts == NULL)
        return;
    connection_counts_add_request(session->worker->counts);
    connection_counts_move(session, CONNECTION_READING);
}

static void begin_head(struct http1_connection *connection)
{
    if (connection->in_head)
        return;
    connection->in_head = true;
    count_head(connection->session);
    connection->started_us = loop_wall_us(connection->session->worker->loop);
    session_expire_in(connection->session,
                      default_server(connection->session)->client_header_timeout);
}

static void expect_body(struct http1_exchange *exchange)
{
    const struct http_request *request = &exchange->base.request;

    exchange->is_parsed = true;
    exchange->has_reader = true;
    exchange->body_left = request->content_length;
    exchange->body_done = request->framing == HTTP_NO_BODY;
    exchange->base.is_head_request = request->method == HTTP_HEAD;
}

/* The head is input[start, end). It is copied once: all slices of the request point there. */
static void take_head(struct http1_connection *connection, size_t start, size_t end)
{
    struct http1_exchange *exchange = new_exchange(connection);
    struct http_exchange *base = &exchange->base;
    struct slice head = slice_part(session_input(connection->session), start, end - start);
    enum http_refusal refusal;

    base->request_length = head.len;
    head = arena_keep(&base->arena, head);
    session_consume(connection->session, end);
    session_expire_never(connection->session);
    connection->scan = (struct http1_scan){0};
    connection->in_head = false;
    refusal = http1_parse_request(head, &base->arena, &base->request);
    if (refusal != HTTP_ACCEPTED) {
        http_handle_refused(base, refusal);
        return;
    }
    expect_body(exchange);
    http_handle(base);
}

static const struct http1_limits *limits_of(const struct http1_connection *connection)
{
    return &default_server(connection->session)->large_client_header_buffers;
}

/* What never becomes a head: its first line, if it is one, goes to the log. */
static void refuse_head(struct http1_connection *connection, enum http_refusal refusal)
{
    struct http1_exchange *exchange = new_exchange(connection);
    struct slice input = slice_from(session_input(connection->session), connection->scan.start);
    struct slice line = slice_part(slice_cut(&input, '\n'), 0, limits_of(connection)->line);

    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    if (slice_starts(line, SLICE("HEAD ")))
        exchange->base.request.method = HTTP_HEAD;
    exchange->base.request.line = arena_keep(&exchange->base.arena, line);
    connection->in_head = false;
    http_handle_refused(&exchange->base, refusal);
}

/* True if an exchange began. */
static bool read_head(struct http1_connection *connection)
{
    struct slice input = session_input(connection->session);
    enum http_refusal refusal;

    if (input.len == 0)
        return false;
    begin_head(connection);
    switch (http1_scan_head(input, limits_of(connection), &connection->scan, &refusal)) {
    case HTTP1_MORE:
        if (!http1_is_versionless(input, &connection->scan))
            return false;
        refuse_head(connection, HTTP_REFUSED_REQUEST_LINE);
        return true;
    case HTTP1_DONE:
        take_head(connection, connection->scan.start, connection->scan.at);
        return true;
    case HTTP1_REFUSED:
        refuse_head(connection, refusal);
        return true;
    }
    ensure(!"unreachable");
    return false;
}

/* A client that sends requests and reads no answers. */
static bool answers_pile_up(const struct session *session)
{
    if (stream_queued(session->client) < HTTP1_QUEUE_MAX)
        return false;
    stream_tell_drained(session->client);
    return true;
}

/* One step; false if there is nothing to do. */
static bool step(struct http1_connection *connection)
{
    struct http1_exchange *exchange = connection->exchange;

    if (exchange == NULL)
        return !answers_pile_up(connection->session) && read_head(connection);
    if (is_over(exchange)) {
        end_exchange(connection, exchange);
        return true;
    }
    return !exchange->body_done && exchange->reads_body && http1_body_read(exchange);
}

/* The client has ended its direction and all it sent has been dealt with. A request under work is
 * given up, as nginx does: most who hang up do not want the answer any more. */
static void client_gone(struct http1_connection *connection)
{
    struct http1_exchange *exchange = connection->exchange;

    if (exchange == NULL)
        session_close(connection->session, connection->in_head || connection->requests == 0
                                               ? CLOSE_CLIENT_GONE
                                               : CLOSE_DONE);
    else if (!exchange->base.finished && (exchange->body_done || exchange->reads_body) &&
             !exchange->tunnel)
        session_close(connection->session, CLOSE_CLIENT_GONE_IN_DATA);
    else if (exchange->base.finished && !exchange->body_done)
        session_close(connection->session, CLOSE_CLIENT_GONE_IN_DATA);
}

/* What to wait for follows from the state. */
static void wait_for_more(struct http1_connection *connection)
{
    struct http1_exchange *exchange = connection->exchange;
    struct session *session = connection->session;
    bool wants_body = exchange != NULL && !exchange->body_done;

    if (wants_body && !exchange->reads_body)
        stream_pause(session->client);
    else
        stream_resume(session->client);
    if (exchange != NULL)
        http1_body_wait(exchange);
}

void http1_advance(struct http1_connection *connection)
{
    struct session *session = connection->session;

    ensure(!connection->advancing);
    connection->advancing = true;
    while (session->phase == SESSION_OPEN && step(connection))
        ;
    connection->advancing = false;
    if (session->phase == SESSION_OPEN && http1_client_ended(session))
        client_gone(connection);
    if (session->phase == SESSION_OPEN)
        wait_for_more(connection);
}

/* Bytes sent so far: when this stands still, the client does not read. */
static uint64_t sent_so_far(const struct http1_exchange *exchange)
{
    return exchange->base.bytes_sent - stream_queued(exchange->base.session->client);
}

void http1_wait_for_client(struct http1_exchange *exchange)
{
    exchange->waits = HTTP1_WAIT_SEND;
    exchange->sent_mark = sent_so_far(exchange);
    session_expire_in(exchange->base.session, exchange->base.location->send_timeout);
}

/* The session's events. */

void http1_connection_opened(struct session *session)
{
    struct http1_connection *connection = memory_zero(sizeof *connection);

    connection->session = session;
    session->state = connection;
    session_expire_in(session, default_server(session)->client_header_timeout);
}

void http1_connection_received(struct session *session)
{
    http1_advance(session->state);
}

void http1_connection_drained(struct session *session)
{
    struct http1_connection *connection = session->state;
    struct http1_exchange *exchange = connection->exchange;

    if (exchange != NULL) {
        struct http_exchange *base = &exchange->base;

        exchange->sends_file = false;
        if (exchange->waits == HTTP1_WAIT_SEND) {
            exchange->waits = HTTP1_WAIT_HANDLER;
            session_expire_never(session);
        }
        if (!base->finished && base->reader != NULL && base->reader->drained != NULL)
            base->reader->drained(base);
    }
    if (session->phase == SESSION_OPEN)
        http1_advance(connection);
}

static void head_expired(struct http1_connection *connection)
{
    struct session *session = connection->session;

    if (!connection->in_head) {
        session_close(session,
                      connection->requests > 0 ? CLOSE_TIMEOUT_IDLE : CLOSE_TIMEOUT_REQUEST);
        return;
    }
    connection->in_head = false;
    http_exchange_error(&new_exchange(connection)->base, 408);
}

static void send_expired(struct http1_exchange *exchange)
{
    const struct http_location *location = exchange->base.location;
    struct session *session = exchange->base.session;
    uint64_t taken = sent_so_far(exchange) - exchange->sent_mark;
    uint64_t least =
        exchange->tunnel ? 1 : http_min_rate_least(&location->min_rate, location->send_timeout);

    if (taken >= least) {
        http1_wait_for_client(exchange);
        return;
    }
    if (taken > 0)
        session->worker->counters[COUNTER_HTTP_SLOW]++;
    stream_reset(&session->client); /* no use to wait until it takes the rest */
    session_close(session, taken > 0 ? CLOSE_TIMEOUT_SLOW : CLOSE_TIMEOUT_DATA);
}

static void exchange_expired(struct http1_exchange *exchange)
{
    if (exchange->waits == HTTP1_WAIT_BODY)
        http1_body_expired(exchange);
    else if (exchange->waits == HTTP1_WAIT_SEND)
        send_expired(exchange);
}

void http1_connection_expired(struct session *session)
{
    struct http1_connection *connection = session->state;

    if (connection->exchange == NULL)
        head_expired(connection);
    else
        exchange_expired(connection->exchange);
}

/* Nothing to do: an idle connection gets one more answer, with Connection: close (whoever closes
 * it now loses the request that is on its way), and answers under work see worker->draining. */
void http1_connection_draining(struct session *session)
{
    (void)session;
}

/* The log tells what the client was sent, not what a file would have been. */
static void forget_unsent(const struct session *session, struct http1_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;
    uint64_t sent, unsent;

    if (session->client == NULL)
        return;
    sent = stream_bytes_out(session->client) - exchange->stream_mark;
    unsent = base->bytes_sent > sent ? base->bytes_sent - sent : 0;
    base->bytes_sent -= unsent;
    base->body_sent -= base->body_sent < unsent ? base->body_sent : unsent;
}

void http1_connection_closed(struct session *session, enum close_reason reason)
{
    struct http1_connection *connection = session->state;
    struct http1_exchange *exchange = connection->exchange;

    (void)reason;
    if (exchange != NULL) {
        struct http_exchange *base = &exchange->base;

        if (!base->head_sent && base->response.status == 0)
            base->response.status = 499; /* as nginx logs it */
        forget_unsent(session, exchange);
        if (exchange->sends_file) /* its file is closed now: nothing more of it may leave */
            stream_close(&session->client);
        if (exchange->has_reader && base->reader != NULL && base->reader->aborted != NULL)
            base->reader->aborted(base);
        conclude(exchange);
        /* The handler that closed the session may still be running. */
        loop_task_init(&exchange->task, free_exchange, exchange);
        loop_defer(session->worker->loop, &exchange->task);
    }
    session->state = NULL;
    loop_retire(session->worker->loop, connection);
}
