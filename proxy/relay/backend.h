#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "net/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reaching the servers behind frontd: name to addresses at run time, each address in turn, and idle
 * connections kept for the next exchange. */

struct worker;
struct dns_resolver;

struct backend_target {
    struct slice host; /* a name, or an address as text */
    uint16_t port;
    struct slice label;            /* what else a kept connection must have in common: its TLS */
    struct dns_resolver *resolver; /* NULL: the worker's */
};

enum backend_failure {
    BACKEND_OK,
    BACKEND_NOT_RESOLVED, /* no such name, or DNS does not answer */
    BACKEND_REFUSED,      /* every address refused or was unreachable */
    BACKEND_TIMED_OUT,
};

const char *backend_failure_words(enum backend_failure failure);

/* An attempt to reach a target. */
struct backend_dial;

/* `done` comes from the loop exactly once, never from inside this call. OK: `fd` is connected and
 * belongs to the callee, `address` is where it leads. timeout_ms covers everything. Addresses that
 * failed in the last 10 s are tried last. */
struct backend_dial *backend_dial(struct worker *worker, const struct backend_target *target,
                                  uint32_t timeout_ms,
                                  void (*done)(void *owner, enum backend_failure failure, int fd,
                                               const struct address *address),
                                  void *owner);
void backend_dial_cancel(struct backend_dial **dial);

/* Idle connections, most recently used first. */
struct backend_pool *backend_pool_new(struct worker *worker);
void backend_pool_free(struct backend_pool *pool); /* closes them all */

/* A connection and what it has been through. */
struct backend_connection {
    struct stream *stream;
    struct address address;
    uint32_t requests; /* that it has carried */
    uint64_t since_ms; /* loop_now when it was made */
};

/* An idle connection to `target`; false: there is none. The caller owns the stream and sets its
 * events. */
bool backend_pool_take(struct backend_pool *pool, const struct backend_target *target,
                       struct backend_connection *connection);

struct backend_keep {
    uint32_t idle_max; /* connections to one target */
    uint32_t idle_ms;
};

/* Gives a connection back for reuse: its answer was read to the end, nothing extra is readable. The
 * one idle for the longest time makes room; one that the backend closes is dropped. Sets
 * connection->stream NULL. */
void backend_pool_give(struct backend_pool *pool, const struct backend_target *target,
                       const struct backend_keep *keep, struct backend_connection *connection);

/* How long a backend may go on for nobody: so many times idle_ms, so many bytes, and so many
 * backends of a worker at once. */
#define BACKEND_DRAIN_TIMES 10
#define BACKEND_DRAIN_BYTES (256u << 20)
#define BACKEND_DRAINS_MAX  128

/* Takes the stream over: reads what the backend still says, for nobody, until it ends, is silent
 * for idle_ms, or has had its time or its bytes; then closes it. Sets *stream NULL, unless there
 * are too many of them: false. */
bool backend_drain(struct worker *worker, struct stream **stream, uint32_t idle_ms);
