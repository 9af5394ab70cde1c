#pragma once

#include "base/address.h"
#include "net/loop.h"

#include <stdint.h>

/* One non-blocking connect with a deadline. */
struct dial;

/* Starts connecting. `done` comes from the loop exactly once, never from inside this call: with a
 * connected, non-blocking fd that the callee owns from then on, or with -1 and an errno (ETIMEDOUT
 * after timeout_ms). TCP_NODELAY is set. */
struct dial *dial_start(struct loop *loop, const struct address *address, uint32_t timeout_ms,
                        void (*done)(void *owner, int fd, int error), void *owner);

/* Gives up; `done` does not come. */
void dial_cancel(struct dial **dial);
