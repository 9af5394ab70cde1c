#pragma once

#include "base/slice.h"

#include <stdint.h>

/* A worker's side of its key channel: asks the key holder to sign (reference/tls-keys.md 2.4, 3.2).
 * Waits for each answer, two seconds at most: the key is 20 µs away, and a loop that went on
 * meanwhile would gain nothing (2.5). */
struct tls_remote;

struct tls_remote_events {
    /* The channel is gone: no handshake succeeds until there is a new one. Said once. */
    void (*lost)(void *owner, const char *why);
};

/* Takes over `fd`, a blocking SOCK_SEQPACKET socket. Without `events` it is set aside. */
struct tls_remote *tls_remote_new(int fd, const struct tls_remote_events *events, void *owner);
void tls_remote_renew(struct tls_remote *remote, int fd); /* another channel from now on */

/* Of a set of certificates that has been replaced, or is not in force yet: handshakes under way may
 * ask, but nobody needs to hear that the channel is lost. And: it counts from now on. */
void tls_remote_set_aside(struct tls_remote *remote);
void tls_remote_set_up(struct tls_remote *remote, const struct tls_remote_events *events);

/* Each context that signs through it keeps it; it goes with the last free. NULL is fine. */
struct tls_remote *tls_remote_keep(struct tls_remote *remote);
void tls_remote_free(struct tls_remote *remote);
