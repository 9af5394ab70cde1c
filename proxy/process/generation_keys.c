#include "process/generation_keys.h"

#include "base/ensure.h"
#include "os/spawn.h"
#include "process/generation_private.h"
#include "process/generation_swap.h"
#include "process/keyholder_arguments.h"
#include "relay/session.h"
#include "tls/tls_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What leads from a worker to the holder. */
struct key_channel {
    int fd; /* a copy of the holder's end, by which it is ended when there is another; -1: none */
    uint32_t number;
    bool is_lost; /* says the worker */
};

struct generation_keys {
    struct generation *generation;
    struct generation_keys *next; /* in generation->old_keys */
    struct child holder;
    struct users_choice user;
    struct keyholder_arguments arguments;
    int *passed;                  /* the holder's descriptors from 3 on: its channel, the files */
    struct key_channel *channels; /* by worker: the one that it was given last */
    struct deadline retiring;     /* until no handshake can need it */
    struct deadline healing;      /* until who lost a channel gets another */
    bool is_dropped;              /* it ends, and nobody waits for it */
};

static const struct child_events holder_events;
static void on_healing(void *owner);

/* Deadlines come up to a tenth of a second late, sessions' too. */
#define RETIRE_MARGIN_MS 2000

/* A worker that loses a channel all the time gets another as often as that. */
#define HEALING_MS 500

static void choose_user(struct keyholder_arguments *arguments, const struct users_choice *user)
{
    arguments->has_identity = user->has_identity;
    arguments->identity = user->identity;
    arguments->who = user->who;
}

/* Of keys, and of their pass phrases. */
static size_t count_files(const struct generation_keys *keys)
{
    return keys->arguments.keys + keys->arguments.passphrases;
}

static void on_retired(void *owner)
{
    struct generation_keys *keys = owner;

    keys->is_dropped = true;
    child_kill(&keys->holder);
}

static struct generation_keys *make(struct generation *generation,
                                    const struct keyholder_arguments *arguments,
                                    const struct users_choice *user)
{
    struct generation_keys *keys = memory_zero(sizeof *keys);

    keys->generation = generation;
    keys->arguments = *arguments;
    keys->user = *user;
    choose_user(&keys->arguments, &keys->user);
    keys->passed = memory_alloc((count_files(keys) + 1) * sizeof *keys->passed);
    keys->channels = memory_zero((generation->child_count + 1) * sizeof *keys->channels);
    for (size_t i = 0; i < generation->child_count; i++)
        keys->channels[i].fd = -1;
    deadline_init(&keys->retiring, on_retired, keys);
    deadline_init(&keys->healing, on_healing, keys);
    child_init(&keys->holder, ROLE_HOLDER, generation->loop, generation->log, &holder_events, keys);
    return keys;
}

void generation_keys_take(struct generation *generation, const struct configuration *configuration)
{
    const struct conf_sources *sources = &configuration->sources;
    struct conf_sources_counts counts = sources->counts;
    struct keyholder_arguments arguments = {
        .keys = counts.keys,
        .passphrases = counts.passphrases,
        .workers = generation->child_count,
        .allows_old = tls_conf_allows_old(&configuration->conf),
    };
    struct users_choice user;
    int *key, *passphrases;

    if (arguments.keys == 0)
        return;
    ensure(users_choose(USERS_KEYHOLDER, &configuration->conf, &user)); /* generation_new found the
                                                                           workers' */
    generation->keys = make(generation, &arguments, &user);
    key = generation->keys->passed + 1;
    passphrases = key + counts.keys;
    for (size_t i = 0; i < sources->count; i++) {
        const struct conf_source *source = sources->list[i];

        if (source->is_secret)
            *key++ = fcntl(source->fd, F_DUPFD_CLOEXEC, SPAWN_FIRST_DESCRIPTOR);
        else if (source->is_passphrases)
            *passphrases++ = fcntl(source->fd, F_DUPFD_CLOEXEC, SPAWN_FIRST_DESCRIPTOR);
    }
}

struct generation_keys *generation_keys_new(struct generation *generation, int *files, size_t count)
{
    struct generation_keys *keys =
        make(generation, &generation->keys->arguments, &generation->keys->user);

    ensure(count == count_files(keys));
    memcpy(keys->passed + 1, files, count * sizeof *files);
    free(files);
    return keys;
}

const int *generation_keys_files(const struct generation *generation, size_t *count)
{
    *count = count_files(generation->keys);
    return generation->keys->passed + 1;
}

