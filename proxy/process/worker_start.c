#include "auth/auth_client.h"
#include "base/number.h"
#include "dns/dns.h"
#include "os/descriptor.h"
#include "os/privileges.h"
#include "os/sandbox.h"
#include "process/configuration.h"
#include "process/core_conf.h"
#include "process/isolation.h"
#include "process/listens.h"
#include "process/program.h"
#include "process/worker_private.h"
#include "relay/backend.h"
#include "relay/relay_conf.h"
#include "tls/tls_remote.h"
#include "tls/tls_tickets.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How a worker starts: it reads the snapshot with the code that the master checked it with, takes
 * its descriptors, lets every protocol prepare itself, and gives up what it had of privileges. */

/* Descriptors beside those of sessions: log files, sockets, the channel, DNS, files being served.
 */
#define SPARE_DESCRIPTORS 256
/* A client, a backend and a file each. */
#define DESCRIPTORS_A_SESSION 3

__attribute__((format(printf, 2, 3))) static bool fail(struct server *server, const char *format,
                                                       ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(server->why, sizeof server->why, format, list);
    va_end(list);
    return false;
}

static void keep_finding(void *owner, enum conf_severity severity, struct slice line)
{
    struct server *server = owner;

    if (severity == CONF_ERROR && server->why[0] == '\0')
        (void)fail(server, "%.*s", (int)line.len, line.at);
}

static bool read_snapshot(struct server *server)
{
    struct slice bytes;

    conf_sources_init(&server->sources, false);
    conf_report_init(&server->report);
    if (!descriptor_map(WORKER_SNAPSHOT_FD, &bytes) || !conf_sources_read(&server->sources, bytes))
        return fail(server, "cannot read the snapshot of the configuration");
    close(WORKER_SNAPSHOT_FD);
    if (conf_read(&server->conf, &server->sources, slice_of(server->arguments.conf),
                  slice_of(server->arguments.prefix), slice_of(server->arguments.globals),
                  server->groups, false, &server->report))
        return true;
    conf_report_lines(&server->report, &server->sources, keep_finding, server);
    return false;
}

static const struct protocol *protocol_named(const struct server *server, const char *name)
{
    for (const struct protocol *const *p = server->protocols; *p != NULL; p++)
        if (slice_equal(slice_of((*p)->name), slice_of(name)))
            return *p;
    return NULL;
}

/* Sockets and logs come in the order in which the lists stand here; see worker_arguments.h. */
static bool take_descriptors(struct server *server)
{
    const struct worker_arguments *arguments = &server->arguments;
    int fd = WORKER_FIRST_FD + (int)arguments->sockets;
    size_t bound = 0, opened = 0;

    listens_collect(&server->conf, server->confs, &server->arena, &server->listens, NULL);
    for (size_t i = 0; i < server->listens.count; i++) {
        struct listen *listen = &server->listens.listens[i];

        listen->protocol = protocol_named(server, listen->protocol_name);
        bound += listens_cover(&server->listens, i) == i;
    }
    configuration_logs(&server->conf, server->confs, arguments->error_log, &server->logs);
    for (size_t i = 0; i < server->logs.count; i++)
        if (server->logs.files[i].fd == STDERR_FILENO) {
            server->uses_stderr = true;
        } else {
            server->logs.files[i].fd = fd++;
            opened++;
        }
    server->first_zone_fd = fd;
    if (bound != arguments->sockets || opened != arguments->logs)
        return fail(server, "expected %zu sockets and %zu logs, got %zu and %zu", bound, opened,
                    arguments->sockets, arguments->logs);
    server->log = (struct log){server->logs.files[0].fd,
                               relay_error_log_of(&server->conf, server->conf.main).level};
    return true;
}

static bool take_zones(struct server *server)
{
    int fd = server->first_zone_fd;

    configuration_zones(&server->conf, server->confs, &server->zones);
    for (size_t i = 0; i < server->zones.count; i++, fd++) {
        struct shared_zone *zone = &server->zones.items[i];

        zone->memory = descriptor_map_shared_all(fd, zone->size);
        close(fd);
        if (zone->memory == NULL)
            return fail(server, "cannot map the memory of %.*s", (int)zone->name.len,
                        zone->name.at);
    }
    server->worker.zones = &server->zones;
    return true;
}

