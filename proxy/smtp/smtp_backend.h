#pragma once

#include "base/slice.h"
#include "relay/protocol.h"
#include "smtp/smtp_capabilities.h"
#include "smtp/smtp_reply.h"
#include "smtp/smtp_xclient.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The other side of a mail session: reaches a backend, tells it who the client is, and from then on
 * hands out its replies one by one. A connection belongs to one client and is never used again for
 * another, since the backend knows it by XCLIENT. */

struct session;
struct worker;
struct smtp_targets;
struct smtp_backend;

/* To the owner, from the loop. In any of them the backend may be closed. */
struct smtp_backend_events {
    void (*ready)(void *owner); /* the client is announced: commands may be written */
    void (*replied)(void *owner, const struct smtp_reply *reply);
    void (*drained)(void *owner);
    /* It is gone and already logged: before `ready` after all targets were tried. `reply` is what
     * it said about this client, to be passed on; NULL: nothing. */
    void (*ended)(void *owner, enum close_reason reason, const struct smtp_reply *reply);
};

/* What to do; everything in it must live as long as the backend. */
struct smtp_backend_plan {
    struct worker *worker;
    const struct session *session; /* for log lines; NULL: a probe, which only learns and quits */
    const struct smtp_targets *targets;
    struct smtp_capabilities *known; /* by target: what each said last, kept up to date */
    struct slice name;               /* ours */
    bool uses_xclient;
    bool client_said_ehlo;
    struct slice client_name; /* what the client called itself */
    struct smtp_identity identity;
};

/* Tries the targets in turn, for 150 s in all. */
struct smtp_backend *smtp_backend_open(const struct smtp_backend_plan *plan,
                                       const struct smtp_backend_events *events, void *owner);

bool smtp_backend_is_ready(const struct smtp_backend *backend); /* false for NULL */
void smtp_backend_write(struct smtp_backend *backend, struct slice bytes);
size_t smtp_backend_queued(const struct smtp_backend *backend);

/* What it announced to this client. */
const struct smtp_capabilities *smtp_backend_capabilities(const struct smtp_backend *backend);
void smtp_backend_learn(struct smtp_backend *backend, const struct smtp_reply *reply);
/* After HELO there are no extensions: Postfix hangs up on whoever pipelines then. */
void smtp_backend_unlearn(struct smtp_backend *backend);

struct slice smtp_backend_target(const struct smtp_backend *backend); /* "host:port" */

/* Ends it: orderly with QUIT, which is right between messages, or at once, so that a message under
 * way is dropped. No event comes any more; sets *backend to NULL. */
void smtp_backend_quit(struct smtp_backend **backend);
void smtp_backend_drop(struct smtp_backend **backend);

/* The session is over, but all of its message is sent: lets the backend decide and writes the
 * verdict to the log, within `timeout_ms`; a worker that ends waits for it as for sessions. It
 * stands on *list until then; sets *backend to NULL. */
void smtp_backend_leave(struct smtp_backend **backend, struct smtp_backend **list,
                        uint32_t timeout_ms);
void smtp_backend_drop_left(struct smtp_backend **list); /* all of them, at the worker's end */
