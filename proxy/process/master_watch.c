#include "process/generation_keys.h"
#include "process/master_private.h"

#include <stdio.h>
#include <string.h>

/* Certificates are taken when their files change: by looking at them now and then, since nothing
 * tells of a change behind a symbolic link, a bind mount or on another machine. Nothing has to be
 * called; SIGUSR2 hurries it, and a reload reads the files anyway. */

/* A change must be over for so long before it is read. */
#define QUIET_MS 2000
/* What looks wrong then may be half of a change: it is said after so many looks. */
#define GRACE_LOOKS  3
#define PAUSE_MAX_MS (10 * 60 * 1000)

static struct certificates_patience patience_of(const struct master *master)
{
    uint32_t watch_ms = master->current->watch_ms;

    if (master->watch.is_hurried)
        return (struct certificates_patience){0};
    return (struct certificates_patience){
        .quiet_ms = watch_ms < QUIET_MS ? watch_ms : QUIET_MS,
        .grace_ms = watch_ms < PAUSE_MAX_MS ? watch_ms * GRACE_LOOKS : PAUSE_MAX_MS,
    };
}

static void look_again(struct master *master, uint32_t after_ms)
{
    if (master->current->watch_ms > 0)
        deadline_set(master->loop, &master->watch.next, after_ms);
}

static void say_refused(struct master *master, const struct certificates_patience *patience)
{
    const struct certificate *one;
    uint64_t now = loop_now(master->loop);

    while ((one = certificates_to_say(&master->current->certificates, now, patience)) != NULL)
        log_line(&master->log, LOG_ERROR, 0,
                 "a new certificate is refused, the old one goes on: %.*s", (int)one->why.len,
                 one->why.at);
}

static void load(struct master *master, const struct certificates_patience *patience)
{
    struct generation *generation = master->current;
    struct certificate_set set;
    size_t count;
    const int *keys = generation_keys_files(generation, &count);

    if (certificates_load(&generation->certificates, loop_now(master->loop), patience,
                          generation->snapshot, keys, count, &set))
        generation_swap_begin(generation, &set);
}

static void on_look(void *owner)
{
    struct master *master = owner;
    struct certificates_patience patience;
    enum certificates_look look;

    if (master->phase != MASTER_RUNNING || master->current->certificates.count == 0)
        return;
    if (master_is_reloading(master) || !generation_swap_may_begin(master->current)) {
        deadline_set(master->loop, &master->watch.next, QUIET_MS);
        return;
    }
    patience = patience_of(master);
    look = certificates_look(&master->current->certificates, loop_now(master->loop), &patience);
    look_again(master,
               look == CERTIFICATES_CHANGING ? patience.quiet_ms : master->current->watch_ms);
    if (look == CERTIFICATES_DUE)
        load(master, &patience);
    say_refused(master, &patience);
    master->watch.is_hurried = false;
}

void master_watch_init(struct master *master)
{
    deadline_init(&master->watch.next, on_look, master);
}

void master_watch_start(struct master *master)
{
    master->watch.pause_ms = 0;
    master->watch.failure[0] = '\0';
    deadline_clear(&master->watch.next);
    look_again(master, master->current->watch_ms);
}

void master_watch_stop(struct master *master)
{
    deadline_clear(&master->watch.next);
}

void master_watch_hurry(struct master *master)
{
    if (master->phase != MASTER_RUNNING)
        return;
    master->watch.is_hurried = true;
    on_look(master);
}

static void failed(struct master *master, const char *why)
{
    struct master_watch *watch = &master->watch;
    bool is_known = strcmp(watch->failure, why) == 0;

    snprintf(watch->failure, sizeof watch->failure, "%s", why);
    if (watch->pause_ms < PAUSE_MAX_MS)
        watch->pause_ms = watch->pause_ms == 0 ? QUIET_MS : 2 * watch->pause_ms;
    log_line(&master->log, is_known ? LOG_INFO : LOG_ERROR, 0,
             "new certificates could not be taken, the old ones go on: %s; tried again in %u s",
             why, (unsigned)watch->pause_ms / 1000);
    look_again(master, watch->pause_ms);
}

static void took(struct master *master, const struct generation *generation)
{
    struct master_watch *watch = &master->watch;
    char memory[600];
    struct text files = text_in(memory, sizeof memory);

    certificates_name_loaded(&generation->certificates, &files);
    watch->pause_ms = 0;
    watch->failure[0] = '\0';
    watch->swaps++;
    watch->swapped_at = time(NULL);
    log_line(&master->log, LOG_NOTICE, 0, "new certificates are in force in %zu worker%s: %.*s",
             generation->child_count, generation->child_count == 1 ? "" : "s", (int)files.len,
             memory);
}

void master_watch_swapped(struct master *master, struct generation *generation, const char *why)
{
    if (why == NULL) {
        took(master, generation);
        certificates_took(&generation->certificates);
        master_expiry_start(master);
        return;
    }
    certificates_failed(&generation->certificates);
    if (generation == master->current)
        failed(master, why);
}

static void say(void *owner, struct slice line)
{
    control_say(owner, line);
}

void master_watch_describe(const struct master *master, struct control_client *client)
{
    const struct generation *generation = master->current;
    char line[700], date[32];
    struct tm parts;

    certificates_describe(&generation->certificates, generation->snapshot, say, client);
    if (master->watch.swaps > 0 && gmtime_r(&master->watch.swapped_at, &parts) != NULL) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
        snprintf(line, sizeof line, "certificates swapped %u times, last %s UTC",
                 (unsigned)master->watch.swaps, date);
        control_say(client, slice_of(line));
    }
    if (master->watch.failure[0] != '\0') {
        snprintf(line, sizeof line, "new certificates could not be taken: %s",
                 master->watch.failure);
        control_say(client, slice_of(line));
    }
}
