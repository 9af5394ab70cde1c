#pragma once

#include "tls/tls_signer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key holder at work: the control channel in the main thread, and for each worker's channel a
 * thread that answers it. */

/* Serves for ever, with `threads` threads whose stacks (each of `stack_bytes`) lie behind `stacks`.
 * `sandbox` is called when all threads are there, before anything comes from a worker: false ends
 * it. Returns only what went wrong before; afterwards the process ends with its control channel. */
struct keyholder_pool {
    const struct tls_signer *signer;
    size_t keys, threads;
    char *stacks;
    size_t stack_bytes;
    int control;
};

/* How many channels may wait for a thread; besides, each thread may have one. */
#define KEYHOLDER_WAITING(threads) ((threads) + 64)

const char *keyholder_threads_start(const struct keyholder_pool *pool);

_Noreturn void keyholder_serve(void);

/* How often a channel may ask: RATE in a second, and as many at once. Twice what a core can do. */
#define KEYHOLDER_RATE 8192

struct keyholder_bucket {
    uint64_t at_ms;
    uint32_t tokens;
};

/* Takes one token; false: there is none. */
bool keyholder_bucket_take(struct keyholder_bucket *bucket, uint64_t now_ms);
