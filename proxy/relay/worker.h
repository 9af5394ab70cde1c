#pragma once

#include "base/log.h"
#include "relay/protocol.h"
#include "relay/rights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every session of a worker process shares. Made by process/worker, handed down; there are no
 * globals. */

struct conf;
struct connection_counts;
struct loop;
struct dns_resolver;
struct listen_list;
struct log_files;
struct shared_zones;
struct backend_pool;
struct auth_client;
struct auth_list;
struct tls_remote;
struct tls_tickets;

enum counter {
#define COUNTER(name, words) COUNTER_##name,
#include "relay/counters.def"
#undef COUNTER
    COUNTER_COUNT
};

struct worker {
    struct loop *loop;
    const struct conf *conf;
    const struct log *log; /* the main error_log */
    struct dns_resolver *resolver;
    struct log_files *log_files;      /* every log the configuration names, open */
    const struct shared_zones *zones; /* memory shared with the other workers, mapped */
    struct connection_counts *counts; /* connection_counts.h; NULL: nobody asks */
    struct listen_list *listens;
    struct session *sessions; /* all that are open */
    size_t session_count;
    size_t verdict_count; /* of sessions that are over and worth waiting for at the worker's end */
    size_t session_limit; /* worker_connections */
    uint64_t next_session_id;
    struct backend_pool *backends;
    struct tls_remote *remote;         /* signs for every TLS context made from now on */
    const struct tls_tickets *tickets; /* the master's, for all of them */
    struct auth_client *auth;          /* asks frontd-auth */
    const struct auth_list *passwords; /* what it can be asked of */
    bool draining;                     /* finish what is open, take nothing new */
    struct rights rights;
    void *services[8]; /* per protocol, by its place in protocols[]: what protocol->start made */
    uint64_t counters[COUNTER_COUNT];
};
