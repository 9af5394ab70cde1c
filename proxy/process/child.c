#include "process/child.h"

#include "base/ensure.h"
#include "os/descriptor.h"
#include "os/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A process that lives shorter than this died "soon"; each such death in a row doubles the pause.
 */
#define SOON_MS      5000
#define PAUSE_MS     100
#define PAUSE_MAX_MS 30000

static void check_ended(struct child *child)
{
    if (child->is_running || child->channel != NULL || child->phase == CHILD_NONE)
        return;
    child->phase = CHILD_NONE;
    child_pulse_stop(child);
    child->logs_pending = 0;
    child->drain_pending = false;
    child->events->ended(child->owner, child);
}

/* What comes over the channel: one function for each message, and the table of all. */

/* A worker has said before what it reached. */
static void on_ready(struct child *child, struct slice body)
{
    (void)body;
    if (child->phase != CHILD_STARTING)
        return;
    child->phase = CHILD_READY;
    child_pulse_felt(child);
    child->events->ready(child->owner, child);
}

static void on_isolation(struct child *child, struct slice body)
{
    child->isolation = channel_number(slice_part(body, 0, sizeof child->isolation));
}

static void on_auth_ready(struct child *child, struct slice body)
{
    on_isolation(child, body);
    on_ready(child, body);
}

static void on_holder_ready(struct child *child, struct slice body)
{
    struct slice text = slice_from(body, sizeof child->isolation);

    if (child->phase == CHILD_STARTING)
        log_line(child->log, LOG_NOTICE, 0, "key holder %d: %.*s", (int)child->pid, (int)text.len,
                 text.at);
    on_auth_ready(child, body);
}

static void on_failed(struct child *child, struct slice body)
{
    snprintf(child->why, sizeof child->why, "%.*s", (int)body.len, body.at);
}

static void on_draining(struct child *child, struct slice body)
{
    (void)body;
    if (!child->drain_pending)
        return;
    child->drain_pending = false;
    child->events->draining(child->owner, child);
}

static void on_drained(struct child *child, struct slice body)
{
    uint32_t cut_off = channel_number(body);

    log_line(child->log, cut_off > 0 ? LOG_WARN : LOG_INFO, 0,
             "worker %d is done, %u connections were cut off", (int)child->pid, cut_off);
}

static void on_log_taken(struct child *child, struct slice body)
{
    (void)body;
    if (child->logs_pending == 0)
        return;
    child->logs_pending--;
    child->events->log_taken(child->owner, child);
}

static void on_renew(struct child *child, struct slice body)
{
    (void)body;
    child->events->renew(child->owner, child);
}

static void on_pong(struct child *child, struct slice body)
{
    (void)body;
    child_pulse_felt(child);
}

static void on_auth_pong(struct child *child, struct slice body)
{
    memcpy(&child->hashes, body.at, sizeof child->hashes);
    child_pulse_felt(child);
}

/* Level and text for the log. */
static void on_auth_says(struct child *child, struct slice body)
{
    uint32_t level = channel_number(slice_part(body, 0, sizeof level));

    log_line(child->log, level <= LOG_DEBUG ? (enum log_level)level : LOG_ERROR, 0,
             "frontd-auth: %s", log_escape(slice_from(body, sizeof level)).text);
}

static void on_keys_lost(struct child *child, struct slice body)
{
    child->events->keys_lost(child->owner, child, channel_number(body));
}

static void on_swap_answered(struct child *child, struct slice body)
{
    child->events->swap_answered(child->owner, child, channel_number(body));
}

static void on_swap_refused(struct child *child, struct slice body)
{
    uint32_t number = channel_number(slice_part(body, 0, sizeof number));
    struct slice text = slice_from(body, sizeof number);
    char why[1100];

    snprintf(why, sizeof why, "worker %d: %s", (int)child->pid, log_escape(text).text);
    child->events->swap_refused(child->owner, child, number, why);
}

static void on_refused(struct child *child, struct slice body)
{
    child->events->refused(child->owner, channel_number(body));
}

/* Those whose receiver is the master. */
static void (*const handlers[MESSAGE_COUNT])(struct child *child, struct slice body) = {
    [MESSAGE_READY] = on_ready,
    [MESSAGE_FAILED] = on_failed,
    [MESSAGE_DRAINING] = on_draining,
    [MESSAGE_DRAINED] = on_drained,
    [MESSAGE_LOG_TAKEN] = on_log_taken,
    [MESSAGE_ISOLATION] = on_isolation,
    [MESSAGE_RENEW] = on_renew,
    [MESSAGE_AUTH_READY] = on_auth_ready,
    [MESSAGE_AUTH_FAILED] = on_failed,
    [MESSAGE_AUTH_SAYS] = on_auth_says,
    [MESSAGE_AUTH_RENEW] = on_renew,
    [MESSAGE_AUTH_PONG] = on_auth_pong,
    [MESSAGE_KEYS_LOST] = on_keys_lost,
    [MESSAGE_HOLDER_READY] = on_holder_ready,
    [MESSAGE_HOLDER_FAILED] = on_failed,
    [MESSAGE_HOLDER_PONG] = on_pong,
    [MESSAGE_HOLDER_REFUSED] = on_refused,
    [MESSAGE_CERTS_PREPARED] = on_swap_answered,
    [MESSAGE_CERTS_REFUSED] = on_swap_refused,
    [MESSAGE_CERTS_COMMITTED] = on_swap_answered,
};

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    ensure(fd < 0);                    /* no message to the master carries one */
    ensure(handlers[message] != NULL); /* the channel lets nothing else through */
    handlers[message](owner, body);
}

