#pragma once

#include "base/log.h"
#include "ipc/channel.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One process, a worker, frontd-auth or a key holder, as the master sees it. A worker has ended
 * when it was reaped *and* its channel was read to the end: only then its last words are known. */

struct child;

enum child_phase {
    CHILD_NONE,     /* no process */
    CHILD_STARTING, /* it reads its configuration */
    CHILD_READY,    /* it serves */
};

struct child_events {
    /* A process for this child: pid, or -1 with errno. Its end of the channel is `channel`. */
    pid_t (*spawn)(void *owner, struct child *child, int channel);
    void (*ready)(void *owner, struct child *child);
    void (*draining)(void *owner, struct child *child);  /* child_drain is in force */
    void (*log_taken)(void *owner, struct child *child); /* one child_reopen is in force */
    void (*renew)(void *owner, struct child *child); /* it needs other rights: see relay/rights.h */
    /* A worker's key channel `number` is lost; 0: the one it was started with. */
    void (*keys_lost)(void *owner, struct child *child, uint32_t number);
    /* It has done its part of a swap of certificates; or cannot, and says why. */
    void (*swap_answered)(void *owner, struct child *child, uint32_t number);
    void (*swap_refused)(void *owner, struct child *child, uint32_t number, const char *why);
    /* The key holder has closed channel `number`: what came over it was no request. */
    void (*refused)(void *owner, uint32_t number);
    /* The process has ended; child->why says how. It may be started again at once or later. */
    void (*ended)(void *owner, struct child *child);
};

struct child {
    struct loop *loop;
    const struct log *log;
    const struct child_events *events;
    void *owner;
    enum role role;
    struct channel *channel; /* NULL: ended */
    struct deadline respawn;
    struct deadline pulse; /* child_pulse.c */
    unsigned silent;       /* questions in a row that it has not answered */
    uint64_t started_at;   /* monotonic ms */
    pid_t pid;             /* of the last process */
    uint32_t isolation;    /* what it says it reached: os/sandbox.h */
    bool is_running;       /* not yet reaped */
    bool was_stopped;      /* by child_stop: its end is no accident */
    bool was_killed;       /* by child_kill */
    uint64_t hashes;       /* frontd-auth: computed so far */
    unsigned quick_deaths; /* in a row, each soon after its start */
    uint32_t logs_pending; /* descriptors sent and not yet answered */
    bool drain_pending;    /* told to drain, may still accept */
    bool swap_pending;     /* told to prepare or take new certificates, has not answered */
    uint32_t first_keys;   /* number of the key channel it was started with */
    enum child_phase phase;
    char why[512]; /* "exited with status 1", "killed by signal 11", or its own words */
};

void child_init(struct child *child, enum role role, struct loop *loop, const struct log *log,
                const struct child_events *events, void *owner);

/* Starts a process; false (child->why is set) if there is none. */
bool child_start(struct child *child) __attribute__((warn_unused_result));

/* Starts it again: at once, or after a pause that grows while it keeps dying soon. */
void child_start_again(struct child *child);

/* waitpid said so. */
void child_reaped(struct child *child, int status);

void child_drain(struct child *child, uint32_t timeout_ms);
void child_stop(struct child *child);
void child_kill(struct child *child); /* SIGKILL; `ended` follows */
/* Hands it a descriptor, which stays the caller's; false if it cannot take it. */
bool child_give(struct child *child, enum message message, int fd);
bool child_tell(struct child *child, enum message message, uint32_t number);
/* Another key channel: to a worker its end, to the key holder the other. */
void child_give_keys(struct child *child, uint32_t number, int fd);
void child_reopen(struct child *child, uint32_t index, int fd);

const char *child_name(const struct child *child); /* of its kind, for the log */

/* child_pulse.c, for child.c: watches key holders and frontd-auth, from their start to their end.
 */
void child_pulse_init(struct child *child);
void child_pulse_start(struct child *child);
void child_pulse_felt(struct child *child);
void child_pulse_stop(struct child *child);

/* Forgets it; there must be no process. */
void child_deinit(struct child *child);
