#include "os/sandbox.h"
#include "process/master_private.h"

#include <stdio.h>

/* What the control socket can ask for. */

#define REOPEN_PATIENCE_MS 5000

void waiters_add(struct waiters *waiters, struct control_client *client)
{
    if (waiters->count < MASTER_WAITERS)
        waiters->clients[waiters->count++] = client;
    else
        control_finish(client, "too many are waiting for the same");
}

void waiters_say(const struct waiters *waiters, struct slice line)
{
    for (size_t i = 0; i < waiters->count; i++)
        control_say(waiters->clients[i], line);
}

void waiters_finish(struct waiters *waiters, const char *error)
{
    for (size_t i = 0; i < waiters->count; i++)
        control_finish(waiters->clients[i], error);
    waiters->count = 0;
}

static void ask_reload(struct master *master, struct control_client *client)
{
    if (master->phase > MASTER_RUNNING) {
        control_finish(client, "frontd is about to end");
    } else if (master_is_reloading(master)) {
        waiters_add(&master->queued, client);
        master->reload_queued = true;
    } else {
        waiters_add(&master->reloading, client);
        master_reload(master);
    }
}

static bool is_reopening(const struct master *master)
{
    if ((master->current != NULL && generation_is_reopening(master->current)) ||
        (master->next != NULL && generation_is_reopening(master->next)))
        return true;
    for (const struct generation *old = master->old; old != NULL; old = old->next)
        if (generation_is_reopening(old))
            return true;
    return false;
}

/* The log says so too: one that asked by a signal has nothing else. */
static void say_reopen(void *owner, const char *line)
{
    struct master *master = owner;

    master->reopen_failed = true;
    log_line(&master->log, LOG_ERROR, 0, "reopen: %s", line);
    waiters_say(&master->reopening, slice_of(line));
}

void master_reopened(struct master *master)
{
    if (is_reopening(master) || !deadline_is_set(&master->reopen_deadline))
        return;
    deadline_clear(&master->reopen_deadline);
    waiters_finish(&master->reopening,
                   master->reopen_failed ? "not all logs could be opened" : NULL);
}

void master_reopen_expired(void *owner)
{
    struct master *master = owner;

    waiters_finish(&master->reopening, "a worker did not take its new log within 5 s");
}

void master_reopen(struct master *master)
{
    log_line(&master->log, LOG_NOTICE, 0, "reopening logs");
    if (!deadline_is_set(&master->reopen_deadline))
        master->reopen_failed = false;
    deadline_set(master->loop, &master->reopen_deadline, REOPEN_PATIENCE_MS);
    if (master->current != NULL)
        generation_reopen(master->current, say_reopen, master);
    if (master->next != NULL) /* it may have opened them before they were moved */
        generation_reopen(master->next, say_reopen, master);
    for (struct generation *old = master->old; old != NULL; old = old->next)
        generation_reopen(old, say_reopen, master);
    master_reopened(master);
}

static void say_generation(struct control_client *client, const struct generation *generation,
                           const char *state)
{
    char line[256];
    int len = snprintf(line, sizeof line,
                       "generation %u %s, workers:", (unsigned)generation->number, state);

    for (size_t i = 0; i < generation->child_count && len < (int)sizeof line - 16; i++)
        if (generation->children[i].is_running)
            len += snprintf(line + len, sizeof line - (size_t)len, " %d",
                            (int)generation->children[i].pid);
    control_say(client, (struct slice){line, (size_t)len});
}

static void say_isolation(void *owner, const char *who, uint32_t reached)
{
    char words[SANDBOX_WORDS_BYTES], line[SANDBOX_WORDS_BYTES + 64];
    int len;

    sandbox_describe(reached, words);
    len = snprintf(line, sizeof line, "%s: %s", who, words);
    control_say(owner, (struct slice){line, (size_t)len});
}

static void say_hashes(struct control_client *client, const struct child *auth)
{
    char line[100];
    int len;

    if (auth->phase != CHILD_READY)
        return;
    len = snprintf(line, sizeof line, "frontd-auth %d: %llu hashes computed", (int)auth->pid,
                   (unsigned long long)auth->hashes);
    control_say(client, (struct slice){line, (size_t)len});
}

static void tell_status(struct master *master, struct control_client *client)
{
    control_say(client, slice_of(master->program->paths->conf));
    if (master->current != NULL) {
        generation_isolation(master->current, say_isolation, client);
        say_hashes(client, &master->current->auth);
        say_generation(client, master->current, "in force");
        master_watch_describe(master, client);
    }
    if (master->next != NULL)
        say_generation(client, master->next, "starting");
    for (struct generation *old = master->old; old != NULL; old = old->next)
        say_generation(client, old, "finishing");
    control_finish(client, NULL);
}

void master_command(void *owner, struct control_client *client, enum control_command command)
{
    struct master *master = owner;

    switch (command) {
    case CONTROL_RELOAD:
        ask_reload(master, client);
        break;
    case CONTROL_REOPEN:
        waiters_add(&master->reopening, client);
        master_reopen(master);
        break;
    case CONTROL_QUIT:
        control_finish(client, NULL);
        master_quit(master);
        break;
    case CONTROL_STOP:
        waiters_add(&master->ending, client);
        master_stop(master);
        break;
    case CONTROL_STATUS:
        tell_status(master, client);
        break;
    case CONTROL_COMMAND_COUNT:
        break;
    }
}
