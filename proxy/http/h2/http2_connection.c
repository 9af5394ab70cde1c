#include "http/h2/http2_connection.h"

#include "http/conf/http_conf.h"
#include "http/h2/http2_private.h"
#include "relay/listen.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdlib.h>

/* Between saying that the connection ends and ending it: for requests that are on their way. */
#define DRAIN_MS 1000

static const struct http_server *default_server(const struct session *session)
{
    const http_server_pointer *servers = session->listen->servers;

    return servers[0];
}

/* What to wait for follows from the state. */

static uint64_t sent_so_far(const struct session *session)
{
    return stream_bytes_out(session->client) - stream_queued(session->client);
}

static void wait_for_send(struct http2_connection *connection)
{
    struct session *session = connection->session;

    connection->sent_mark = sent_so_far(session);
    session_expire_in(session, default_server(session)->own->send_timeout);
}

static enum http2_wait wait_of(const struct http2_connection *connection)
{
    if (connection->waits == HTTP2_WAIT_DRAIN)
        return HTTP2_WAIT_DRAIN;
    if (stream_queued(connection->session->client) >= HTTP2_SEND_QUEUE_MAX)
        return HTTP2_WAIT_SEND;
    return connection->exchanges == NULL ? HTTP2_WAIT_IDLE : HTTP2_WAIT_NOTHING;
}

static void wait_for_more(struct http2_connection *connection)
{
    enum http2_wait waits = wait_of(connection);
    bool is_new = waits != connection->waits;

    connection->waits = waits;
    if (waits == HTTP2_WAIT_IDLE)
        session_expire_in(connection->session, connection->idle_ms);
    else if (waits == HTTP2_WAIT_NOTHING && is_new)
        session_expire_never(connection->session);
    else if (waits == HTTP2_WAIT_SEND && is_new)
        wait_for_send(connection);
    if (connection->in_head == NULL)
        deadline_clear(&connection->head_deadline);
    else if (!deadline_is_set(&connection->head_deadline))
        deadline_set(connection->session->worker->loop, &connection->head_deadline,
                     default_server(connection->session)->client_header_timeout);
}

static bool is_over(const struct http2_connection *connection)
{
    if (!nghttp2_session_want_read(connection->library) &&
        !nghttp2_session_want_write(connection->library))
        return true;
    return connection->exchanges == NULL && connection->said_goaway &&
           !nghttp2_session_want_write(connection->library);
}

void http2_connection_advance(struct http2_connection *connection)
{
    struct session *session = connection->session;

    loop_task_cancel(&connection->task);
    if (!http2_send(connection))
        session_close(session, CLOSE_CLIENT_BAD_PROTOCOL);
    else if (is_over(connection))
        session_close(session, connection->said_goaway || connection->heard_goaway
                                   ? CLOSE_DONE
                                   : CLOSE_CLIENT_BAD_PROTOCOL);
    else
        wait_for_more(connection);
}

static void run_task(void *owner)
{
    http2_connection_advance(owner);
}

/* A head that began and does not end. */
static void on_head_deadline(void *owner)
{
    struct http2_connection *connection = owner;

    session_close(connection->session, CLOSE_TIMEOUT_REQUEST);
}

/* The session's events. */

static void on_received(struct session *session)
{
    struct http2_connection *connection = session->state;

    if (!http2_receive(connection))
        return;
    if (stream_end(session->client) == STREAM_OPEN)
        http2_connection_advance(connection);
    else
        session_close(session, connection->exchanges != NULL ? CLOSE_CLIENT_GONE_IN_DATA
                               : connection->requests == 0   ? CLOSE_CLIENT_GONE
                                                             : CLOSE_DONE);
}

static void on_drained(struct session *session)
{
    http2_connection_advance(session->state);
}

static void on_secured(struct session *session)
{
    (void)session; /* TLS begins with the connection */
}

