#pragma once

#include "auth/auth_hash.h"
#include "auth/auth_throttle.h"
#include "auth/auth_wire.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The threads that compute hashes: a fixed number, before them a queue that ends somewhere. Nothing
 * else of frontd-auth runs in a thread. */

struct auth_pending;

struct auth_job {
    struct auth_job *next;
    uint64_t client, id;          /* who asked what */
    struct auth_pending *pending; /* who else did, for how long it counts; not the threads' */
    bool is_dummy;                /* only the time counts */
    enum auth_verdict failure;    /* what it is if it does not match */
    struct auth_attempt attempt;  /* as what it was counted */
    bool matches;                 /* the result */
    size_t hash_len, password_len;
    char hash[AUTH_HASH_MAX];
    char password[AUTH_WORD_MAX];
};

struct auth_threads;

/* `limit`: jobs that may wait. NULL if there can be no thread (errno). */
struct auth_threads *auth_threads_new(size_t count, size_t limit);

/* Waits for the computations under way; drops what waits. */
void auth_threads_free(struct auth_threads *threads);

/* Takes the job over; false: the queue is full, the job is still the caller's. */
bool auth_threads_add(struct auth_threads *threads, struct auth_job *job)
    __attribute__((warn_unused_result));

/* Readable when something is done. */
int auth_threads_fd(const struct auth_threads *threads);

/* What is done, in order, linked by `next`; each to be freed with auth_job_free. */
struct auth_job *auth_threads_take(struct auth_threads *threads);

void auth_job_free(struct auth_job *job);
