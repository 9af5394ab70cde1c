#include "base/ensure.h"
#include "process/core_conf.h"
#include "process/master_private.h"

#include <stdio.h>
#include <stdlib.h>

/* A new generation beside the old one: all or nothing. The start of frontd is the same thing
 * without an old one. */

#define START_PATIENCE_MS  60000
#define SETTLE_PATIENCE_MS 5000
#define RENEW_PAUSE_MS     1000

static void say(struct master *master, enum log_level level, struct slice line)
{
    log_line(&master->log, level, 0, "reload: %.*s", (int)line.len, line.at);
    waiters_say(&master->reloading, line);
}

static void say_finding(void *owner, enum conf_severity severity, struct slice line)
{
    say(owner, severity == CONF_ERROR ? LOG_ERROR : LOG_WARN, line);
}

static void report(struct master *master, const struct configuration *configuration)
{
    if (master->phase == MASTER_STARTING)
        conf_report_print(&configuration->report, &configuration->sources, 2);
    else
        conf_report_lines(&configuration->report, &configuration->sources, say_finding, master);
}

/* The end of a reload, good or bad; another one may have been asked for meanwhile. */
static void finish(struct master *master, const char *error)
{
    deadline_clear(&master->start_deadline);
    waiters_finish(&master->reloading, error);
    if (!master->reload_queued)
        return;
    master->reload_queued = false;
    master->reloading = master->queued;
    master->queued = (struct waiters){0};
    master_reload(master);
}

static void refuse(struct master *master, const char *why)
{
    if (master->phase == MASTER_STARTING) {
        master_start_failed(master);
        return;
    }
    log_line(&master->log, LOG_ERROR, 0, "reload: refused, nothing has changed: %s", why);
    finish(master, why);
}

static void throw_away(struct configuration *configuration)
{
    configuration_deinit(configuration);
    free(configuration);
}

void master_load(struct master *master, struct configuration *configuration)
{
    struct generation *generation =
        generation_new(master->program, master->loop, &master->log, configuration, &master->sockets,
                       master->generations + 1, &master_generation_events, master);

    report(master, configuration);
    if (generation == NULL) {
        throw_away(configuration);
        refuse(master, "see the errors above");
        return;
    }
    master->generations++;
    master->next = generation;
    if (master->current == NULL)
        master->log = (struct log){generation->logs.files[0].fd, generation->log_level};
    deadline_set(master->loop, &master->start_deadline, START_PATIENCE_MS);
    generation_start(generation);
}

void master_reload(struct master *master)
{
    struct configuration *configuration;

    if (master->phase > MASTER_RUNNING) {
        waiters_finish(&master->reloading, "frontd is about to end");
        return;
    }
    ensure(!master_is_reloading(master));
    master->reload_began = loop_now(master->loop);
    generation_swap_stop(master->current); /* the new generation reads the files itself */
    log_line(&master->log, LOG_NOTICE, 0, "reload: reading %s", master->program->paths->conf);
    configuration = memory_alloc(sizeof *configuration);
    if (configuration_read(configuration, master->program)) {
        master_load(master, configuration);
        return;
    }
    report(master, configuration);
    throw_away(configuration);
    refuse(master, "the configuration has errors");
}

static void say_in_force(struct master *master)
{
    const struct generation *generation = master->current;
    char line[200];
    int len = snprintf(line, sizeof line,
                       "generation %u is in force: %zu worker%s, %zu address%s, %llu ms",
                       (unsigned)generation->number, generation->child_count,
                       generation->child_count == 1 ? "" : "s", generation->listens.count,
                       generation->listens.count == 1 ? "" : "es",
                       (unsigned long long)(loop_now(master->loop) - master->reload_began));

    say(master, LOG_NOTICE, (struct slice){line, (size_t)len});
}

bool master_is_reloading(const struct master *master)
{
    return master->next != NULL || master->settling != NULL;
}

/* The old workers accept nothing any more: every connection from now on gets the new
 * configuration, and that is what who asked for the reload wants to hear. */
static void settle(struct master *master)
{
    master->settling = NULL;
    say_in_force(master);
    finish(master, NULL);
}

static void on_quiet(void *owner, struct generation *generation)
{
    struct master *master = owner;

    if (master->settling == generation)
        settle(master);
}

/* From here on the new generation counts. Sockets that nobody wants any more go last: the new
 * workers accept already, and the old ones stop when they read DRAIN. */
static void on_ready(void *owner, struct generation *generation)
{
    struct master *master = owner;
    struct generation *before = master->current;

    master->current = generation;
    master->next = NULL;
    generation_commit(generation);
    master->log = (struct log){generation->logs.files[0].fd, generation->log_level};
    if (before != NULL) {
        generation_drain(before, generation->shutdown_timeout_ms);
        master_retire(master, before);
    }
    sockets_commit(&master->sockets, &generation->listens);
    master_update_pid_file(master);
    master_tickets_schedule(master);
    master_watch_start(master);
    master_expiry_start(master);
    deadline_clear(&master->start_deadline);
    if (master->phase == MASTER_STARTING) {
        master_in_force(master);
        finish(master, NULL);
        return;
    }
    master->settling = before;
    deadline_set(master->loop, &master->start_deadline, SETTLE_PATIENCE_MS);
    if (generation_is_quiet(before))
        settle(master);
}

static void on_failed(void *owner, struct generation *generation, const char *why)
{
    struct master *master = owner;
    char line[600];

    if (master->next != generation)
        return;
    snprintf(line, sizeof line, "a worker could not start: %s", why);
    master->next = NULL;
    generation_kill(generation);
    master_retire(master, generation);
    sockets_abandon(&master->sockets);
    if (master->phase == MASTER_STARTING)
        dprintf(2, "%s: %s\n", master->program->name, line);
    refuse(master, line);
}

void master_start_expired(void *owner)
{
    struct master *master = owner;

    if (master->next != NULL)
        on_failed(master, master->next, "it was not ready within a minute");
    else if (master->settling != NULL)
        settle(master);
}

static void on_reopened(void *owner, struct generation *generation)
{
    (void)generation;
    master_reopened(owner);
}

static void on_gone(void *owner, struct generation *generation)
{
    struct master *master = owner;

    (void)generation;
    loop_defer(master->loop, &master->sweep);
}

/* Landlock's rules are for the files and directories that stood there when the workers started.
 * Workers that ask all the time cannot keep us busy. */
static void on_renew(void *owner, struct generation *generation)
{
    struct master *master = owner;
    uint64_t now = loop_now(master->loop);

    if (generation != master->current || master->phase != MASTER_RUNNING ||
        master_is_reloading(master) ||
        (master->renewed_at != 0 && now - master->renewed_at < RENEW_PAUSE_MS))
        return;
    master->renewed_at = now;
    log_line(&master->log, LOG_NOTICE, 0,
             "what workers read, a directory or /etc/hosts, was replaced: reloading");
    master_reload(master);
}

static void on_keys_died(void *owner, struct generation *generation)
{
    struct master *master = owner;

    if (generation == master->current)
        master_watch_hurry(master);
}

static void on_swapped(void *owner, struct generation *generation, const char *why)
{
    master_watch_swapped(owner, generation, why);
}

const struct generation_events master_generation_events = {
    .ready = on_ready,
    .failed = on_failed,
    .quiet = on_quiet,
    .reopened = on_reopened,
    .renew = on_renew,
    .gone = on_gone,
    .keys_died = on_keys_died,
    .swapped = on_swapped,
};