static void send_expired(struct http2_connection *connection)
{
    struct session *session = connection->session;

    if (sent_so_far(session) != connection->sent_mark) {
        wait_for_send(connection);
        return;
    }
    stream_reset(&session->client); /* no use to wait until it takes the rest */
    session_close(session, CLOSE_TIMEOUT_DATA);
}

/* The last request that is served: nothing that comes after it is begun. */
static void end_drain(struct http2_connection *connection)
{
    connection->waits = HTTP2_WAIT_NOTHING;
    connection->said_goaway = true;
    nghttp2_submit_goaway(connection->library, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(connection->library),
                          NGHTTP2_NO_ERROR, NULL, 0);
    http2_connection_advance(connection);
}

static void on_expired(struct session *session)
{
    struct http2_connection *connection = session->state;

    switch (connection->waits) {
    case HTTP2_WAIT_NOTHING:
        break;
    case HTTP2_WAIT_IDLE:
        session_close(session,
                      connection->requests > 0 ? CLOSE_TIMEOUT_IDLE : CLOSE_TIMEOUT_REQUEST);
        break;
    case HTTP2_WAIT_SEND:
        send_expired(connection);
        break;
    case HTTP2_WAIT_DRAIN:
        end_drain(connection);
        break;
    }
}

/* RFC 9113 6.8: first a word that the end comes, then which request was the last. */
static void on_draining(struct session *session)
{
    struct http2_connection *connection = session->state;

    if (connection->said_goaway || connection->waits == HTTP2_WAIT_DRAIN)
        return;
    nghttp2_submit_shutdown_notice(connection->library);
    connection->waits = HTTP2_WAIT_DRAIN;
    session_expire_in(session, DRAIN_MS);
    http2_connection_advance(connection);
}

static void on_opened(struct session *session)
{
    struct http2_connection *connection = memory_zero(sizeof *connection);
    const struct http_server *server = default_server(session);
    uint32_t streams = (uint32_t)server->http2_max_concurrent_streams;

    connection->session = session;
    connection->idle_ms = server->client_header_timeout; /* for the first request */
    connection->waits = HTTP2_WAIT_NOTHING;
    loop_task_init(&connection->task, run_task, connection);
    deadline_init(&connection->head_deadline, on_head_deadline, connection);
    connection->library = http2_library_new(connection, streams == 0 ? 1 : streams);
    http2_frames_init(&connection->frames, (uint32_t)HTTP2_PREFACE.len);
    session->state = connection;
    http2_connection_advance(connection);
    if (session->phase == SESSION_OPEN && session->worker->draining)
        on_draining(session); /* it was accepted before, and decided late */
}

static void free_connection(void *owner)
{
    struct http2_connection *connection = owner;

    nghttp2_session_del(connection->library);
    free(connection);
}

static bool is_listening(const struct session *session, enum close_reason reason)
{
    return session->client != NULL && stream_end(session->client) == STREAM_OPEN &&
           reason != CLOSE_CLIENT_RESET;
}

static void on_closed(struct session *session, enum close_reason reason)
{
    struct http2_connection *connection = session->state;

    while (connection->exchanges != NULL)
        http2_exchange_conclude(connection->exchanges, true);
    if (is_listening(session, reason) && !connection->is_receiving && !connection->is_sending) {
        if (!connection->said_goaway)
            nghttp2_session_terminate_session(connection->library, NGHTTP2_NO_ERROR);
        (void)http2_send(connection); /* GOAWAY are our last words */
    }
    deadline_clear(&connection->head_deadline);
    loop_task_cancel(&connection->task);
    session->state = NULL;
    /* The library, or a handler that closed the session, may still be running. */
    loop_task_init(&connection->task, free_connection, connection);
    loop_defer(session->worker->loop, &connection->task);
}

const struct protocol http2_protocol = {
    .name = "http",
    .opened = on_opened,
    .received = on_received,
    .drained = on_drained,
    .secured = on_secured,
    .expired = on_expired,
    .draining = on_draining,
    .closed = on_closed,
};
