#include "http/http_opening.h"

#include "http/h1/http1_connection.h"
#include "http/h2/http2_connection.h"
#include "http/http.h"
#include "http/http_service.h"
#include "relay/connection_counts.h"
#include "relay/listen.h"

/* The session belongs to `protocol` from now on. */
static void begin(struct session *session, const struct protocol *protocol)
{
    session->protocol = protocol;
    if (protocol == &http_protocol)
        http1_connection_opened(session);
    else
        protocol->opened(session);
}

/* Until the first bytes tell the version. */

static void on_received(struct session *session)
{
    struct slice input = session_input(session), preface = HTTP2_PREFACE;
    size_t len = input.len < preface.len ? input.len : preface.len;

    if (stream_end(session->client) == STREAM_OPEN && input.len < preface.len &&
        slice_starts(preface, input))
        return;
    begin(session,
          len == preface.len && slice_starts(input, preface) ? &http2_protocol : &http_protocol);
    if (session->phase == SESSION_OPEN)
        session->protocol->received(session);
}

static void on_expired(struct session *session)
{
    session_close(session, CLOSE_TIMEOUT_REQUEST);
}

static void on_nothing(struct session *session)
{
    (void)session;
}

static void on_closed(struct session *session, enum close_reason reason)
{
    (void)session, (void)reason;
}

static const struct protocol undecided_protocol = {
    .name = "http",
    .opened = on_nothing,
    .received = on_received,
    .drained = on_nothing,
    .secured = on_nothing,
    .expired = on_expired,
    .draining = on_nothing,
    .closed = on_closed,
};

void http_opening_opened(struct session *session)
{
    const struct http_service *service = session->listen->service;
    const http_server_pointer *servers = session->listen->servers;

    if (session->worker->counts != NULL)
        connection_counts_move(session, CONNECTION_WAITING);
    if (slice_equal(session_alpn(session), SLICE("h2"))) {
        begin(session, &http2_protocol);
    } else if (!session->listen->tls && service->has_http2) {
        session->protocol = &undecided_protocol;
        session_expire_in(session, servers[0]->client_header_timeout);
    } else {
        http1_connection_opened(session);
    }
}
