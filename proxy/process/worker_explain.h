#pragma once

#include "relay/protocol.h"
#include "relay/protocol_conf.h"

/* `frontd --explain`: the worker's program, started with these words instead of serving, reads the
 * configuration from disk and lets the protocols say what they would do. */
#define WORKER_EXPLAIN "--explain"

/* Behind the program's name: WORKER_EXPLAIN, the configuration, the prefix, the -g directives, the
 * URL, fields. */
#define WORKER_EXPLAIN_WORDS  6
#define WORKER_EXPLAIN_FIELDS 64

int worker_explain(int count, const char *const *words, const struct protocol *const *protocols,
                   const struct protocol_conf *const *confs);
