#include "base/arena.h"
#include "os/descriptor.h"
#include "process/generation_private.h"

#include <stdio.h>
#include <unistd.h>

/* A generation's frontd-auth, if its configuration names password files: it is there before the
 * workers and ends after them. Each worker has a channel of its own to it; when either of the two
 * is another process, the master makes a new pair and hands both ends out. */

/* A file that stays out of reach must not make it come and go all the time. */
#define RENEW_PAUSE_MS 10000

bool generation_has_auth(const struct generation *generation)
{
    return generation->auth_files >= 0;
}

static pid_t on_spawn(void *owner, struct child *child, int channel)
{
    struct generation *generation = owner;
    struct worker_arguments arguments = *generation->arguments;
    const int passed[] = {channel, generation->auth_files};

    (void)child;
    arguments.has_identity = generation->auth_user.has_identity;
    arguments.identity = generation->auth_user.identity;
    return generation_spawn(generation, generation->program->auth, "frontd-auth", &arguments,
                            passed, 2);
}

static void connect_worker(struct generation *generation, struct child *worker)
{
    int pair[2];

    if (!descriptor_pair(pair))
        return; /* its questions are answered with an error until the next try */
    if (child_give(&generation->auth, MESSAGE_AUTH_WORKER, pair[0]))
        (void)child_give(worker, MESSAGE_AUTH_CHANNEL, pair[1]);
    close(pair[0]);
    close(pair[1]);
}

void generation_connect_auth(struct generation *generation, struct child *worker)
{
    if (generation_has_auth(generation) && generation->auth.phase == CHILD_READY)
        connect_worker(generation, worker);
}

static void on_ready(void *owner, struct child *child)
{
    struct generation *generation = owner;

    if (!generation_confined(generation, child, &generation->auth_user)) {
        child_kill(child);
        return;
    }
    log_line(generation->log, LOG_NOTICE, 0, "frontd-auth %d: user %s", (int)child->pid,
             generation->auth_user.who);
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].phase == CHILD_READY)
            connect_worker(generation, &generation->children[i]);
    if (generation->phase == GENERATION_STARTING)
        generation_check_ready(generation);
    else
        log_line(generation->log, LOG_NOTICE, 0, "frontd-auth %d serves in its place",
                 (int)child->pid);
}

static void never(void *owner, struct child *child)
{
    (void)owner;
    (void)child;
}

/* Another one opens the directories that are there now. */
static void on_renew(void *owner, struct child *child)
{
    struct generation *generation = owner;
    uint64_t now = loop_now(generation->loop);

    if (child->phase != CHILD_READY ||
        (generation->auth_renewed_at != 0 && now - generation->auth_renewed_at < RENEW_PAUSE_MS))
        return;
    generation->auth_renewed_at = now;
    log_line(generation->log, LOG_NOTICE, 0,
             "a directory with password files was replaced: frontd-auth %d makes way for another",
             (int)child->pid);
    child_stop(child);
}

static void on_ended(void *owner, struct child *child)
{
    struct generation *generation = owner;

    if (generation->phase == GENERATION_STARTING) {
        char why[600];

        snprintf(why, sizeof why, "frontd-auth: %s", child->why);
        generation->events->failed(generation->owner, generation, why);
    } else if (generation_workers(generation) > 0 && generation->phase != GENERATION_STOPPING) {
        if (!child->was_stopped)
            log_line(generation->log, LOG_ALERT, 0, "frontd-auth %d died: %s; starting another",
                     (int)child->pid, child->why);
        child_start_again(child);
    } else if (generation_running(generation) == 0) {
        generation->events->gone(generation->owner, generation);
    }
}

static const struct child_events auth_events = {
    .spawn = on_spawn,
    .ready = on_ready,
    .draining = never,
    .log_taken = never,
    .renew = on_renew,
    .ended = on_ended,
};

bool generation_start_auth(struct generation *generation)
{
    child_init(&generation->auth, ROLE_AUTH, generation->loop, generation->log, &auth_events,
               generation);
    return !generation_has_auth(generation) || child_start(&generation->auth);
}
