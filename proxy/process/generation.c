#include "base/ensure.h"
#include "os/spawn.h"
#include "process/generation_keys.h"
#include "process/generation_private.h"
#include "process/log_open.h"
#include "process/worker_arguments.h"
#include "process/zone_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a worker inherits of our environment; nothing else. */
static const char *const environment_names[GENERATION_ENVIRONMENT] = {
    "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "FRONTD_DNS",
};

void generation_environment(const char *environment[GENERATION_ENVIRONMENT + 1],
                            struct arena *arena)
{
    size_t count = 0;

    for (size_t i = 0; i < GENERATION_ENVIRONMENT; i++) {
        const char *value = getenv(environment_names[i]);

        if (value != NULL)
            environment[count++] = arena_format(arena, "%s=%s", environment_names[i], value).at;
    }
    environment[count] = NULL;
}

bool generation_uses_stderr(const struct generation *generation)
{
    for (size_t i = 0; i < generation->logs.count; i++)
        if (generation->logs.files[i].fd == STDERR_FILENO)
            return true;
    return false;
}

/* Last words that are no log line (a failed ensure()) go to the main log where possible; and a
 * worker in the background must not hold the terminal or pipe that frontd was started from. */
int generation_error_descriptor(const struct generation *generation)
{
    return generation_uses_stderr(generation) ? STDERR_FILENO : generation->logs.files[0].fd;
}

pid_t generation_spawn(const struct generation *generation, int program, const char *name,
                       const struct worker_arguments *arguments, const int *passed,
                       size_t passed_count)
{
    const char *environment[GENERATION_ENVIRONMENT + 1];
    struct worker_words words;
    struct arena arena;
    pid_t pid;

    arena_init(&arena, ARENA_UNLIMITED);
    generation_environment(environment, &arena);
    worker_arguments_write(arguments, &words);
    words.words[0] = name;
    pid = spawn_program(program, words.words, environment, generation_error_descriptor(generation),
                        passed, passed_count);
    arena_deinit(&arena);
    return pid;
}

static pid_t on_spawn(void *owner, struct child *child, int channel)
{
    struct generation *generation = owner;
    size_t index = (size_t)(child - generation->children);
    int keys = generation_keys_open(generation, generation->keys, index, &child->first_keys);
    pid_t pid;

    if (keys < 0)
        return -1;
    generation->passed[0] = channel;
    generation->passed[2] = keys;
    pid = generation_spawn(generation, generation->program->worker, "frontd-worker",
                           generation->arguments, generation->passed, generation->passed_count);
    close(keys);
    return pid;
}

static bool all_ready(const struct generation *generation)
{
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].phase != CHILD_READY)
            return false;
    return !generation_has_auth(generation) || generation->auth.phase == CHILD_READY;
}

void generation_check_ready(struct generation *generation)
{
    if (all_ready(generation))
        generation->events->ready(generation->owner, generation);
}

static void on_ready(void *owner, struct child *child)
{
    struct generation *generation = owner;

    generation_connect_auth(generation, child);
    if (generation->phase == GENERATION_STARTING)
        generation_check_ready(generation);
    else if (generation->phase == GENERATION_RUNNING)
        log_line(generation->log, LOG_NOTICE, 0, "worker %d serves in its place", (int)child->pid);
}

static void check_reopened(struct generation *generation)
{
    if (!generation_is_reopening(generation))
        generation->events->reopened(generation->owner, generation);
}

bool generation_is_quiet(const struct generation *generation)
{
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].drain_pending)
            return false;
    return true;
}

static void on_draining(void *owner, struct child *child)
{
    struct generation *generation = owner;

    (void)child;
    if (generation_is_quiet(generation))
        generation->events->quiet(generation->owner, generation);
}

static void on_log_taken(void *owner, struct child *child)
{
    (void)child;
    check_reopened(owner);
}

static void on_ended(void *owner, struct child *child)
{
    struct generation *generation = owner;

    generation_swap_ended(generation, child);
    switch (generation->phase) {
    case GENERATION_STARTING:
        generation->events->failed(generation->owner, generation, child->why);
        break;
    case GENERATION_RUNNING:
        log_line(generation->log, LOG_ALERT, 0, "worker %d died: %s; starting another",
                 (int)child->pid, child->why);
        check_reopened(generation);
        child_start_again(child);
        break;
    case GENERATION_DRAINING:
    case GENERATION_STOPPING:
        check_reopened(generation);
        if (generation_is_quiet(generation))
            generation->events->quiet(generation->owner, generation);
        if (generation_workers(generation) == 0) {
            child_stop(&generation->auth);
            generation_keys_release(generation);
        }
        if (generation_running(generation) == 0)
            generation->events->gone(generation->owner, generation);
        break;
    case GENERATION_LOADED:
        ensure(!"unreachable");
    }
}

static void on_renew(void *owner, struct child *child)
{
    struct generation *generation = owner;

    (void)child;
    generation->events->renew(generation->owner, generation);
}

static void on_keys_lost(void *owner, struct child *child, uint32_t number)
{
    generation_keys_lost(owner, child, number);
}

static void on_swap_answered(void *owner, struct child *child, uint32_t number)
{
    generation_swap_answered(owner, child, number);
}

static void on_swap_refused(void *owner, struct child *child, uint32_t number, const char *why)
{
    generation_swap_refused(owner, child, number, why);
}

static const struct child_events child_events = {
    .spawn = on_spawn,
    .ready = on_ready,
    .draining = on_draining,
    .log_taken = on_log_taken,
    .renew = on_renew,
    .keys_lost = on_keys_lost,
    .swap_answered = on_swap_answered,
    .swap_refused = on_swap_refused,
    .ended = on_ended,
};

