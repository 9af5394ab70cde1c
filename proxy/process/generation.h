#pragma once

#include "base/log.h"
#include "net/loop.h"
#include "process/certificates.h"
#include "process/child.h"
#include "process/configuration.h"
#include "process/generation_swap.h"
#include "process/program.h"
#include "process/sockets.h"
#include "process/users.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One loaded configuration and the processes that run it. */

enum generation_phase {
    GENERATION_LOADED,   /* read and checked, sockets bound, logs open; no worker yet */
    GENERATION_STARTING, /* not all workers are ready */
    GENERATION_RUNNING,  /* in force; who dies is replaced */
    GENERATION_DRAINING, /* finishes what is open */
    GENERATION_STOPPING, /* is to end at once */
};

struct generation;

struct generation_events {
    void (*ready)(void *owner, struct generation *generation); /* all workers serve */
    /* A worker could not start; `why` in words. The rest must be stopped. */
    void (*failed)(void *owner, struct generation *generation, const char *why);
    void (*quiet)(void *owner, struct generation *generation);    /* none accepts any more */
    void (*reopened)(void *owner, struct generation *generation); /* all workers did */
    void (*renew)(void *owner, struct generation *generation);    /* a worker needs other rights */
    void (*gone)(void *owner, struct generation *generation);     /* no process is left */
    /* The key holder in force died. The next one reads the files of the keys as they are now: if
     * they have been overwritten, only their certificates go with them. */
    void (*keys_died)(void *owner, struct generation *generation);
    /* generation_swap_begin came to its end: NULL: new certificates are in force. Else nothing has
     * changed. */
    void (*swapped)(void *owner, struct generation *generation, const char *why);
};

struct generation_swap {
    enum generation_swap_phase phase;
    uint32_t number; /* of the attempt */
    struct generation_keys *keys;
    int snapshot;
    struct deadline patience;
};

struct generation {
    const struct program *program;
    struct loop *loop;
    const struct log *log; /* the master's */
    const struct generation_events *events;
    void *owner;
    struct generation *next;
    uint32_t number; /* 1, 2, … */
    enum generation_phase phase;

    struct configuration *configuration; /* NULL once it is in force: workers have their own */

    /* What outlives the text. */
    struct arena arena;
    struct listen_list listens;
    struct log_files logs;
    struct shared_zones zones;
    enum log_level log_level; /* of the main error log */
    struct slice pid;         /* path of the pid file; empty: none */
    bool daemon;
    bool isolation_required;
    uint32_t shutdown_timeout_ms;
    uint32_t ticket_rotation_ms;
    int snapshot;
    int *passed; /* the workers' descriptors from 3 on; the first is the channel of the day */
    size_t passed_count;
    struct worker_arguments *arguments;
    struct child *children;
    size_t child_count;
    struct child auth; /* frontd-auth; see generation_auth.c */
    struct users_choice auth_user;
    uint64_t auth_renewed_at;     /* because of replaced directories; 0: never */
    int auth_files;               /* its list of password files, sealed; -1: there are none */
    struct generation_keys *keys; /* generation_keys.h; NULL: no server has a certificate */
    struct generation_keys *old_keys;
    uint32_t last_channel; /* number of the key channel made last, from 1 */
    struct generation_swap swap;
    struct certificates certificates; /* as watched */
    uint32_t watch_ms;                /* how often they are looked at; 0: never */
};

/* Makes a generation of a good configuration, which it takes over: binds what is new, opens every
 * log, seals the snapshot. NULL with errors in configuration->report, which stays the caller's
 * then. */
struct generation *generation_new(const struct program *program, struct loop *loop,
                                  const struct log *log, struct configuration *configuration,
                                  struct sockets *sockets, uint32_t number,
                                  const struct generation_events *events, void *owner);

void generation_start(struct generation *generation); /* the workers; `ready` or `failed` follows */
void generation_commit(struct generation *generation); /* it is in force: lets go of the text */
void generation_drain(struct generation *generation, uint32_t timeout_ms);
bool generation_is_quiet(const struct generation *generation);
void generation_stop(struct generation *generation); /* politely, but now */
void generation_kill(struct generation *generation);

/* Opens every log file anew and hands it to the workers. Files that cannot be opened stay as they
 * are, with a line to `say`. `reopened` follows from the loop. */
void generation_reopen(struct generation *generation, void (*say)(void *owner, const char *line),
                       void *owner);
/* Does any of its logs go to standard error? */
bool generation_uses_stderr(const struct generation *generation);

bool generation_is_reopening(const struct generation *generation);

/* The worker with this process id ended; false if it is none of ours. */
bool generation_reaped(struct generation *generation, pid_t pid, int status);

/* What its first worker reached (os/sandbox.h), all start alike; its key holder and frontd-auth,
 * if there are. `say` gets who it is and what. */
void generation_isolation(const struct generation *generation,
                          void (*say)(void *owner, const char *who, uint32_t reached), void *owner);

size_t generation_running(const struct generation *generation); /* processes there are */
void generation_free(struct generation *generation);            /* only when there are none */
