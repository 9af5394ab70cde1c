#pragma once

#include "relay/protocol.h"
#include "relay/protocol_conf.h"

/* `frontd-worker`: what serves the network. Started by the master only (worker_arguments.h).
 * `protocols` and `confs` are NULL-terminated and in the same order. */
int worker_main(int count, const char *const *words, const struct protocol *const *protocols,
                const struct protocol_conf *const *confs);
