#pragma once

#include "auth/auth_list.h"
#include "base/log.h"
#include "conf/conf_block.h"
#include "ipc/channel.h"
#include "net/listener.h"
#include "net/loop.h"
#include "process/worker_arguments.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/protocol.h"
#include "relay/protocol_conf.h"
#include "relay/worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the files of a worker process share. */

enum server_phase {
    SERVER_SERVING,
    SERVER_DRAINING, /* accepts nothing new */
    SERVER_STOPPING, /* all sessions are closed; last words are leaving */
};

/* One listening socket. */
struct acceptor {
    struct server *server;
    struct listener *listener;
    size_t index; /* in listens */
    bool covers;  /* other listens are reached through it: listens_cover */
};

/* A set of certificates that is not in force yet. */
struct server_certificates {
    uint32_t number; /* the master's, of the attempt; 0: there is none */
    uint32_t channel;
    struct conf_sources sources;
    struct tls_remote *remote;
    struct tls_context **contexts; /* by listen */
    size_t at;                     /* the listen whose context is being built */
    struct arena arena;            /* for what is needed until all are */
    struct deadline step;
};

struct server {
    struct worker worker; /* what sessions see */
    const struct protocol *const *protocols;
    const struct protocol_conf *const *confs;
    struct worker_arguments arguments;
    struct channel *channel; /* NULL: the master is gone */
    struct log log;
    struct arena arena;
    struct conf_sources sources;
    struct conf conf;
    struct conf_report report;
    const struct conf_group **groups;
    struct listen_list listens;
    struct log_files logs;
    struct shared_zones zones;
    int first_zone_fd;
    struct auth_list passwords;
    struct acceptor *acceptors;
    size_t acceptor_count;
    struct server_certificates *next; /* NULL: none */
    uint32_t keys;                    /* number of the key channel in use; 0: the first */
    struct deadline end;              /* of draining or stopping, at the latest */
    struct deadline check;            /* whether all has finished */
    uint32_t isolation;               /* what was reached: os/sandbox.h */
    uint64_t renew_asked;             /* when; 0: never */
    uint32_t cut_off;                 /* sessions that were open when time was up */
    bool uses_stderr; /* a log goes there; else it is the main log too (see generation.c) */
    enum server_phase phase;
    char why[512]; /* why it could not start */
};

/* worker_start.c: everything from the descriptors to the last privilege. False: server->why. */
bool server_start(struct server *server);
extern const struct tls_remote_events server_remote_events;

/* worker_certificates.c */
void server_take_certificates(struct server *server, uint32_t number, int snapshot);
void server_prepare_certificates(struct server *server, uint32_t number, uint32_t channel, int fd);
void server_commit_certificates(struct server *server, uint32_t number);
void server_abort_certificates(struct server *server, uint32_t number);
void server_forget_certificates(struct server *server); /* whatever is not in force */

/* worker.c */
void server_accept(struct server *server);                     /* from now on */
void server_drain(struct server *server, uint32_t timeout_ms); /* 0: no limit */
void server_stop(struct server *server);
void server_renew(void *server); /* struct rights' */
void server_take_keys(struct server *server, uint32_t number, int fd);
void server_take_log(struct server *server, uint32_t index, int fd);
