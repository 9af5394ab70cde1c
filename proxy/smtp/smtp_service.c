#include "smtp/smtp_service.h"

#include "base/arena.h"
#include "relay/listen_tls.h"
#include "relay/log_files.h"
#include "relay/protocol.h"
#include "relay/relay_conf.h"
#include "relay/worker.h"
#include "smtp/smtp_backend.h"

#include <stdlib.h>
#include <unistd.h>

/* All of a worker's mail: what stop has to free. */
struct shared {
    struct arena arena;
    struct smtp_server *servers;
    size_t count;
};

/* First words of every service, so that stop finds what start made. */
struct owned_service {
    struct smtp_service service;
    struct shared *shared;
};

/* Probes. */

/* A backend may start later than frontd; its clients should not be told for long that it can do
 * nothing, since mail with SMTPUTF8 does not come again. */
#define FIRST_PAUSE_MS 1000
#define LAST_PAUSE_MS  60000

static void on_probe_ended(void *owner, enum close_reason reason, const struct smtp_reply *reply)
{
    struct smtp_server *server = owner;

    (void)reply;
    smtp_backend_drop(&server->probe);
    if (reason == CLOSE_DONE)
        return;
    deadline_set(server->worker->loop, &server->next_probe, server->probe_pause_ms);
    if (server->probe_pause_ms < LAST_PAUSE_MS)
        server->probe_pause_ms *= 2;
}

static const struct smtp_backend_events probe_events = {.ended = on_probe_ended};

static void start_probe(struct smtp_server *server)
{
    struct smtp_backend_plan plan = {
        .worker = server->worker,
        .targets = &server->conf->proxy_pass,
        .known = server->known,
        .name = server->name,
    };

    if (!server->given.is_known && plan.targets->count > 0)
        server->probe = smtp_backend_open(&plan, &probe_events, server);
}

static void on_next_probe(void *owner)
{
    struct smtp_server *server = owner;

    if (!server->worker->draining && !smtp_server_capabilities(server)->is_known)
        start_probe(server);
}

/* Servers. */

static struct slice host_name(struct arena *arena)
{
    char name[256];

    if (gethostname(name, sizeof name) != 0 || name[0] == '\0')
        return SLICE("localhost");
    name[sizeof name - 1] = '\0';
    return arena_keep(arena, slice_of(name));
}

static size_t log_index(struct worker *worker, struct slice path)
{
    return path.len == 0 ? SMTP_NO_LOG : log_files_index(worker->log_files, path);
}

static void start_server(struct worker *worker, struct arena *arena, struct smtp_server *server,
                         const struct smtp_conf_server *from)
{
    const struct smtp_conf *conf = from->conf;

    server->worker = worker;
    server->conf = conf;
    server->scope = from->scope;
    server->name = conf->server_name.count > 0 ? conf->server_name.words[0].text : host_name(arena);
    server->log = relay_log_open(worker->conf, from->scope, worker->log_files);
    server->access_log = log_index(worker, conf->access_log);
    server->auth_log = log_index(worker, conf->auth_log);
    server->known = arena_zero(arena, (conf->proxy_pass.count + 1) * sizeof *server->known);
    if (conf->smtp_capabilities.count > 0) {
        smtp_capabilities_start(&server->given);
        for (size_t i = 0; i < conf->smtp_capabilities.count; i++)
            smtp_capabilities_add(&server->given, conf->smtp_capabilities.words[i].text);
    }
    server->probe_pause_ms = FIRST_PAUSE_MS;
    deadline_init(&server->next_probe, on_next_probe, server);
    for (size_t i = 0; i < conf->proxy_pass.count; i++)
        rights_connect(&worker->rights, conf->proxy_pass.items[i].target.port);
    start_probe(server);
}

/* The server for a block, made when it is first asked for. */
static struct smtp_server *find_server(struct worker *worker, struct shared *shared,
                                       const struct smtp_conf_server *from)
{
    for (size_t i = 0; i < shared->count; i++) {
        if (shared->servers[i].scope == from->scope)
            return &shared->servers[i];
    }
    start_server(worker, &shared->arena, &shared->servers[shared->count], from);
    return &shared->servers[shared->count++];
}

