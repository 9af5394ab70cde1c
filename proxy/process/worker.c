#include "process/listens.h"
#include "process/worker_private.h"
#include "relay/session.h"
#include "tls/tls_remote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A worker at work: accepting, finishing, ending. */

#define CHECK_MS 100
/* Meanwhile the master reloads, or says in the log why it could not. */
#define RENEW_PAUSE_MS 10000
/* From STOP to the end; the master kills half a second later. */
#define GOODBYE_MS 900

static const struct listen *listen_of(const struct acceptor *acceptor, int fd)
{
    const struct listen_list *listens = &acceptor->server->listens;
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    struct address local;

    if (!acceptor->covers || getsockname(fd, (struct sockaddr *)&name, &len) != 0)
        return &listens->listens[acceptor->index];
    address_from_socket((const struct sockaddr *)&name, &local);
    return listens_choose(listens, acceptor->index, &local);
}

static void on_accepted(void *owner, int fd, const struct address *client)
{
    const struct acceptor *acceptor = owner;

    session_accept(&acceptor->server->worker, listen_of(acceptor, fd), fd, client);
}

static void on_exhausted(void *owner, int error)
{
    const struct acceptor *acceptor = owner;

    log_line(&acceptor->server->log, LOG_CRIT, 0, "cannot accept connections for a moment: %s",
             strerror(error));
}

static bool covers_others(const struct listen_list *list, size_t index)
{
    for (size_t i = 0; address_is_any(&list->listens[index].address) && i < list->count; i++)
        if (i != index && listens_cover(list, i) == index)
            return true;
    return false;
}

void server_accept(struct server *server)
{
    int fd = WORKER_FIRST_FD;

    server->acceptors =
        arena_zero(&server->arena, (server->listens.count + 1) * sizeof *server->acceptors);
    for (size_t i = 0; i < server->listens.count; i++) {
        struct acceptor *acceptor = &server->acceptors[server->acceptor_count];

        if (listens_cover(&server->listens, i) != i)
            continue;
        server->acceptor_count++;
        *acceptor = (struct acceptor){
            .server = server, .index = i, .covers = covers_others(&server->listens, i)};
        acceptor->listener =
            listener_start(server->worker.loop, fd++, on_accepted, on_exhausted, acceptor);
    }
}

static void stop_accepting(struct server *server)
{
    for (size_t i = 0; i < server->acceptor_count; i++)
        if (server->acceptors[i].listener != NULL)
            listener_stop(&server->acceptors[i].listener);
}

static void close_all(struct server *server)
{
    struct session *next;

    for (struct session *session = server->worker.sessions; session != NULL; session = next) {
        next = session->next;
        session_close(session, CLOSE_FRONTD_STOPPED);
    }
}

static void finish(struct server *server)
{
    if (server->channel != NULL)
        (void)channel_send_number(server->channel, MESSAGE_DRAINED, server->cut_off, -1);
    loop_stop(server->worker.loop);
}

/* Looked at ten times a second, and only at the end of a worker's life. */
static void on_check(void *owner)
{
    struct server *server = owner;

    const struct worker *worker = &server->worker;

    if (worker->session_count == 0 && worker->verdict_count == 0 &&
        loop_farewells(worker->loop) == 0)
        finish(server);
    else
        deadline_set(server->worker.loop, &server->check, CHECK_MS);
}

static void on_end(void *owner)
{
    struct server *server = owner;

    if (server->phase == SERVER_STOPPING)
        finish(server);
    else
        server_stop(server);
}

static void begin_end(struct server *server, enum server_phase phase)
{
    server->phase = phase;
    server->worker.draining = true;
    deadline_init(&server->end, on_end, server);
    deadline_init(&server->check, on_check, server);
    stop_accepting(server);
}

void server_drain(struct server *server, uint32_t timeout_ms)
{
    struct session *next;

    if (server->phase != SERVER_SERVING)
        return;
    begin_end(server, SERVER_DRAINING);
    if (server->channel != NULL)
        (void)channel_send(server->channel, MESSAGE_DRAINING, SLICE_NONE, -1);
    if (timeout_ms > 0)
        deadline_set(server->worker.loop, &server->end, timeout_ms);
    for (struct session *session = server->worker.sessions; session != NULL; session = next) {
        next = session->next;
        if (session->phase == SESSION_OPEN)
            session->protocol->draining(session);
    }
    on_check(server);
}

void server_stop(struct server *server)
{
    if (server->phase == SERVER_STOPPING)
        return;
    deadline_clear(&server->end);
    deadline_clear(&server->check);
    begin_end(server, SERVER_STOPPING);
    server->cut_off = (uint32_t)server->worker.session_count;
    close_all(server);
    deadline_set(server->worker.loop, &server->end, GOODBYE_MS);
    on_check(server);
}

void server_renew(void *owner)
{
    struct server *server = owner;
    uint64_t now = loop_now(server->worker.loop);

    if (server->channel == NULL || server->phase != SERVER_SERVING ||
        (server->renew_asked != 0 && now - server->renew_asked < RENEW_PAUSE_MS))
        return;
    server->renew_asked = now;
    (void)channel_send(server->channel, MESSAGE_RENEW, SLICE_NONE, -1);
}

void server_take_keys(struct server *server, uint32_t number, int fd)
{
    server->keys = number;
    tls_remote_renew(server->worker.remote, fd);
    log_line(&server->log, LOG_NOTICE, 0, "there is a key holder again");
}

/* The descriptor keeps its number: whoever holds it goes on with the new file. */
void server_take_log(struct server *server, uint32_t index, int fd)
{
    if (index == 0 && !server->uses_stderr)
        dup2(fd, STDERR_FILENO);
    if (index < server->logs.count && log_file_replace(&server->logs.files[index], fd) < 0)
        log_line(&server->log, LOG_ERROR, 0, "cannot take a new log: %s", strerror(errno));
    close(fd);
    if (server->channel != NULL)
        (void)channel_send_number(server->channel, MESSAGE_LOG_TAKEN, index, -1);
}