void generation_start(struct generation *generation)
{
    struct child *children = memory_zero(generation->child_count * sizeof *children);

    ensure(generation->phase == GENERATION_LOADED);
    generation->phase = GENERATION_STARTING;
    generation->children = children;
    for (size_t i = 0; i < generation->child_count; i++)
        child_init(&children[i], ROLE_WORKER, generation->loop, generation->log, &child_events,
                   generation);
    if (!generation_start_auth(generation)) {
        generation->events->failed(generation->owner, generation, generation->auth.why);
        return;
    }
    if (generation->keys != NULL)
        generation_keys_start(generation);
    else
        generation_start_workers(generation);
}

void generation_start_workers(struct generation *generation)
{
    struct child *children = generation->children;

    for (size_t i = 0; i < generation->child_count; i++) {
        if (!child_start(&children[i])) {
            generation->events->failed(generation->owner, generation, children[i].why);
            return;
        }
    }
}

void generation_commit(struct generation *generation)
{
    ensure(generation->phase == GENERATION_STARTING);
    generation->phase = GENERATION_RUNNING;
    zone_files_trim(generation->program->zones, &generation->zones);
    configuration_deinit(generation->configuration);
    free(generation->configuration);
    generation->configuration = NULL;
}

void generation_drain(struct generation *generation, uint32_t timeout_ms)
{
    if (generation->phase > GENERATION_RUNNING)
        return;
    generation_swap_stop(generation);
    generation->phase = GENERATION_DRAINING;
    for (size_t i = 0; i < generation->child_count; i++)
        child_drain(&generation->children[i], timeout_ms);
    if (generation_workers(generation) == 0)
        generation_keys_release(generation);
}

void generation_stop(struct generation *generation)
{
    generation_swap_stop(generation);
    generation->phase = GENERATION_STOPPING;
    for (size_t i = 0; i < generation->child_count; i++)
        child_stop(&generation->children[i]);
    if (generation_workers(generation) == 0) {
        child_stop(&generation->auth);
        generation_keys_release(generation);
    }
}

void generation_kill(struct generation *generation)
{
    generation_swap_stop(generation);
    generation->phase = GENERATION_STOPPING;
    for (size_t i = 0; i < generation->child_count; i++)
        child_kill(&generation->children[i]);
    child_kill(&generation->auth);
    generation_keys_release(generation);
}

/* The descriptor keeps its number, so that everything that holds it goes on with the new file. */
static bool reopen_file(struct log_file *file)
{
    int fd = log_open(file->path);

    if (fd < 0)
        return false;
    if (dup3(fd, file->fd, O_CLOEXEC) < 0) {
        close(fd);
        return false;
    }
    close(fd);
    return true;
}

void generation_reopen(struct generation *generation, void (*say)(void *owner, const char *line),
                       void *owner)
{
    for (size_t i = 0; i < generation->logs.count; i++) {
        struct log_file *file = &generation->logs.files[i];

        if (file->fd == STDERR_FILENO)
            continue;
        if (!reopen_file(file)) {
            char line[512];

            snprintf(line, sizeof line, "cannot open %.*s: %s; the old file is kept",
                     (int)file->path.len, file->path.at, strerror(errno));
            say(owner, line);
            continue;
        }
        for (size_t j = 0; j < generation->child_count; j++)
            child_reopen(&generation->children[j], (uint32_t)i, file->fd);
    }
}

bool generation_is_reopening(const struct generation *generation)
{
    for (size_t i = 0; i < generation->child_count; i++)
        if (generation->children[i].logs_pending > 0)
            return true;
    return false;
}

bool generation_reaped(struct generation *generation, pid_t pid, int status)
{
    if (generation->auth.is_running && generation->auth.pid == pid) {
        child_reaped(&generation->auth, status);
        return true;
    }
    for (size_t i = 0; i < generation->child_count; i++) {
        struct child *child = &generation->children[i];

        if (child->is_running && child->pid == pid) {
            zone_files_reaped(generation->program->zones, (uint32_t)pid);
            child_reaped(child, status);
            return true;
        }
    }
    return generation_keys_reaped(generation, pid, status);
}

size_t generation_workers(const struct generation *generation)
{
    size_t count = 0;

    for (size_t i = 0; generation->children != NULL && i < generation->child_count; i++)
        count += generation->children[i].phase != CHILD_NONE;
    return count;
}

size_t generation_running(const struct generation *generation)
{
    return generation_workers(generation) + (generation->auth.phase != CHILD_NONE) +
           generation_keys_running(generation);
}

void generation_free(struct generation *generation)
{
    if (generation->children != NULL)
        child_deinit(&generation->auth);
    if (generation->auth_files >= 0)
        close(generation->auth_files);
    generation_keys_free(generation);
    certificates_deinit(&generation->certificates);
    for (size_t i = 0; generation->children != NULL && i < generation->child_count; i++)
        child_deinit(&generation->children[i]);
    for (size_t i = 0; i < generation->logs.count; i++)
        if (generation->logs.files[i].fd > STDERR_FILENO)
            close(generation->logs.files[i].fd);
    if (generation->snapshot >= 0)
        close(generation->snapshot);
    if (generation->configuration != NULL) {
        configuration_deinit(generation->configuration);
        free(generation->configuration);
    }
    free(generation->children);
    free(generation->logs.files);
    free(generation->zones.items);
    arena_deinit(&generation->arena);
    free(generation);
}
