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

struct backend_target {
    struct slice host; /* a name, or an address as text */
    uint16_t port;
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

/* An idle connection to `target`, or NULL. The caller owns the stream and sets its events. */
struct stream *backend_pool_take(struct backend_pool *pool, const struct backend_target *target,
                                 struct address *address);

/* Gives a connection back for reuse: its answer was read to the end, nothing extra is readable. At
 * most 32 idle ones a target, 60 s each; one that the backend closes is dropped. Sets *stream NULL.
 */
void backend_pool_give(struct backend_pool *pool, const struct backend_target *target,
                       const struct address *address, struct stream **stream);
