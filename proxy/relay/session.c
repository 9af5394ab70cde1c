#include "relay/session.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "relay/connection_counts.h"
#include "relay/listen.h"
#include "relay/worker.h"
#include "tls/tls_context.h"
#include "tls/tls_layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* How long a session that ends otherwise than finished waits for the client to read our last words
 * and hang up. */
#define LINGER_MS      2000
#define LAST_WORDS_MAX 1024

struct close_row {
    const char *code, *words;
    enum log_level level;
};

static const struct close_row close_rows[] = {
#define CLOSE_REASON(name, code, level, words) {code, words, LOG_##level},
#include "relay/close_reasons.def"
#undef CLOSE_REASON
};

const char *close_reason_words(enum close_reason reason)
{
    return close_rows[reason].words;
}

const char *close_reason_code(enum close_reason reason)
{
    return close_rows[reason].code;
}

enum log_level close_reason_level(enum close_reason reason)
{
    return close_rows[reason].level;
}

/* What happens on the client's connection. */

static void on_received(void *owner)
{
    struct session *session = owner;

    if (session->phase == SESSION_OPEN)
        session->protocol->received(session);
    else if (session->phase == SESSION_HANDSHAKE)
        session_close(session, CLOSE_CLIENT_GONE);
}

static void on_drained(void *owner)
{
    struct session *session = owner;

    if (session->phase == SESSION_OPEN)
        session->protocol->drained(session);
}

static void open_session(struct session *session)
{
    session->phase = SESSION_OPEN;
    deadline_clear(&session->deadline);
    session->protocol->opened(session);
}

static void on_secured(void *owner)
{
    struct session *session = owner;

    session->worker->counters[COUNTER_HANDSHAKES_DONE]++;
    if (session->phase == SESSION_HANDSHAKE)
        open_session(session);
    else if (session->phase == SESSION_OPEN)
        session->protocol->secured(session);
}

static void handshake_failed(struct session *session)
{
    const char *words = stream_failure_words(session->client);
    bool is_plain = strstr(words, "plain HTTP") != NULL;

    session->worker->counters[COUNTER_HANDSHAKES_FAILED]++;
    session_log(session, LOG_INFO, "TLS handshake failed: %s", words);
    if (is_plain)
        stream_say_in_clear(session->client, session->protocol->plain_on_tls);
    session_close(session, is_plain ? CLOSE_CLIENT_PLAIN_ON_TLS : CLOSE_CLIENT_TLS);
}

static void on_failed(void *owner)
{
    struct session *session = owner;

    if (stream_end(session->client) != STREAM_TLS_FAILED) {
        session_close(session, CLOSE_CLIENT_RESET);
    } else if (!session_is_secure(session)) {
        handshake_failed(session);
    } else {
        session_log(session, LOG_INFO, "TLS: %s", stream_failure_words(session->client));
        session_close(session, CLOSE_CLIENT_TLS_RECORD);
    }
}

static const struct stream_events client_events = {
    .received = on_received,
    .drained = on_drained,
    .secured = on_secured,
    .failed = on_failed,
};

static void on_deadline(void *owner)
{
    struct session *session = owner;

    if (session->phase == SESSION_OPEN)
        session->protocol->expired(session);
    else
        session_close(session, CLOSE_TIMEOUT_HANDSHAKE);
}

/* The beginning. */

static void link_session(struct session *session)
{
    struct worker *worker = session->worker;

    session->next = worker->sessions;
    if (worker->sessions != NULL)
        worker->sessions->previous = session;
    worker->sessions = session;
    worker->session_count++;
}

static void unlink_session(struct session *session)
{
    struct worker *worker = session->worker;

    if (session->previous != NULL)
        session->previous->next = session->next;
    else
        worker->sessions = session->next;
    if (session->next != NULL)
        session->next->previous = session->previous;
    worker->session_count--;
}

static void refuse(struct worker *worker, int fd, const struct address *client)
{
    worker->counters[COUNTER_SESSIONS_REFUSED]++;
    if (worker->counts != NULL)
        connection_counts_add_accepted(worker->counts, 0);
    log_line(worker->log, LOG_ALERT, 0,
             "%zu worker_connections are not enough, connection refused, client: %s",
             worker->session_limit, address_print(client).text);
    close(fd);
}

