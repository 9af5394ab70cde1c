#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* New certificates for the running workers of a generation, all or nothing: a key holder with the
 * new keys; each worker builds its TLS contexts anew beside those in use and has each key sign once
 * (PREPARE); only when all have, all turn to them (COMMIT). Whatever goes wrong before that changes
 * nothing (ABORT). Nothing else of the configuration ever changes in a running worker, so that
 * there is no case that a swap cannot carry out and a reload could. */

struct certificate_set;
struct child;
struct generation;
struct generation_keys;

enum generation_swap_phase {
    SWAP_NONE,
    SWAP_HOLDER,     /* its key holder starts */
    SWAP_PREPARING,  /* some worker has not answered */
    SWAP_COMMITTING, /* in force; some worker has not said that it has turned to it */
};

/* Begins with `set`, which it takes over. events->swapped follows, if the generation stays in
 * force. Only if generation_swap_may_begin. */
void generation_swap_begin(struct generation *generation, struct certificate_set *set);
bool generation_swap_may_begin(const struct generation *generation);

/* The generation does not stay in force, or a reload comes: what is not committed is given up. */
void generation_swap_stop(struct generation *generation);

/* What the rest of generation*.c tells it. */
void generation_swap_init(struct generation *generation);
void generation_swap_holder_ready(struct generation *generation);
void generation_swap_fail(struct generation *generation, const char *why);
void generation_swap_answered(struct generation *generation, struct child *worker, uint32_t number);
void generation_swap_refused(struct generation *generation, const struct child *worker,
                             uint32_t number, const char *why);
void generation_swap_ended(struct generation *generation, struct child *worker);