static void raise_descriptors(struct server *server)
{
    const struct core_conf *core = core_conf_of(&server->conf);
    size_t wanted = core->worker_rlimit_nofile > 0
                        ? core->worker_rlimit_nofile
                        : server->worker.session_limit * DESCRIPTORS_A_SESSION + SPARE_DESCRIPTORS;
    size_t got = privileges_raise_descriptors(wanted);

    if (got < wanted && (core->worker_rlimit_nofile > 0 || got < server->worker.session_limit))
        log_line(&server->log, LOG_WARN, 0,
                 "%zu worker_connections, but only %zu descriptors may be open: raise the limit "
                 "(LimitNOFILE= or ulimit -n)",
                 server->worker.session_limit, got);
}

/* Over TCP it is asked only for what does not fit a datagram. */
static void grant_dns(struct rights *rights, const char *servers)
{
    const char *colon = servers == NULL ? NULL : strrchr(servers, ':');
    uint64_t port;

    rights_connect(rights, 53);
    if (colon != NULL && number_parse(slice_of(colon + 1), UINT16_MAX, &port))
        rights_connect(rights, (uint16_t)port);
}

static void on_keys_lost(void *owner, const char *why)
{
    struct server *server = owner;

    log_line(&server->log, LOG_ALERT, 0, "%s: no TLS handshakes until there is another", why);
    if (server->channel != NULL)
        (void)channel_send_number(server->channel, MESSAGE_KEYS_LOST, server->keys, -1);
}

const struct tls_remote_events server_remote_events = {on_keys_lost};

static void make_worker(struct server *server)
{
    const struct dns_options dns = {.servers = getenv("FRONTD_DNS")};
    struct worker *worker = &server->worker;

    worker->conf = &server->conf;
    worker->log = &server->log;
    worker->log_files = &server->logs;
    worker->listens = &server->listens;
    worker->session_limit = core_connections(&server->conf);
    raise_descriptors(server);
    worker->resolver = dns_resolver_new(worker->loop, &dns);
    grant_dns(&worker->rights, dns.servers);
    worker->backends = backend_pool_new(worker);
    configuration_passwords(&server->conf, server->confs, &server->passwords);
    worker->passwords = &server->passwords;
    worker->auth = auth_client_new(worker->loop);
    worker->remote = tls_remote_new(WORKER_KEYS_FD, &server_remote_events, server);
}

static bool take_tickets(struct server *server)
{
    server->worker.tickets = descriptor_map_shared(WORKER_TICKETS_FD, sizeof(struct tls_tickets));
    close(WORKER_TICKETS_FD);
    return server->worker.tickets != NULL || fail(server, "cannot read the keys of tickets");
}

static bool start_protocols(struct server *server)
{
    for (const struct protocol *const *p = server->protocols; *p != NULL; p++)
        if (!(*p)->start(&server->worker))
            return fail(server, "%s could not start: the error log says why", (*p)->name);
    return true;
}

/* Before the protocols open anything: what root could open the sessions could not open again. */
static bool become_worker(struct server *server)
{
    if (server->arguments.has_identity && !privileges_become(&server->arguments.identity))
        return fail(server, "cannot become uid %u: %s", (unsigned)server->arguments.identity.uid,
                    strerror(errno));
    return true;
}

static bool is_enough(struct server *server)
{
    char why[ISOLATION_WHY_BYTES];

    return core_conf_of(&server->conf)->isolation == CORE_ISOLATION_BEST_EFFORT ||
           isolation_is_enough(server->isolation, why) || fail(server, "%s", why);
}

/* Last: from here on there is no way back. */
static bool confine(struct server *server)
{
    const struct rights *rights = &server->worker.rights;
    const struct sandbox_grants grants = {
        .readable = rights->readable,
        .readable_count = rights->readable_count,
        .listable = rights->listable,
        .listable_count = rights->listable_count,
        .ports = rights->ports,
        .port_count = rights->port_count,
        .any_port = rights->any_port,
    };
    const struct privileges_identity *identity = &server->arguments.identity;

    tzset();
    if (!sandbox_enter(SANDBOX_WORKER, &grants, &server->isolation))
        return fail(server, "cannot give up privileges: %s", strerror(errno));
    if (server->arguments.has_identity && identity->uid != 0)
        server->isolation |= SANDBOX_OWN_USER;
    server->worker.rights.renew = server_renew;
    server->worker.rights.owner = server;
    dns_resolver_watch_hosts(server->worker.resolver, server_renew, server);
    return is_enough(server);
}

bool server_start(struct server *server)
{
    if (!read_snapshot(server) || !take_descriptors(server) || !take_tickets(server) ||
        !take_zones(server))
        return false;
    make_worker(server);
    return become_worker(server) && start_protocols(server) && confine(server);
}