const char *child_name(const struct child *child)
{
    if (child->role == ROLE_HOLDER)
        return "key holder";
    return child->role == ROLE_AUTH ? "frontd-auth" : "worker";
}

static void on_channel_closed(void *owner, const char *why)
{
    struct child *child = owner;

    if (why != NULL) {
        log_line(child->log, LOG_ALERT, 0, "%s %d %s: killed", child_name(child), (int)child->pid,
                 why);
        child_kill(child);
    }
    channel_close(&child->channel);
    check_ended(child);
}

static const struct channel_events channel_events = {on_message, on_channel_closed};

static void on_respawn(void *owner)
{
    struct child *child = owner;

    if (child->phase == CHILD_NONE && !child_start(child)) {
        log_line(child->log, LOG_ALERT, 0, "no %s: %s", child_name(child), child->why);
        child_start_again(child);
    }
}

void child_init(struct child *child, enum role role, struct loop *loop, const struct log *log,
                const struct child_events *events, void *owner)
{
    *child =
        (struct child){.role = role, .loop = loop, .log = log, .events = events, .owner = owner};
    deadline_init(&child->respawn, on_respawn, child);
    child_pulse_init(child);
}

bool child_start(struct child *child)
{
    int pair[2];

    ensure(child->phase == CHILD_NONE);
    child->why[0] = '\0';
    child->was_stopped = false;
    child->was_killed = false;
    child->hashes = 0;
    child->started_at = loop_now(child->loop);
    if (!descriptor_pair(pair)) {
        snprintf(child->why, sizeof child->why, "socketpair: %s", strerror(errno));
        return false;
    }
    child->pid = child->events->spawn(child->owner, child, pair[1]);
    if (child->pid < 0) {
        snprintf(child->why, sizeof child->why, "fork: %s", strerror(errno));
        close(pair[0]);
    } else {
        child->is_running = true;
        child->phase = CHILD_STARTING;
        child->channel =
            channel_new(child->loop, pair[0], ROLE_MASTER, child->role, &channel_events, child);
        child_pulse_start(child);
    }
    close(pair[1]);
    return child->phase == CHILD_STARTING;
}

static uint32_t pause_ms(unsigned quick_deaths)
{
    uint32_t pause = PAUSE_MS;

    for (unsigned i = 1; i < quick_deaths && pause < PAUSE_MAX_MS; i++)
        pause *= 2;
    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

void child_start_again(struct child *child)
{
    bool soon = loop_now(child->loop) - child->started_at < SOON_MS;

    child->quick_deaths = soon ? child->quick_deaths + 1 : 0;
    if (child->quick_deaths > 1)
        deadline_set(child->loop, &child->respawn, pause_ms(child->quick_deaths));
    else
        on_respawn(child);
}

/* What the sandbox does not allow is a bug of ours or somebody else's code in our process. */
static void say_forbidden(struct child *child)
{
    uint64_t age_ms = loop_now(child->loop) - child->started_at;
    int call = sandbox_killed_by(child->pid, time(NULL) - (int64_t)(age_ms / 1000) - 1);
    char name[48] = "which one stands in the kernel's log";

    if (call >= 0)
        snprintf(name, sizeof name, "number %d", call);
    snprintf(child->why, sizeof child->why,
             "KILLED BY THE SANDBOX (SIGSYS) for a system call that no %s makes (%s): an attack, "
             "or a bug to report",
             child_name(child), name);
}

void child_reaped(struct child *child, int status)
{
    child->is_running = false;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        say_forbidden(child);
    else if (child->why[0] == '\0' && WIFSIGNALED(status))
        snprintf(child->why, sizeof child->why, "killed by signal %d (%s)%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
    else if (child->why[0] == '\0')
        snprintf(child->why, sizeof child->why, "exited with status %d", WEXITSTATUS(status));
    check_ended(child);
}

void child_drain(struct child *child, uint32_t timeout_ms)
{
    deadline_clear(&child->respawn);
    if (child->channel != NULL &&
        channel_send_number(child->channel, MESSAGE_DRAIN, timeout_ms, -1))
        child->drain_pending = true;
}

void child_stop(struct child *child)
{
    child->was_stopped = true;
    deadline_clear(&child->respawn);
    if (child->channel != NULL)
        (void)channel_send(child->channel,
                           child->role == ROLE_AUTH ? MESSAGE_AUTH_STOP : MESSAGE_STOP, SLICE_NONE,
                           -1);
}

void child_kill(struct child *child)
{
    child->was_killed = true;
    if (!child->is_running || kill(child->pid, SIGKILL) == 0 || errno != EPERM)
        return;
    channel_close(&child->channel); /* its end tells it to go: all that is left without CAP_KILL */
}

bool child_give(struct child *child, enum message message, int fd)
{
    return child->channel != NULL && channel_send(child->channel, message, SLICE_NONE, fd);
}

bool child_tell(struct child *child, enum message message, uint32_t number)
{
    return child->channel != NULL && channel_send_number(child->channel, message, number, -1);
}

void child_give_keys(struct child *child, uint32_t number, int fd)
{
    enum message message = child->role == ROLE_HOLDER ? MESSAGE_HOLDER_SERVE : MESSAGE_KEYS;

    if (child->channel != NULL)
        (void)channel_send_number(child->channel, message, number, fd);
}

void child_reopen(struct child *child, uint32_t index, int fd)
{
    if (child->channel != NULL && channel_send_number(child->channel, MESSAGE_LOG_FILE, index, fd))
        child->logs_pending++;
}

void child_deinit(struct child *child)
{
    ensure(child->phase == CHILD_NONE);
    deadline_clear(&child->respawn);
    child_pulse_stop(child);
}
