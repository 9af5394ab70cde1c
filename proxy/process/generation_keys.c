#include "process/generation_keys.h"

#include "base/ensure.h"
#include "os/spawn.h"
#include "process/generation_private.h"
#include "process/keyholder_arguments.h"
#include "tls/tls_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct generation_keys {
    struct child holder;
    struct users_choice user;
    struct keyholder_arguments arguments;
    int *passed;    /* the holder's descriptors from 3 on: its channel, the files of the keys */
    uint32_t last;  /* number of the channel made last, from 1 */
    uint32_t first; /* of those that lead to the holder that runs now */
};

static void choose_user(struct generation_keys *keys, const struct conf *conf)
{
    ensure(
        users_choose(USERS_KEYHOLDER, conf, &keys->user)); /* generation_new found the workers' */
    keys->arguments.has_identity = keys->user.has_identity;
    keys->arguments.identity = keys->user.identity;
    keys->arguments.who = keys->user.who;
}

static size_t count_secrets(const struct conf_sources *sources)
{
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++)
        count += sources->list[i]->is_secret;
    return count;
}

void generation_keys_take(struct generation *generation, const struct configuration *configuration)
{
    const struct conf_sources *sources = &configuration->sources;
    size_t count = count_secrets(sources);
    struct generation_keys *keys;

    if (count == 0)
        return;
    keys = memory_zero(sizeof *keys);
    keys->passed = memory_alloc((count + 1) * sizeof *keys->passed);
    keys->arguments = (struct keyholder_arguments){
        .workers = generation->child_count,
        .allows_old = tls_conf_allows_old(&configuration->conf),
    };
    choose_user(keys, &configuration->conf);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->list[i]->is_secret)
            keys->passed[++keys->arguments.keys] =
                fcntl(sources->list[i]->fd, F_DUPFD_CLOEXEC, SPAWN_FIRST_DESCRIPTOR);
    generation->keys = keys;
}

static pid_t on_spawn(void *owner, struct child *holder, int channel)
{
    struct generation *generation = owner;
    struct generation_keys *keys = generation->keys;
    const char *environment[GENERATION_ENVIRONMENT + 1];
    struct keyholder_words words;
    struct arena arena;
    pid_t pid;

    (void)holder;
    arena_init(&arena, ARENA_UNLIMITED);
    generation_environment(environment, &arena);
    keyholder_arguments_write(&keys->arguments, &words);
    keys->passed[0] = channel;
    keys->first = keys->last + 1;
    pid = spawn_program(generation->program->keyholder, words.words, environment,
                        generation_error_descriptor(generation), keys->passed,
                        keys->arguments.keys + 1);
    arena_deinit(&arena);
    return pid;
}

int generation_keys_open(struct generation *generation, struct child *worker)
{
    struct generation_keys *keys = generation->keys;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    if (keys != NULL) {
        child_give_keys(&keys->holder, ++keys->last, pair[1]);
        worker->first_keys = keys->last;
        worker->keys = keys->last;
    }
    close(pair[1]);
    return pair[0];
}

static void give_all(struct generation *generation)
{
    for (size_t i = 0; i < generation->child_count; i++) {
        struct child *worker = &generation->children[i];
        uint32_t first = worker->first_keys;
        int fd;

        if (worker->channel == NULL || (fd = generation_keys_open(generation, worker)) < 0)
            continue;
        worker->first_keys = first;
        child_give_keys(worker, worker->keys, fd);
        close(fd);
    }
}

static void on_ready(void *owner, struct child *holder)
{
    struct generation *generation = owner;

    if (!generation_confined(generation, holder, &generation->keys->user)) {
        child_kill(holder);
        return;
    }
    if (generation->phase == GENERATION_STARTING)
        generation_start_workers(generation);
    else
        give_all(generation);
}

static void on_ended(void *owner, struct child *holder)
{
    struct generation *generation = owner;
    bool is_needed = generation->phase < GENERATION_STOPPING && generation_workers(generation) > 0;
    char why[600];

    if (generation->phase == GENERATION_STARTING) {
        snprintf(why, sizeof why, "the key holder: %s", holder->why);
        generation->events->failed(generation->owner, generation, why);
    } else if (is_needed || generation->phase == GENERATION_RUNNING) {
        log_line(generation->log, LOG_ALERT, 0, "key holder %d died: %s; starting another",
                 (int)holder->pid, holder->why);
        child_start_again(holder);
    } else if (generation_running(generation) == 0) {
        generation->events->gone(generation->owner, generation);
    }
}

static void on_refused(void *owner, uint32_t number)
{
    struct generation *generation = owner;

    for (size_t i = 0; i < generation->child_count; i++) {
        struct child *worker = &generation->children[i];

        if (worker->keys != number && worker->first_keys != number)
            continue;
        log_line(generation->log, LOG_ALERT, 0,
                 "worker %d asked the key holder for what no TLS server signs: killed",
                 (int)worker->pid);
        child_kill(worker);
    }
}

static const struct child_events holder_events = {
    .spawn = on_spawn,
    .ready = on_ready,
    .refused = on_refused,
    .ended = on_ended,
};

void generation_keys_start(struct generation *generation)
{
    struct child *holder = &generation->keys->holder;

    child_init(holder, ROLE_HOLDER, generation->loop, generation->log, &holder_events, generation);
    if (!child_start(holder))
        generation->events->failed(generation->owner, generation, holder->why);
}

void generation_keys_lost(struct generation *generation, struct child *worker, uint32_t number)
{
    struct generation_keys *keys = generation->keys;
    uint32_t lost = number == 0 ? worker->first_keys : number;

    if (keys == NULL || lost < keys->first || keys->holder.phase != CHILD_READY ||
        keys->holder.was_killed)
        return;
    log_line(generation->log, LOG_ALERT, 0, "key holder %d does not answer worker %d: killed",
             (int)keys->holder.pid, (int)worker->pid);
    child_kill(&keys->holder);
}

void generation_keys_release(struct generation *generation)
{
    if (generation->keys == NULL || generation->keys->holder.loop == NULL)
        return;
    deadline_clear(&generation->keys->holder.respawn);
    child_kill(&generation->keys->holder);
}

bool generation_keys_reaped(struct generation *generation, pid_t pid, int status)
{
    struct child *holder = generation->keys == NULL ? NULL : &generation->keys->holder;

    if (holder == NULL || !holder->is_running || holder->pid != pid)
        return false;
    child_reaped(holder, status);
    return true;
}

const struct child *generation_keys_holder(const struct generation *generation)
{
    return generation->keys == NULL ? NULL : &generation->keys->holder;
}

size_t generation_keys_running(const struct generation *generation)
{
    return generation->keys != NULL && generation->keys->holder.phase != CHILD_NONE;
}

void generation_keys_free(struct generation *generation)
{
    struct generation_keys *keys = generation->keys;

    if (keys == NULL)
        return;
    if (keys->holder.loop != NULL)
        child_deinit(&keys->holder);
    for (size_t i = 1; i <= keys->arguments.keys; i++)
        close(keys->passed[i]);
    free(keys->passed);
    free(keys);
}