/* Listens. */

static bool start_listen(struct worker *worker, struct shared *shared, struct listen *listen)
{
    const struct smtp_conf_server *servers = listen->servers;
    struct owned_service *owned = arena_zero(&shared->arena, sizeof *owned);

    owned->shared = shared;
    owned->service.count = listen->server_count;
    owned->service.servers =
        arena_zero(&shared->arena, listen->server_count * sizeof(struct smtp_server *));
    for (size_t i = 0; i < listen->server_count; i++)
        owned->service.servers[i] = find_server(worker, shared, &servers[i]);
    listen->service = &owned->service;
    return listen_tls_start(worker, listen);
}

static size_t count_servers(const struct worker *worker, const struct protocol *protocol)
{
    size_t count = 0;

    for (size_t i = 0; i < worker->listens->count; i++) {
        if (worker->listens->listens[i].protocol == protocol)
            count += worker->listens->listens[i].server_count;
    }
    return count;
}

bool smtp_service_start(struct worker *worker, const struct protocol *protocol)
{
    size_t most = count_servers(worker, protocol);
    struct shared *shared;

    if (most == 0)
        return true;
    shared = memory_zero(sizeof *shared);
    arena_init(&shared->arena, ARENA_UNLIMITED);
    shared->servers = arena_zero(&shared->arena, most * sizeof *shared->servers);
    for (size_t i = 0; i < worker->listens->count; i++) {
        struct listen *listen = &worker->listens->listens[i];

        if (listen->protocol == protocol && !start_listen(worker, shared, listen))
            return false;
    }
    return true;
}

static void stop_shared(struct shared *shared)
{
    for (size_t i = 0; i < shared->count; i++) {
        deadline_clear(&shared->servers[i].next_probe);
        smtp_backend_drop(&shared->servers[i].probe);
        smtp_backend_drop_left(&shared->servers[i].left);
    }
    arena_deinit(&shared->arena);
    free(shared);
}

void smtp_service_stop(struct worker *worker, const struct protocol *protocol)
{
    struct shared *shared = NULL;

    for (size_t i = 0; i < worker->listens->count; i++) {
        struct listen *listen = &worker->listens->listens[i];

        if (listen->protocol != protocol || listen->service == NULL)
            continue;
        shared = ((const struct owned_service *)listen->service)->shared;
        listen->service = NULL;
        listen_tls_stop(listen);
    }
    if (shared != NULL)
        stop_shared(shared);
}

/* What sessions ask. */

static bool name_matches(struct slice pattern, struct slice name)
{
    if (slice_starts(pattern, SLICE("*.")))
        pattern = slice_from(pattern, 1);
    if (slice_starts(pattern, SLICE(".")))
        return name.len > pattern.len && slice_ends_fold(name, pattern);
    return slice_equal_fold(pattern, name);
}

struct smtp_server *smtp_service_choose(const struct smtp_service *service, struct slice name)
{
    for (size_t i = 0; name.len > 0 && i < service->count; i++) {
        const struct conf_word_list *names = &service->servers[i]->conf->server_name;

        for (size_t j = 0; j < names->count; j++) {
            if (name_matches(names->words[j].text, name))
                return service->servers[i];
        }
    }
    return service->servers[0];
}

const struct smtp_capabilities *smtp_server_capabilities(const struct smtp_server *server)
{
    if (server->given.is_known)
        return &server->given;
    for (size_t i = 0; i + 1 < server->conf->proxy_pass.count; i++) {
        if (server->known[i].is_known)
            return &server->known[i];
    }
    return &server->known[server->conf->proxy_pass.count - 1];
}

void smtp_server_write_log(const struct smtp_server *server, size_t log, struct slice line)
{
    if (log != SMTP_NO_LOG)
        log_file_write(&server->worker->log_files->files[log], line);
}
