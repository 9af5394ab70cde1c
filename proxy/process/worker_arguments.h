#pragma once

#include "base/slice.h"
#include "os/privileges.h"
#include "os/spawn.h"

#include <stdbool.h>
#include <stddef.h>

/* What the master tells a worker it starts: words on its command line, and descriptors by number.
 * The configuration itself is in the snapshot. */

#define WORKER_CHANNEL_FD  (SPAWN_FIRST_DESCRIPTOR)
#define WORKER_SNAPSHOT_FD (SPAWN_FIRST_DESCRIPTOR + 1)
#define WORKER_KEYS_FD     (SPAWN_FIRST_DESCRIPTOR + 2)
#define WORKER_TICKETS_FD  (SPAWN_FIRST_DESCRIPTOR + 3)
#define WORKER_FIRST_FD    (SPAWN_FIRST_DESCRIPTOR + 4) /* listening sockets, logs, zones */
#define WORKER_WORDS       8
#define WORKER_PASSED_MAX  4096 /* sockets, and as many logs */

struct worker_arguments {
    const char *conf, *prefix, *globals, *error_log;
    size_t sockets, logs; /* how many descriptors of each there are */
    bool has_identity;    /* root: become that */
    struct privileges_identity identity;
};

/* An identity as one word: "-" (stay who we are), or uid,gid,group,group… */
#define IDENTITY_WORD_BYTES (64 + 12 * PRIVILEGES_GROUPS_MAX)
void identity_write(const struct privileges_identity *identity, bool has_identity,
                    char out[IDENTITY_WORD_BYTES]);
bool identity_read(struct privileges_identity *identity, bool *has_identity, struct slice text)
    __attribute__((warn_unused_result));

/* Room for what is not text already. */
struct worker_words {
    const char *words[WORKER_WORDS + 1]; /* ends with NULL */
    char sockets[16], logs[16], identity[IDENTITY_WORD_BYTES];
};

void worker_arguments_write(const struct worker_arguments *arguments, struct worker_words *words);
bool worker_arguments_read(struct worker_arguments *arguments, int count, const char *const *words)
    __attribute__((warn_unused_result));
