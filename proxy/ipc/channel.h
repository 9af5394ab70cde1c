#pragma once

#include "base/slice.h"
#include "ipc/messages.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* Messages between two of our processes over a SOCK_SEQPACKET pair. What arrives was checked
 * against messages.def; who breaks the table loses the channel. */
struct channel;

struct channel_events {
    /* One legal message. `body` is valid during the call; `fd` (-1: none) belongs to the callee. */
    void (*message)(void *owner, enum message message, struct slice body, int fd);
    /* The end, once: NULL: the other end closed it; else what it did wrong. Nothing more comes;
     * channel_close is still to be called. */
    void (*closed)(void *owner, const char *why);
};

/* Takes over `fd` (see descriptor_pair). The channel may be closed in any callback. */
struct channel *channel_new(struct loop *loop, int fd, enum role self, enum role other,
                            const struct channel_events *events, void *owner);

/* Sends without waiting; `fd` (-1: none) stays the caller's. False: the other end is gone or has
 * not read for long; `closed` will say so, or has. */
bool channel_send(struct channel *channel, enum message message, struct slice body, int fd);

/* The same for messages whose body is one number. */
bool channel_send_number(struct channel *channel, enum message message, uint32_t number, int fd);
uint32_t channel_number(struct slice body);

/* Closes, and sets *channel to NULL. What was sent still arrives. NULL is fine. */
void channel_close(struct channel **channel);
