#pragma once

#include "process/generation.h"

/* The key holders of a generation, and the channels between them and the workers. There is one for
 * each set of certificates: that in force, one that is being prepared (generation_swap.h), and
 * those before, for as long as a handshake may need them. All of it is for generation*.c. */

#define GENERATION_ENVIRONMENT 5

struct generation_keys;

/* Takes the files of the keys out of the configuration, if there are any. */
void generation_keys_take(struct generation *generation, const struct configuration *configuration);

/* Starts the key holder; the workers follow when it is ready. */
void generation_keys_start(struct generation *generation);

/* The files of the keys in force, as conf_sources_place numbers them. */
const int *generation_keys_files(const struct generation *generation, size_t *count);

/* A key channel for worker `index` to the holder of `keys` (NULL: it leads nowhere): its end, which
 * the caller closes, and its number. -1: errno. */
int generation_keys_open(struct generation *generation, struct generation_keys *keys, size_t index,
                         uint32_t *number);

/* A worker gets no answers on channel `number`, or says so: it gets another one, and that is all.
 * Who replaces a key holder that hangs is child_pulse.c: no worker can have that done. */
void generation_keys_lost(struct generation *generation, struct child *worker, uint32_t number);

/* A holder for another set of as many files, which it takes over (free(3) is done here), not
 * running yet. Its `ready` and its end go to generation_swap.c until it is adopted or dropped. run:
 * false: generation_keys_why. */
struct generation_keys *generation_keys_new(struct generation *generation, int *files,
                                            size_t count);
bool generation_keys_run(struct generation_keys *keys) __attribute__((warn_unused_result));
const char *generation_keys_why(const struct generation_keys *keys);

/* It is the one in force from now on; the one before ends when no handshake can need it. */
void generation_keys_adopt(struct generation *generation, struct generation_keys *keys);
void generation_keys_drop(struct generation *generation, struct generation_keys *keys);

/* No worker needs them any more. */
void generation_keys_release(struct generation *generation);
bool generation_keys_reaped(struct generation *generation, pid_t pid, int status);
const struct child *generation_keys_holder(const struct generation *generation); /* or NULL */
size_t generation_keys_running(const struct generation *generation);
void generation_keys_free(struct generation *generation);

/* generation.c */
void generation_start_workers(struct generation *generation);
void generation_environment(const char *environment[GENERATION_ENVIRONMENT + 1],
                            struct arena *arena);
int generation_error_descriptor(const struct generation *generation);
