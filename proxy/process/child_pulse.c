#include "process/child.h"

/* Is a process that others wait for still there? A key holder and frontd-auth are asked all the
 * time, and answer from their main thread; who does not is killed, and another takes its place
 * within two seconds. */

#define PULSE_MS 300
/* Questions in a row without an answer. They are counted and not timed: when the whole machine has
 * stood still for a while nobody has been silent. */
#define SILENT_MAX 3
#define START_MAX  100

static bool is_silent(const struct child *child)
{
    return child->silent >= (child->phase == CHILD_READY ? SILENT_MAX : START_MAX);
}

static void ask(struct child *child)
{
    if (child->phase == CHILD_READY && child->channel != NULL)
        (void)channel_send(child->channel,
                           child->role == ROLE_AUTH ? MESSAGE_AUTH_PING : MESSAGE_HOLDER_PING,
                           SLICE_NONE, -1);
}

static void on_pulse(void *owner)
{
    struct child *child = owner;

    if (is_silent(child)) {
        log_line(child->log, LOG_ALERT, 0, "%s %d does not answer: killed", child_name(child),
                 (int)child->pid);
        child_kill(child);
        return;
    }
    child->silent++;
    ask(child);
    deadline_set(child->loop, &child->pulse, PULSE_MS);
}

void child_pulse_init(struct child *child)
{
    deadline_init(&child->pulse, on_pulse, child);
}

void child_pulse_start(struct child *child)
{
    child->silent = 0;
    if (child->role != ROLE_WORKER)
        deadline_set(child->loop, &child->pulse, PULSE_MS);
}

void child_pulse_felt(struct child *child)
{
    child->silent = 0;
}

void child_pulse_stop(struct child *child)
{
    deadline_clear(&child->pulse);
}
