#pragma once

#include "process/generation.h"

/* The key holder of a generation, and the channels between it and the workers. All of it is for
 * generation.c. */

#define GENERATION_ENVIRONMENT 5

/* Takes the files of the keys out of the configuration, if there are any. */
void generation_keys_take(struct generation *generation, const struct configuration *configuration);

/* Starts the key holder; the workers follow when it is ready. */
void generation_keys_start(struct generation *generation);

/* A key channel for a worker about to be started: its end, which the caller closes. -1: errno. */
int generation_keys_open(struct generation *generation, struct child *worker);

/* A worker gets no answers on channel `number`: a key holder that hangs is replaced. */
void generation_keys_lost(struct generation *generation, struct child *worker, uint32_t number);

/* No worker needs it any more. */
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
