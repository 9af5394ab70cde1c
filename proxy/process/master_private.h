#pragma once

#include "base/log.h"
#include "ipc/control.h"
#include "net/loop.h"
#include "process/generation.h"
#include "process/program.h"
#include "process/sockets.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What the files of the master share. */

enum master_phase {
    MASTER_STARTING, /* the first generation is not in force yet */
    MASTER_RUNNING,
    MASTER_QUITTING, /* workers finish what is open */
    MASTER_STOPPING, /* workers end at once */
};

/* Clients of the control socket that wait for the same answer. */
#define MASTER_WAITERS 16
struct waiters {
    struct control_client *clients[MASTER_WAITERS];
    size_t count;
};

/* Certificates that change on disk: master_watch.c. */
struct master_watch {
    struct deadline next;
    bool is_hurried;   /* somebody asks to take what is there now */
    uint32_t pause_ms; /* after a failure; doubles while it fails */
    uint32_t swaps;    /* since frontd was started */
    time_t swapped_at; /* the last one; 0: none */
    char failure[600]; /* of the last attempt, if it failed */
};

struct master {
    const struct program *program;
    struct loop *loop;
    struct log log; /* the main error log of the generation in force */
    struct sockets sockets;
    struct generation *current;  /* in force; NULL at the start */
    struct generation *next;     /* becomes it when its workers are ready */
    struct generation *old;      /* draining or stopping, newest first */
    struct generation *settling; /* the one before: in `old`, its workers may still accept */
    struct control *control;     /* NULL: could not be made */
    struct waiters reloading;    /* for the reload under way */
    struct waiters queued;       /* for the one after it */
    struct waiters reopening;
    struct waiters ending;
    char pid_file[PATH_MAX]; /* that we wrote; empty: none */
    struct deadline start_deadline, reopen_deadline, end_deadline;
    struct loop_task sweep; /* puts away generations without processes */
    struct master_watch watch;
    struct deadline ticket_deadline;
    struct deadline expiry; /* the next look at the certificates' ends: master_expiry.c */
    uint64_t tickets_since; /* when their key became the current one */
    uint64_t reload_began;
    uint64_t renewed_at;  /* because of replaced directories; 0: never */
    uint32_t generations; /* made so far */
    bool reload_queued;
    bool reopen_failed; /* some log could not be opened: the old one is kept */
    enum master_phase phase;
    int started; /* see master_run */
    int status;  /* to exit with */
};

void waiters_add(struct waiters *waiters, struct control_client *client);
void waiters_say(const struct waiters *waiters, struct slice line);
void waiters_finish(struct waiters *waiters, const char *error);

/* master_reload.c */

void master_reload(struct master *master);
void master_load(struct master *master, struct configuration *configuration);
extern const struct generation_events master_generation_events;

bool master_is_reloading(const struct master *master);

/* The workers did not become ready, or the old ones did not stop accepting, in time. */
void master_start_expired(void *owner);

/* master_control.c */

void master_command(void *owner, struct control_client *client, enum control_command command);
void master_reopen(struct master *master);
void master_reopened(struct master *master);
void master_reopen_expired(void *owner);

/* master_expiry.c */

void master_expiry_init(struct master *master);
void master_expiry_start(struct master *master); /* others are in use */
void master_expiry_stop(struct master *master);

/* master_watch.c */

void master_watch_init(struct master *master);
void master_watch_start(struct master *master); /* another generation is in force */
void master_watch_stop(struct master *master);
void master_watch_hurry(struct master *master); /* as SIGUSR2 asks for */
void master_watch_swapped(struct master *master, struct generation *generation, const char *why);
void master_watch_describe(const struct master *master, struct control_client *client);

/* master_tickets.c */

void master_tickets_schedule(struct master *master); /* as the configuration in force wants it */
void master_tickets_expired(void *owner);

/* master.c */

void master_in_force(struct master *master); /* the first generation serves */
void master_start_failed(struct master *master);
void master_retire(struct master *master, struct generation *generation); /* to the old ones */
void master_update_pid_file(struct master *master);
void master_quit(struct master *master);
void master_stop(struct master *master);
