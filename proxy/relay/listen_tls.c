#include "relay/listen_tls.h"

#include "relay/protocol.h"
#include "relay/worker.h"
#include "tls/tls_context.h"

static const void *find_named(const void *owner, struct slice name)
{
    const struct listen *listen = owner;

    return listen->protocol->tls_named(listen, name);
}

struct tls_context *listen_tls_begin(const struct worker *worker, const struct conf *conf,
                                     struct tls_remote *remote, const struct listen *listen,
                                     struct arena *arena)
{
    struct tls_server *servers = arena_zero(arena, (listen->server_count + 1) * sizeof *servers);
    struct tls_context *context;
    size_t count = 0;

    if (listen->protocol->tls_servers != NULL)
        count = listen->protocol->tls_servers(conf, listen, arena, servers);
    for (size_t i = 0; i < count; i++) {
        servers[i].remote = remote;
        servers[i].tickets = worker->tickets;
    }
    if (count == 0)
        return NULL;
    context = tls_context_begin(servers, count, arena);
    if (listen->protocol->tls_named != NULL)
        tls_context_set_naming(context, (struct tls_naming){find_named, listen});
    return context;
}

static bool build(struct tls_context *context, struct slice *why)
{
    enum tls_context_state state;

    do
        state = tls_context_build(context, why);
    while (state == TLS_CONTEXT_MORE);
    return state == TLS_CONTEXT_READY;
}

bool listen_tls_start(const struct worker *worker, struct listen *listen)
{
    struct slice why = SLICE("no server on this address has a certificate");
    struct arena arena; /* for what contexts copy */
    bool is_good;

    arena_init(&arena, ARENA_UNLIMITED);
    listen->tls_context = listen_tls_begin(worker, worker->conf, worker->remote, listen, &arena);
    is_good = listen->tls_context == NULL ? !listen->tls : build(listen->tls_context, &why);
    if (!is_good)
        log_line(worker->log, LOG_EMERG, 0, "%s: TLS on %s: %.*s", listen->protocol->name,
                 address_port_print(&listen->address).text, (int)why.len, why.at);
    arena_deinit(&arena);
    return is_good;
}

void listen_tls_stop(struct listen *listen)
{
    tls_context_free(listen->tls_context);
    listen->tls_context = NULL;
}