void session_accept(struct worker *worker, const struct listen *listen, int fd,
                    const struct address *client)
{
    struct session *session;

    if (worker->session_count >= worker->session_limit) {
        refuse(worker, fd, client);
        return;
    }
    worker->counters[COUNTER_SESSIONS_ACCEPTED]++;
    if (worker->counts != NULL)
        connection_counts_add_accepted(worker->counts, 1);
    session = memory_zero(sizeof *session);
    session->worker = worker;
    session->protocol = listen->protocol;
    session->listen = listen;
    session->log = worker->log;
    session->id = ++worker->next_session_id;
    session->started_us = loop_wall_us(worker->loop);
    session->address = *client;
    deadline_init(&session->deadline, on_deadline, session);
    link_session(session);
    session->client = stream_new(worker->loop, fd, &client_events, session);
    if (!listen->tls) {
        open_session(session);
        return;
    }
    session->phase = SESSION_HANDSHAKE;
    session_expire_in(session, SESSION_HANDSHAKE_MS);
    stream_start_tls(session->client, tls_layer_accept(listen->tls_context));
}

/* What protocols use. */

struct slice session_input(const struct session *session)
{
    return session->client == NULL ? SLICE_NONE : stream_input(session->client);
}

void session_consume(struct session *session, size_t len)
{
    if (session->client != NULL)
        stream_consume(session->client, len);
}

void session_write(struct session *session, struct slice bytes)
{
    if (session->client != NULL)
        stream_write(session->client, bytes);
}

void session_expire_in(struct session *session, uint32_t after_ms)
{
    if (session->phase != SESSION_CLOSED)
        deadline_set(session->worker->loop, &session->deadline, after_ms);
}

void session_expire_never(struct session *session)
{
    deadline_clear(&session->deadline);
}

void session_start_tls(struct session *session)
{
    if (session->client == NULL)
        return;
    stream_start_tls(session->client, tls_layer_accept(session->listen->tls_context));
    session_expire_in(session, SESSION_HANDSHAKE_MS);
}

static const struct stream_transform *tls_of(const struct session *session)
{
    return session->client == NULL ? NULL : stream_transform_of(session->client);
}

bool session_is_secure(const struct session *session)
{
    return session->client != NULL && stream_is_secured(session->client);
}

struct slice session_tls_protocol(const struct session *session)
{
    return session_is_secure(session) ? tls_layer_protocol(tls_of(session)) : SLICE_NONE;
}

struct slice session_tls_cipher(const struct session *session)
{
    return session_is_secure(session) ? tls_layer_cipher(tls_of(session)) : SLICE_NONE;
}

struct slice session_server_name(const struct session *session)
{
    const struct stream_transform *tls = tls_of(session);

    return tls == NULL ? SLICE_NONE : tls_layer_server_name(tls);
}

struct slice session_alpn(const struct session *session)
{
    const struct stream_transform *tls = tls_of(session);

    return tls == NULL ? SLICE_NONE : tls_layer_alpn(tls);
}

struct address session_local_address(const struct session *session)
{
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    struct address address = session->listen->address;

    if (session->client != NULL &&
        getsockname(stream_fd(session->client), (struct sockaddr *)&local, &len) == 0)
        address_from_socket((const struct sockaddr *)&local, &address);
    return address;
}

/* The end. */

/* A timeout with more waiting than last words: nothing of it will be read, so nothing is kept. */
static bool does_not_read(const struct session *session, enum close_reason reason)
{
    return session->client != NULL &&
           (reason == CLOSE_TIMEOUT_DATA || reason == CLOSE_TIMEOUT_SLOW) &&
           stream_queued(session->client) > LAST_WORDS_MAX;
}

void session_close(struct session *session, enum close_reason reason)
{
    bool was_open = session->phase == SESSION_OPEN;

    if (session->phase == SESSION_CLOSED)
        return;
    session->phase = SESSION_CLOSED;
    deadline_clear(&session->deadline);
    if (reason != CLOSE_DONE)
        session_log(session, close_reason_level(reason), "%s", close_reason_words(reason));
    if (was_open)
        session->protocol->closed(session, reason);
    if (reason == CLOSE_CLIENT_RESET)
        stream_close(&session->client);
    else if (does_not_read(session, reason))
        stream_reset(&session->client);
    else
        stream_close_after(&session->client, reason == CLOSE_DONE ? 0 : LINGER_MS);
    unlink_session(session);
    if (session->worker->counts != NULL)
        connection_counts_end(session);
    loop_retire(session->worker->loop, session);
}

void session_log(const struct session *session, enum log_level level, const char *format, ...)
{
    char text[1024];
    va_list list;

    if (!log_wants(session->log, level))
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    log_line(session->log, level, session->id, "%s, client: %s", text,
             address_print(&session->address).text);
}
