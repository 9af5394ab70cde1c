#include "process/generation_swap.h"

#include "base/ensure.h"
#include "process/certificates.h"
#include "process/generation_keys.h"
#include "process/generation_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How long a key holder may take to start, and then the workers to prepare: each certificate takes
 * them half a millisecond, of which they give a tenth of their time. A worker that hangs keeps all
 * others from the new certificates, but not for ever. */
#define SWAP_PATIENCE_MS    10000
#define PATIENCE_FOR_ONE_MS 20

static void on_expired(void *owner);

void generation_swap_init(struct generation *generation)
{
    generation->swap.snapshot = -1;
    deadline_init(&generation->swap.patience, on_expired, generation);
}

bool generation_swap_may_begin(const struct generation *generation)
{
    if (generation->phase != GENERATION_RUNNING || generation->keys == NULL ||
        generation->swap.phase != SWAP_NONE)
        return false;
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].phase != CHILD_READY)
            return false;
    return true;
}

static void be_patient(struct generation *generation)
{
    size_t more = generation->certificates.count * PATIENCE_FOR_ONE_MS;

    deadline_set(generation->loop, &generation->swap.patience, SWAP_PATIENCE_MS + (uint32_t)more);
}

void generation_swap_begin(struct generation *generation, struct certificate_set *set)
{
    struct generation_swap *swap = &generation->swap;

    ensure(generation_swap_may_begin(generation));
    swap->phase = SWAP_HOLDER;
    swap->number++;
    swap->snapshot = set->snapshot;
    swap->keys = generation_keys_new(generation, set->files, set->file_count);
    be_patient(generation);
    if (!generation_keys_run(swap->keys))
        generation_swap_fail(generation, generation_keys_why(swap->keys));
}

/* Ends in the phase NONE, with nothing left of it. */
static void give_up(struct generation *generation)
{
    struct generation_swap *swap = &generation->swap;
    struct generation_keys *keys = swap->keys;

    if (swap->phase == SWAP_PREPARING)
        for (size_t i = 0; i < generation->child_count; i++) {
            (void)child_tell(&generation->children[i], MESSAGE_CERTS_ABORT, swap->number);
            generation->children[i].swap_pending = false;
        }
    deadline_clear(&swap->patience);
    swap->phase = SWAP_NONE;
    swap->keys = NULL;
    if (swap->snapshot >= 0)
        close(swap->snapshot);
    swap->snapshot = -1;
    if (keys != NULL)
        generation_keys_drop(generation, keys);
}

void generation_swap_fail(struct generation *generation, const char *why)
{
    char kept[600];

    snprintf(kept, sizeof kept, "%s", why); /* it may go with the holder */
    give_up(generation);
    generation->events->swapped(generation->owner, generation, kept);
}

static bool prepare_worker(struct generation *generation, size_t index)
{
    struct generation_swap *swap = &generation->swap;
    struct child *worker = &generation->children[index];
    uint32_t numbers[] = {swap->number, 0};
    int fd = generation_keys_open(generation, swap->keys, index, &numbers[1]);
    bool sent;

    if (fd < 0)
        return false;
    sent = worker->channel != NULL &&
           channel_send_number(worker->channel, MESSAGE_CERTS, swap->number, swap->snapshot) &&
           channel_send(worker->channel, MESSAGE_CERTS_PREPARE,
                        (struct slice){(const char *)numbers, sizeof numbers}, fd);
    close(fd);
    worker->swap_pending = sent;
    return sent;
}

void generation_swap_holder_ready(struct generation *generation)
{
    ensure(generation->swap.phase == SWAP_HOLDER);
    generation->swap.phase = SWAP_PREPARING;
    be_patient(generation);
    for (size_t i = 0; i < generation->child_count; i++)
        if (!prepare_worker(generation, i)) {
            generation_swap_fail(generation, "a worker cannot be told");
            return;
        }
}

static const struct child *first_pending(const struct generation *generation)
{
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].swap_pending)
            return &generation->children[i];
    return NULL;
}

/* Workers that start from now on start with it. */
static void put_in_force(struct generation *generation)
{
    struct generation_swap *swap = &generation->swap;

    close(generation->snapshot);
    generation->snapshot = swap->snapshot;
    generation->passed[1] = swap->snapshot;
    swap->snapshot = -1;
    generation_keys_adopt(generation, swap->keys);
    swap->keys = NULL;
}

static void finish(struct generation *generation)
{
    deadline_clear(&generation->swap.patience);
    generation->swap.phase = SWAP_NONE;
    generation->events->swapped(generation->owner, generation, NULL);
}

static void commit(struct generation *generation)
{
    struct generation_swap *swap = &generation->swap;

    swap->phase = SWAP_COMMITTING;
    deadline_set(generation->loop, &swap->patience, SWAP_PATIENCE_MS);
    for (size_t i = 0; i < generation->child_count; i++) {
        struct child *worker = &generation->children[i];

        worker->swap_pending = child_tell(worker, MESSAGE_CERTS_COMMIT, swap->number);
        if (!worker->swap_pending)
            child_kill(worker); /* another one begins with them */
    }
    put_in_force(generation);
    if (first_pending(generation) == NULL)
        finish(generation);
}

void generation_swap_stop(struct generation *generation)
{
    if (generation->swap.phase == SWAP_COMMITTING) {
        finish(generation);
    } else if (generation->swap.phase != SWAP_NONE) {
        give_up(generation);
        certificates_failed(&generation->certificates);
    }
}

static void check_pending(struct generation *generation)
{
    if (first_pending(generation) != NULL)
        return;
    if (generation->swap.phase == SWAP_PREPARING)
        commit(generation);
    else if (generation->swap.phase == SWAP_COMMITTING)
        finish(generation);
}

void generation_swap_answered(struct generation *generation, struct child *worker, uint32_t number)
{
    if (number != generation->swap.number || !worker->swap_pending)
        return; /* to an attempt that was given up */
    worker->swap_pending = false;
    check_pending(generation);
}

void generation_swap_refused(struct generation *generation, const struct child *worker,
                             uint32_t number, const char *why)
{
    if (number == generation->swap.number && worker->swap_pending &&
        generation->swap.phase == SWAP_PREPARING)
        generation_swap_fail(generation, why);
}

void generation_swap_ended(struct generation *generation, struct child *worker)
{
    worker->swap_pending = false;
    if (generation->swap.phase == SWAP_PREPARING)
        generation_swap_fail(generation, "a worker died");
    else
        check_pending(generation);
}

static void on_expired(void *owner)
{
    struct generation *generation = owner;
    const struct child *worker = first_pending(generation);
    char why[80] = "its key holder was not ready in time";

    if (worker != NULL)
        snprintf(why, sizeof why, "worker %d was not ready in time", (int)worker->pid);
    if (generation->swap.phase != SWAP_COMMITTING) {
        generation_swap_fail(generation, why);
        return;
    }
    log_line(generation->log, LOG_WARN, 0,
             "worker %d has not turned to the new certificates yet: it does not answer",
             worker == NULL ? 0 : (int)worker->pid);
    finish(generation); /* it does when it goes on: the message waits for it */
}
