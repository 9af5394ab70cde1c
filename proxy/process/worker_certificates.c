#include "os/descriptor.h"
#include "process/worker_private.h"
#include "relay/listen_tls.h"
#include "tls/tls_context.h"
#include "tls/tls_remote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A worker's part in a swap of certificates (generation_swap.h): TLS contexts for all addresses
 * beside those in use, then one assignment each between two events. Connections go on with the
 * context that they began with, which goes with the last of them. */

/* Sessions get their turn after so much of building; deadlines come every tenth of a second. */
#define STEP_US 10000

void server_forget_certificates(struct server *server)
{
    struct server_certificates *next = server->next;

    if (next == NULL)
        return;
    server->next = NULL;
    deadline_clear(&next->step);
    for (size_t i = 0; next->contexts != NULL && i < server->listens.count; i++)
        tls_context_free(next->contexts[i]);
    free(next->contexts);
    tls_remote_free(next->remote);
    conf_sources_deinit(&next->sources);
    arena_deinit(&next->arena);
    free(next);
}

static void answer(struct server *server, enum message message)
{
    if (server->channel != NULL)
        (void)channel_send_number(server->channel, message, server->next->number, -1);
}

static void refuse(struct server *server, struct slice why)
{
    char body[sizeof(uint32_t) + 256];
    size_t len = why.len < 256 ? why.len : 256;

    memcpy(body, &server->next->number, sizeof(uint32_t));
    memcpy(body + sizeof(uint32_t), why.at, len);
    if (server->channel != NULL)
        (void)channel_send(server->channel, MESSAGE_CERTS_REFUSED,
                           (struct slice){body, sizeof(uint32_t) + len}, -1);
    server_forget_certificates(server);
}

/* One server of one listen; READY: all of all. */
static enum tls_context_state build(struct server *server, struct slice *why)
{
    struct server_certificates *next = server->next;
    const struct listen *listen = &server->listens.listens[next->at];
    struct conf conf = server->conf; /* the same, with other certificates */
    enum tls_context_state state = TLS_CONTEXT_READY;

    if (next->at == server->listens.count)
        return TLS_CONTEXT_READY;
    conf.sources = &next->sources;
    if (next->contexts[next->at] == NULL && listen->tls_context != NULL)
        next->contexts[next->at] =
            listen_tls_begin(&server->worker, &conf, next->remote, listen, &next->arena);
    *why = SLICE("the snapshot is not that of this configuration");
    if (listen->tls_context != NULL)
        state = next->contexts[next->at] == NULL ? TLS_CONTEXT_FAILED
                                                 : tls_context_build(next->contexts[next->at], why);
    if (state == TLS_CONTEXT_READY)
        next->at++;
    return state == TLS_CONTEXT_FAILED ? state : TLS_CONTEXT_MORE;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void on_step(void *owner)
{
    struct server *server = owner;
    int64_t end = now_us() + STEP_US;
    enum tls_context_state state;
    struct slice why;

    do
        state = build(server, &why);
    while (state == TLS_CONTEXT_MORE && now_us() < end);
    if (state == TLS_CONTEXT_FAILED)
        refuse(server, why);
    else if (state == TLS_CONTEXT_READY)
        answer(server, MESSAGE_CERTS_PREPARED);
    else
        deadline_set(server->worker.loop, &server->next->step, 1);
}

void server_take_certificates(struct server *server, uint32_t number, int snapshot)
{
    struct server_certificates *next = memory_zero(sizeof *next);
    struct slice bytes;

    server_forget_certificates(server);
    server->next = next;
    next->number = number;
    arena_init(&next->arena, ARENA_UNLIMITED);
    conf_sources_init(&next->sources, false);
    deadline_init(&next->step, on_step, server);
    if (descriptor_map(snapshot, &bytes)) {
        (void)!conf_sources_read(&next->sources, bytes); /* found out by build */
        descriptor_unmap(bytes);
    }
    close(snapshot);
}

static bool is_next(const struct server *server, uint32_t number)
{
    return server->next != NULL && server->next->number == number;
}

void server_prepare_certificates(struct server *server, uint32_t number, uint32_t channel, int fd)
{
    struct server_certificates *next = server->next;

    if (!is_next(server, number) || next->remote != NULL) {
        close(fd);
        return;
    }
    next->channel = channel;
    next->remote = tls_remote_new(fd, NULL, server);
    next->contexts = memory_zero((server->listens.count + 1) * sizeof *next->contexts);
    on_step(server);
}

void server_commit_certificates(struct server *server, uint32_t number)
{
    struct server_certificates *next = server->next;

    if (!is_next(server, number) || next->contexts == NULL || next->at < server->listens.count)
        return;
    for (size_t i = 0; i < server->listens.count; i++) {
        struct listen *listen = &server->listens.listens[i];
        struct tls_context *before = listen->tls_context;

        listen->tls_context = next->contexts[i];
        next->contexts[i] = before; /* to be forgotten */
    }
    tls_remote_set_aside(server->worker.remote);
    tls_remote_set_up(next->remote, &server_remote_events);
    tls_remote_free(server->worker.remote);
    server->worker.remote = next->remote;
    server->keys = next->channel;
    next->remote = NULL;
    server->worker.counters[COUNTER_CERTIFICATES_SWAPPED]++;
    answer(server, MESSAGE_CERTS_COMMITTED);
    server_forget_certificates(server);
}

void server_abort_certificates(struct server *server, uint32_t number)
{
    if (is_next(server, number))
        server_forget_certificates(server);
}