static pid_t on_spawn(void *owner, struct child *holder, int channel)
{
    struct generation_keys *keys = owner;
    struct generation *generation = keys->generation;
    const char *environment[GENERATION_ENVIRONMENT + 1];
    struct keyholder_words words;
    struct arena arena;
    pid_t pid;

    (void)holder;
    arena_init(&arena, ARENA_UNLIMITED);
    generation_environment(environment, &arena);
    keyholder_arguments_write(&keys->arguments, &words);
    keys->passed[0] = channel;
    pid =
        spawn_program(generation->program->keyholder, words.words, environment,
                      generation_error_descriptor(generation), keys->passed, count_files(keys) + 1);
    arena_deinit(&arena);
    return pid;
}

/* At both ends, whoever has copies of them. */
static void end_channel(struct key_channel *channel)
{
    if (channel->fd >= 0) {
        shutdown(channel->fd, SHUT_RDWR);
        close(channel->fd);
    }
    *channel = (struct key_channel){.fd = -1};
}

static void end_channels(struct generation_keys *keys)
{
    deadline_clear(&keys->healing);
    for (size_t i = 0; i < keys->generation->child_count; i++)
        end_channel(&keys->channels[i]);
}

int generation_keys_open(struct generation *generation, struct generation_keys *keys, size_t index,
                         uint32_t *number)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    *number = ++generation->last_channel;
    if (keys == NULL || keys->holder.channel == NULL) {
        close(pair[1]); /* nobody is there, and whoever asks shall see that at once */
        return pair[0];
    }
    child_give_keys(&keys->holder, *number, pair[1]);
    end_channel(&keys->channels[index]);
    keys->channels[index] = (struct key_channel){.fd = pair[1], .number = *number};
    return pair[0];
}

static void give(struct generation_keys *keys, size_t index)
{
    struct child *worker = &keys->generation->children[index];
    uint32_t number;
    int fd;

    if (worker->channel == NULL ||
        (fd = generation_keys_open(keys->generation, keys, index, &number)) < 0)
        return;
    child_give_keys(worker, number, fd);
    close(fd);
}

/* The holder in force is another process. */
static void give_all(struct generation_keys *keys)
{
    for (size_t i = 0; i < keys->generation->child_count; i++)
        give(keys, i);
}

static void on_healing(void *owner)
{
    struct generation_keys *keys = owner;
    struct generation *generation = keys->generation;

    for (size_t i = 0; i < generation->child_count; i++) {
        if (!keys->channels[i].is_lost)
            continue;
        log_line(generation->log, LOG_ALERT, 0,
                 "worker %d had no answer from key holder %d: it gets another channel",
                 (int)generation->children[i].pid, (int)keys->holder.pid);
        give(keys, i);
    }
}

static void on_ready(void *owner, struct child *holder)
{
    struct generation_keys *keys = owner;
    struct generation *generation = keys->generation;

    if (!generation_confined(generation, holder, &keys->user))
        child_kill(holder);
    else if (keys == generation->swap.keys)
        generation_swap_holder_ready(generation);
    else if (keys != generation->keys)
        return;
    else if (generation->phase == GENERATION_STARTING)
        generation_start_workers(generation);
    else
        give_all(keys);
}

static void free_keys(struct generation_keys *keys)
{
    deadline_clear(&keys->retiring);
    end_channels(keys);
    child_deinit(&keys->holder);
    for (size_t i = 1; i <= count_files(keys); i++)
        close(keys->passed[i]);
    free(keys->passed);
    free(keys->channels);
    free(keys);
}

/* The holder of a set that is not in force has ended, told to or not. */
static void forget(struct generation_keys *keys)
{
    struct generation_keys **place = &keys->generation->old_keys;

    while (*place != keys)
        place = &(*place)->next;
    *place = keys->next;
    free_keys(keys);
}

static void on_ended(void *owner, struct child *holder)
{
    struct generation_keys *keys = owner;
    struct generation *generation = keys->generation;
    bool is_needed = generation->phase < GENERATION_STOPPING && generation_workers(generation) > 0;
    char why[600];

    end_channels(keys); /* now, not when they are replaced: workers must not wait for answers */
    snprintf(why, sizeof why, "the key holder: %s", holder->why);
    if (keys == generation->swap.keys) {
        generation_swap_fail(generation, why);
    } else if (keys != generation->keys) {
        if (!keys->is_dropped)
            log_line(generation->log, LOG_WARN, 0,
                     "key holder %d of replaced certificates died: %s", (int)holder->pid,
                     holder->why);
        forget(keys);
    } else if (generation->phase == GENERATION_STARTING) {
        generation->events->failed(generation->owner, generation, why);
        return;
    } else if (is_needed || generation->phase == GENERATION_RUNNING) {
        log_line(generation->log, LOG_ALERT, 0, "key holder %d died: %s; starting another",
                 (int)holder->pid, holder->why);
        child_start_again(holder);
        generation->events->keys_died(generation->owner, generation);
        return;
    }
    if (generation_running(generation) == 0)
        generation->events->gone(generation->owner, generation);
}

