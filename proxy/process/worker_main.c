#include "process/worker_main.h"

#include "auth/auth_client.h"
#include "base/ensure.h"
#include "dns/dns.h"
#include "process/program.h"
#include "process/worker_explain.h"
#include "process/worker_private.h"
#include "relay/backend.h"
#include "tls/tls_remote.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long what is open may go on when there is no master any more: nobody could end it. */
#define ORPHAN_MS 10000

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct server *server = owner;

    switch (message) {
    case MESSAGE_DRAIN:
        server_drain(server, channel_number(body));
        break;
    case MESSAGE_STOP:
        server_stop(server);
        break;
    case MESSAGE_AUTH_CHANNEL:
        auth_client_connect(server->worker.auth, fd);
        break;
    case MESSAGE_KEYS:
        server_take_keys(server, channel_number(body), fd);
        break;
    case MESSAGE_CERTS:
        server_take_certificates(server, channel_number(body), fd);
        break;
    case MESSAGE_CERTS_PREPARE:
        server_prepare_certificates(server, channel_number(slice_part(body, 0, 4)),
                                    channel_number(slice_from(body, 4)), fd);
        break;
    case MESSAGE_CERTS_COMMIT:
        server_commit_certificates(server, channel_number(body));
        break;
    case MESSAGE_CERTS_ABORT:
        server_abort_certificates(server, channel_number(body));
        break;
    case MESSAGE_LOG_FILE:
        server_take_log(server, channel_number(body), fd);
        break;
    default:
        ensure(!"unreachable"); /* the channel lets nothing else through */
    }
}

static void on_channel_closed(void *owner, const char *why)
{
    struct server *server = owner;

    log_line(&server->log, LOG_ALERT, 0, "the master %s: finishing within %d s",
             why == NULL ? "is gone" : why, ORPHAN_MS / 1000);
    channel_close(&server->channel);
    server_drain(server, ORPHAN_MS);
}

static const struct channel_events channel_events = {on_message, on_channel_closed};

static void on_terminate(int number, void *owner)
{
    (void)number;
    server_stop(owner);
}

/* A terminal's Ctrl-C reaches every process of its group; what it means is for the master to say.
 * TERM comes from service managers that tell all processes at once. */
static struct loop_watch *watch_signals(struct server *server)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH};

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    return loop_watch_signal(server->worker.loop, SIGTERM, on_terminate, server);
}

/* So that nothing we start could inherit them. */
static void close_on_exec(const struct worker_arguments *arguments)
{
    int end = WORKER_FIRST_FD + (int)(arguments->sockets + arguments->logs);

    for (int fd = WORKER_CHANNEL_FD; fd < end; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void serve(struct server *server)
{
    server_accept(server);
    (void)channel_send_number(server->channel, MESSAGE_ISOLATION, server->isolation, -1);
    if (server->channel != NULL && channel_send(server->channel, MESSAGE_READY, SLICE_NONE, -1))
        loop_run(server->worker.loop);
}

static void free_server(struct server *server)
{
    for (size_t i = 0; i < server->acceptor_count; i++)
        if (server->acceptors[i].listener != NULL)
            listener_stop(&server->acceptors[i].listener);
    channel_close(&server->channel);
    auth_client_free(server->worker.auth);
    backend_pool_free(server->worker.backends);
    dns_resolver_free(server->worker.resolver);
    log_files_free(&server->logs);
    free(server->zones.items);
    loop_free(server->worker.loop);
    rights_deinit(&server->worker.rights);
    tls_remote_free(server->worker.remote);
    free(server->passwords.files);
    free(server->groups);
    arena_deinit(&server->arena);
    conf_deinit(&server->conf);
    conf_sources_deinit(&server->sources);
    conf_report_deinit(&server->report);
}

static void stop_protocols(struct server *server)
{
    for (const struct protocol *const *p = server->protocols; *p != NULL; p++)
        (*p)->stop(&server->worker);
}

int worker_main(int count, const char *const *words, const struct protocol *const *protocols,
                const struct protocol_conf *const *confs)
{
    struct server server = {.protocols = protocols, .confs = confs};
    struct loop_watch *watch;

    if (count > 1 && strcmp(words[1], WORKER_EXPLAIN) == 0)
        _exit(worker_explain(count, words, protocols, confs)); /* nothing is worth putting away */
    if (!worker_arguments_read(&server.arguments, count, words)) {
        fprintf(stderr, "frontd-worker is started by frontd, not by hand\n");
        return 2;
    }
    close_on_exec(&server.arguments);
    arena_init(&server.arena, ARENA_UNLIMITED);
    server.groups = program_groups(confs);
    server.worker.loop = loop_new();
    watch = watch_signals(&server);
    server.channel = channel_new(server.worker.loop, WORKER_CHANNEL_FD, ROLE_WORKER, ROLE_MASTER,
                                 &channel_events, &server);
    if (!server_start(&server)) {
        struct slice why = slice_of(server.why);

        (void)channel_send(server.channel, MESSAGE_FAILED, why, -1);
        _exit(1); /* nothing is worth putting away, nor worth a leak checker's while */
    }
    serve(&server);
    server_forget_certificates(&server);
    stop_protocols(&server);
    loop_unwatch(watch);
    free_server(&server);
    return 0;
}
