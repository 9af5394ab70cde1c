#include "process/master.h"

#include "os/pid_file.h"
#include "os/privileges.h"
#include "os/sandbox.h"
#include "process/master_private.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long workers may take to say goodbye before they are killed. */
#define STOP_PATIENCE_MS 1500
/* Each generation that still drains holds its logs and channels: a soft limit of 1024 ends reloads
 * after some hundred of them. Workers set their own. */
#define MASTER_DESCRIPTORS 16384

static void end_if_empty(struct master *master)
{
    if (master->phase > MASTER_RUNNING && master->current == NULL && master->next == NULL &&
        master->old == NULL)
        loop_stop(master->loop);
}

/* The generation that has the log we write to goes last. */
static bool may_go(const struct master *master, const struct generation *generation)
{
    bool is_last = master->old == generation && generation->next == NULL;

    return generation_running(generation) == 0 &&
           (is_last || generation->logs.files[0].fd != master->log.fd);
}

static bool sweep_one(struct master *master)
{
    struct generation **place = &master->old;
    struct generation *generation;

    while (*place != NULL && !may_go(master, *place))
        place = &(*place)->next;
    generation = *place;
    if (generation == NULL)
        return false;
    *place = generation->next;
    if (generation->phase == GENERATION_DRAINING)
        log_line(&master->log, LOG_NOTICE, 0, "generation %u has finished",
                 (unsigned)generation->number);
    if (generation->logs.files[0].fd == master->log.fd)
        master->log.fd = STDERR_FILENO;
    generation_free(generation);
    return true;
}

static void on_sweep(void *owner)
{
    struct master *master = owner;

    while (sweep_one(master))
        ;
    end_if_empty(master);
}

void master_retire(struct master *master, struct generation *generation)
{
    generation->next = master->old;
    master->old = generation;
    loop_defer(master->loop, &master->sweep);
}

static void all_to_old(struct master *master)
{
    if (master->current != NULL)
        master_retire(master, master->current);
    if (master->next != NULL)
        master_retire(master, master->next);
    master->current = NULL;
    master->next = NULL;
    loop_defer(master->loop, &master->sweep);
}

static void begin_end(struct master *master, enum master_phase phase)
{
    waiters_finish(&master->reloading, "frontd is about to end");
    waiters_finish(&master->queued, "frontd is about to end");
    master->reload_queued = false;
    master->settling = NULL;
    deadline_clear(&master->start_deadline);
    deadline_clear(&master->ticket_deadline);
    master_watch_stop(master);
    master_expiry_stop(master);
    if (master->next != NULL)
        generation_kill(master->next);
    master->phase = phase;
    sockets_commit(&master->sockets, NULL);
}

void master_quit(struct master *master)
{
    uint32_t timeout_ms;

    if (master->phase == MASTER_QUITTING)
        return; /* asked twice: what is open still finishes; TERM is for the impatient */
    if (master->phase != MASTER_RUNNING) {
        master_stop(master);
        return;
    }
    log_line(&master->log, LOG_NOTICE, 0, "quitting: workers finish what is open");
    timeout_ms = master->current->shutdown_timeout_ms;
    begin_end(master, MASTER_QUITTING);
    generation_drain(master->current, timeout_ms);
    all_to_old(master);
}

void master_stop(struct master *master)
{
    if (master->phase == MASTER_STOPPING)
        return;
    log_line(&master->log, LOG_NOTICE, 0, "stopping");
    begin_end(master, MASTER_STOPPING);
    all_to_old(master);
    for (struct generation *old = master->old; old != NULL; old = old->next)
        generation_stop(old);
    deadline_set(master->loop, &master->end_deadline, STOP_PATIENCE_MS);
}

static void on_end_expired(void *owner)
{
    struct master *master = owner;

    for (struct generation *old = master->old; old != NULL; old = old->next)
        generation_kill(old);
}

/* Nothing serves yet, so there is nothing to keep. */
void master_start_failed(struct master *master)
{
    master->status = 1;
    begin_end(master, MASTER_STOPPING);
    all_to_old(master);
}

static bool reap(struct master *master, pid_t pid, int status)
{
    if ((master->current != NULL && generation_reaped(master->current, pid, status)) ||
        (master->next != NULL && generation_reaped(master->next, pid, status)))
        return true;
    for (struct generation *old = master->old; old != NULL; old = old->next)
        if (generation_reaped(old, pid, status))
            return true;
    return false;
}

static void on_child(struct master *master)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (!reap(master, pid, status))
            log_line(&master->log, LOG_WARN, 0, "process %d is no worker of ours", (int)pid);
}

static void on_hup(struct master *master)
{
    if (master_is_reloading(master))
        master->reload_queued = master->phase <= MASTER_RUNNING;
    else if (master->phase == MASTER_RUNNING)
        master_reload(master);
}

static const struct signal_row {
    int number;
    void (*does)(struct master *master); /* NULL: ignored */
} signal_rows[] = {
    {SIGCHLD,  on_child          },
    {SIGHUP,   on_hup            },
    {SIGUSR1,  master_reopen     },
    {SIGUSR2,  master_watch_hurry},
    {SIGQUIT,  master_quit       },
    {SIGTERM,  master_stop       },
    {SIGINT,   master_stop       },
    {SIGPIPE,  NULL              },
    {SIGWINCH, NULL              },
};
#define SIGNAL_COUNT (sizeof signal_rows / sizeof *signal_rows)

