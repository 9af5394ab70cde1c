#include "os/descriptor.h"
#include "process/worker_private.h"
#include "relay/listen_tls.h"
#include "tls/tls_context.h"
#include "tls/tls_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A worker's part in a swap of certificates (generation_swap.h): TLS contexts for all addresses
 * beside those in use, then one assignment each between two events. Connections go on with the
 * context that they began with, which goes with the last of them. */

static void forget(struct server *server)
{
    struct server_certificates *next = &server->next;

    for (size_t i = 0; next->contexts != NULL && i < server->listens.count; i++)
        tls_context_free(next->contexts[i]);
    free(next->contexts);
    tls_remote_free(next->remote);
    if (next->number != 0)
        conf_sources_deinit(&next->sources);
    *next = (struct server_certificates){0};
}

static void answer(struct server *server, enum message message, uint32_t number)
{
    if (server->channel != NULL)
        (void)channel_send_number(server->channel, message, number, -1);
}

static void refuse(struct server *server, struct slice why)
{
    char body[sizeof(uint32_t) + 256];
    size_t len = why.len < 256 ? why.len : 256;

    memcpy(body, &server->next.number, sizeof(uint32_t));
    memcpy(body + sizeof(uint32_t), why.at, len);
    if (server->channel != NULL)
        (void)channel_send(server->channel, MESSAGE_CERTS_REFUSED,
                           (struct slice){body, sizeof(uint32_t) + len}, -1);
    forget(server);
}

void server_take_certificates(struct server *server, uint32_t number, int snapshot)
{
    struct slice bytes;

    forget(server);
    server->next.number = number;
    conf_sources_init(&server->next.sources, false);
    if (descriptor_map(snapshot, &bytes)) {
        (void)!conf_sources_read(&server->next.sources, bytes); /* found out by build_all */
        descriptor_unmap(bytes);
    }
    close(snapshot);
}

static bool build(struct server *server, size_t index, struct slice *why, struct arena *arena)
{
    const struct listen *listen = &server->listens.listens[index];
    struct conf conf = server->conf; /* the same, with other certificates */

    conf.sources = &server->next.sources;
    if (!listen_tls_build(&server->worker, &conf, server->next.remote, listen, arena,
                          &server->next.contexts[index], why))
        return false;
    *why = SLICE("it got less certificates than it has");
    return (server->next.contexts[index] == NULL) == (listen->tls_context == NULL);
}

static bool build_all(struct server *server, struct arena *arena, struct slice *why)
{
    server->next.contexts =
        memory_zero((server->listens.count + 1) * sizeof *server->next.contexts);
    for (size_t i = 0; i < server->listens.count; i++)
        if (!build(server, i, why, arena))
            return false;
    return true;
}

void server_prepare_certificates(struct server *server, uint32_t number, uint32_t channel, int fd)
{
    struct slice why = SLICE_NONE;
    struct arena arena;

    if (number != server->next.number) {
        close(fd);
        return;
    }
    arena_init(&arena, ARENA_UNLIMITED);
    server->next.channel = channel;
    server->next.remote = tls_remote_new(fd, NULL, server);
    if (build_all(server, &arena, &why))
        answer(server, MESSAGE_CERTS_PREPARED, number);
    else
        refuse(server, why);
    arena_deinit(&arena);
}

void server_commit_certificates(struct server *server, uint32_t number)
{
    struct server_certificates *next = &server->next;

    if (number != next->number || next->contexts == NULL)
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
    forget(server);
    server->worker.counters[COUNTER_CERTIFICATES_SWAPPED]++;
    answer(server, MESSAGE_CERTS_COMMITTED, number);
}

void server_abort_certificates(struct server *server, uint32_t number)
{
    if (number == server->next.number)
        forget(server);
}