static void on_refused(void *owner, uint32_t number)
{
    struct generation_keys *keys = owner;
    struct generation *generation = keys->generation;

    for (size_t i = 0; i < generation->child_count; i++) {
        struct child *worker = &generation->children[i];

        if (keys->channels[i].number != number)
            continue;
        end_channel(&keys->channels[i]);
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

bool generation_keys_run(struct generation_keys *keys)
{
    return child_start(&keys->holder);
}

const char *generation_keys_why(const struct generation_keys *keys)
{
    return keys->holder.why;
}

void generation_keys_start(struct generation *generation)
{
    if (!generation_keys_run(generation->keys))
        generation->events->failed(generation->owner, generation,
                                   generation_keys_why(generation->keys));
}

void generation_keys_lost(struct generation *generation, struct child *worker, uint32_t number)
{
    struct generation_keys *keys = generation->keys;
    struct key_channel *channel;

    if (keys == NULL || keys->holder.phase != CHILD_READY)
        return; /* the next one gives channels to all */
    channel = &keys->channels[worker - generation->children];
    if (channel->number != (number == 0 ? worker->first_keys : number) || channel->is_lost)
        return;
    channel->is_lost = true;
    if (!deadline_is_set(&keys->healing))
        deadline_set(generation->loop, &keys->healing, HEALING_MS);
}

/* To the old ones; `forget` follows from the end of its process. */
static void put_away(struct generation *generation, struct generation_keys *keys)
{
    keys->next = generation->old_keys;
    generation->old_keys = keys;
    deadline_clear(&keys->holder.respawn);
    if (keys->holder.phase == CHILD_NONE)
        forget(keys);
}

void generation_keys_adopt(struct generation *generation, struct generation_keys *keys)
{
    struct generation_keys *before = generation->keys;

    generation->keys = keys;
    deadline_set(generation->loop, &before->retiring, SESSION_HANDSHAKE_MS + RETIRE_MARGIN_MS);
    put_away(generation, before);
}

void generation_keys_drop(struct generation *generation, struct generation_keys *keys)
{
    keys->is_dropped = true;
    child_kill(&keys->holder);
    put_away(generation, keys);
}

void generation_keys_release(struct generation *generation)
{
    for (struct generation_keys *keys = generation->old_keys; keys != NULL; keys = keys->next)
        on_retired(keys);
    if (generation->keys == NULL)
        return;
    deadline_clear(&generation->keys->holder.respawn);
    child_kill(&generation->keys->holder);
}

static bool is_reaped(struct generation_keys *keys, pid_t pid, int status)
{
    if (keys == NULL || !keys->holder.is_running || keys->holder.pid != pid)
        return false;
    child_reaped(&keys->holder, status); /* which may free it */
    return true;
}

bool generation_keys_reaped(struct generation *generation, pid_t pid, int status)
{
    struct generation_keys *next;

    for (struct generation_keys *keys = generation->old_keys; keys != NULL; keys = next) {
        next = keys->next;
        if (is_reaped(keys, pid, status))
            return true;
    }
    return is_reaped(generation->swap.keys, pid, status) ||
           is_reaped(generation->keys, pid, status);
}

const struct child *generation_keys_holder(const struct generation *generation)
{
    return generation->keys == NULL ? NULL : &generation->keys->holder;
}

size_t generation_keys_running(const struct generation *generation)
{
    size_t count = generation->swap.keys != NULL;

    for (const struct generation_keys *keys = generation->old_keys; keys != NULL; keys = keys->next)
        count++;
    return count + (generation->keys != NULL && generation->keys->holder.phase != CHILD_NONE);
}

void generation_keys_free(struct generation *generation)
{
    ensure(generation->old_keys == NULL && generation->swap.keys == NULL);
    if (generation->keys != NULL)
        free_keys(generation->keys);
    generation->keys = NULL;
}