static void on_signal(int number, void *owner)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signal_rows[i].number == number)
            signal_rows[i].does(owner);
}

static void watch_signals(struct master *master, struct loop_watch *watches[SIGNAL_COUNT])
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        watches[i] = NULL;
        if (signal_rows[i].does == NULL)
            signal(signal_rows[i].number, SIG_IGN);
        else
            watches[i] = loop_watch_signal(master->loop, signal_rows[i].number, on_signal, master);
    }
}

static void unwatch_signals(struct loop_watch *watches[SIGNAL_COUNT])
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (watches[i] != NULL)
            loop_unwatch(watches[i]);
}

/* The directory of the socket is made if only that is missing (/run is empty after a boot). */
static void make_directory_of(const char *path)
{
    char directory[PATH_MAX];
    char *slash;

    snprintf(directory, sizeof directory, "%s", path);
    slash = strrchr(directory, '/');
    if (slash != NULL && slash != directory) {
        *slash = '\0';
        mkdir(directory, 0755);
    }
}

/* False: another frontd answers there. A socket that cannot be made is no reason not to serve. */
static bool open_control(struct master *master)
{
    const char *path = master->program->paths->control;

    make_directory_of(path);
    switch (control_open(&master->control, master->loop, path, master_command, master)) {
    case CONTROL_OPEN:
        return true;
    case CONTROL_BUSY:
        dprintf(2,
                "%s: another frontd runs already and answers at %s\n"
                "  = `%s -s reload` gives it a new configuration; a second one beside it needs its "
                "own prefix: -p\n",
                master->program->name, path, master->program->name);
        return false;
    case CONTROL_FAILED:
        dprintf(2,
                "%s: warning: cannot make the control socket %s: %s\n"
                "  = `%s -s …` will not reach this frontd, signals will; set FRONTD_SOCKET or use "
                "-p\n",
                master->program->name, path, strerror(errno), master->program->name);
        return true;
    }
    return false;
}

static void remove_pid_file(struct master *master)
{
    if (master->pid_file[0] != '\0')
        unlink(master->pid_file);
    master->pid_file[0] = '\0';
}

/* `pid` may name another file, or none, after a reload. */
void master_update_pid_file(struct master *master)
{
    struct slice path = master->current->pid;

    if (path.len >= sizeof master->pid_file || slice_equal(path, slice_of(master->pid_file)))
        return;
    if (path.len > 0 && !pid_file_write(path.at))
        log_line(&master->log, LOG_ERROR, 0, "cannot write the pid file %s: %s", path.at,
                 strerror(errno));
    remove_pid_file(master);
    snprintf(master->pid_file, sizeof master->pid_file, "%.*s", (int)path.len, path.at);
}

/* In the background nothing may hang on the terminal that we came from; but an error log that was
 * sent to standard error stays. */
static void detach(const struct generation *generation)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!generation_uses_stderr(generation))
        dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

static void say_isolation(void *owner, const char *who, uint32_t reached)
{
    const struct master *master = owner;
    char words[SANDBOX_WORDS_BYTES];

    sandbox_describe(reached, words);
    log_line(&master->log, sandbox_level(reached) == SANDBOX_LEVEL_C ? LOG_WARN : LOG_NOTICE, 0,
             "%s: %s", who, words);
}

void master_in_force(struct master *master)
{
    master->phase = MASTER_RUNNING;
    log_line(&master->log, LOG_NOTICE, 0, "frontd runs: %zu workers", master->current->child_count);
    generation_isolation(master->current, say_isolation, master);
    if (!privileges_may_kill() && geteuid() == 0)
        log_line(&master->log, LOG_WARN, 0,
                 "frontd lacks the capability KILL: a process of another user that hangs stays");
    if (master->started >= 0) {
        detach(master->current);
        if (write(master->started, "", 1) != 1)
            log_line(&master->log, LOG_WARN, 0, "nobody waited for the start");
        close(master->started);
        master->started = -1;
    }
    malloc_trim(0); /* the text of the configuration has gone: workers have their own */
}

int master_run(const struct program *program, struct configuration *configuration, int started)
{
    struct master master = {
        .program = program, .loop = loop_new(), .log = {2, LOG_NOTICE},
                .started = started
    };
    struct loop_watch *watches[SIGNAL_COUNT];

    deadline_init(&master.start_deadline, master_start_expired, &master);
    deadline_init(&master.reopen_deadline, master_reopen_expired, &master);
    deadline_init(&master.end_deadline, on_end_expired, &master);
    deadline_init(&master.ticket_deadline, master_tickets_expired, &master);
    master_watch_init(&master);
    master_expiry_init(&master);
    master.tickets_since = loop_now(master.loop);
    loop_task_init(&master.sweep, on_sweep, &master);
    watch_signals(&master, watches);
    (void)privileges_raise_descriptors(MASTER_DESCRIPTORS);
    if (!privileges_harden())
        log_line(&master.log, LOG_WARN, 0, "cannot harden the master: %s", strerror(errno));
    if (open_control(&master)) {
        master_load(&master, configuration);
        loop_run(master.loop);
    } else {
        configuration_deinit(configuration);
        free(configuration);
        master.status = 1;
    }
    waiters_finish(&master.ending, NULL);
    remove_pid_file(&master);
    control_close(&master.control);
    sockets_deinit(&master.sockets);
    unwatch_signals(watches);
    loop_task_cancel(&master.sweep);
    loop_free(master.loop);
    return master.status;
}
