#pragma once

#include "relay/listen.h"

#include <stdbool.h>

/* The TLS contexts of listening addresses: built when a worker starts, and again for each new set
 * of certificates. */

struct conf;
struct tls_remote;
struct worker;

/* For protocol->start: sets listen->tls_context, if any server there has a certificate. False, with
 * a log line: it cannot be built, or `listen` wants TLS from the first byte and there is none. */
bool listen_tls_start(const struct worker *worker, struct listen *listen)
    __attribute__((warn_unused_result));

/* For protocol->stop. */
void listen_tls_stop(struct listen *listen);

/* The context that `listen` will have with the certificates that `conf` has, signed for by
 * `remote`: for tls_context_build, in `arena` meanwhile. NULL: no server there has one. */
struct tls_context *listen_tls_begin(const struct worker *worker, const struct conf *conf,
                                     struct tls_remote *remote, const struct listen *listen,
                                     struct arena *arena);
