#include "net/loop.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/loop_private.h"

#include <stdlib.h>
#include <time.h>

/* How often tasks and streams may wake each other before the loop looks at the network again. */
#define SETTLE_ROUNDS 64

static uint64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    ensure(config != NULL);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
    base = event_base_new_with_config(config);
    event_config_free(config);
    ensure(base != NULL);
    return base;
}

static void on_tick(evutil_socket_t fd, short what, void *owner);
static bool run_tasks(struct loop_queue *queue);

struct loop *loop_new(void)
{
    struct loop *loop = memory_zero(sizeof *loop);

    loop->base = new_base();
    loop->tasks.end = &loop->tasks.first;
    loop->late.end = &loop->late.first;
    loop->tick = clock_ms() / LOOP_TICK_MS;
    loop->ticker = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
    ensure(loop->ticker != NULL);
    return loop;
}

static void free_retired(struct loop *loop)
{
    stream_purge_dirty(loop);
    for (size_t i = 0; i < loop->retired_count; i++)
        free(loop->retired[i]);
    loop->retired_count = 0;
}

void loop_free(struct loop *loop)
{
    stream_end_farewells(loop);
    free_retired(loop);
    event_free(loop->ticker);
    event_base_free(loop->base);
    buffer_release(&loop->gather);
    buffer_release(&loop->spare);
    free(loop->scratch);
    free(loop->wire_scratch);
    free(loop->retired);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

void loop_retire(struct loop *loop, void *memory)
{
    if (loop->retired_count == loop->retired_capacity) {
        loop->retired_capacity = loop->retired_capacity == 0 ? 64 : loop->retired_capacity * 2;
        loop->retired =
            memory_grow(loop->retired, loop->retired_capacity * sizeof loop->retired[0]);
    }
    loop->retired[loop->retired_count++] = memory;
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    loop_settle(loop);
    while (!loop->stopped) {
        bool waiting = loop->tasks.first != NULL || loop->late.first != NULL || loop->dirty != NULL;

        if (waiting)
            loop_settle(loop);
        loop->now_ms = 0;
        loop->wall_us = 0;
        event_base_loop(loop->base, waiting ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
        if (run_tasks(&loop->late))
            loop_settle(loop);
        free_retired(loop);
    }
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
    event_base_loopbreak(loop->base);
}

uint64_t loop_now(struct loop *loop)
{
    if (loop->now_ms == 0)
        loop->now_ms = clock_ms();
    return loop->now_ms;
}

uint64_t loop_wall_us(struct loop *loop)
{
    struct timespec now;

    if (loop->wall_us == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        loop->wall_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    }
    return loop->wall_us;
}

/* Deadlines: a wheel of slots, LOOP_TICK_MS each. A deadline that is set again to a later time
 * stays in its slot and is moved on when the slot's time comes, so that setting one on every read
 * is one store. */

static void start_ticker(struct loop *loop)
{
    static const struct timeval tick = {0, LOOP_TICK_MS * 1000};

    if (loop->ticking)
        return;
    loop->ticking = true;
    loop->tick = loop_now(loop) / LOOP_TICK_MS;
    event_add(loop->ticker, &tick);
}

static void link_deadline(struct loop *loop, struct deadline *deadline)
{
    struct deadline **slot;

    /* The tick after the one that `due` falls into: late by up to a tick, never early. */
    deadline->tick = deadline->due / LOOP_TICK_MS + 1;
    if (deadline->tick <= loop->tick)
        deadline->tick = loop->tick + 1;
    slot = &loop->wheel[deadline->tick % LOOP_WHEEL_SLOTS];
    deadline->next = *slot;
    deadline->previous = slot;
    if (*slot != NULL)
        (*slot)->previous = &deadline->next;
    *slot = deadline;
}

static void unlink_deadline(struct deadline *deadline)
{
    *deadline->previous = deadline->next;
    if (deadline->next != NULL)
        deadline->next->previous = deadline->previous;
    deadline->previous = NULL;
}

void deadline_init(struct deadline *deadline, void (*expired)(void *owner), void *owner)
{
    *deadline = (struct deadline){.expired = expired, .owner = owner};
}

void deadline_set(struct loop *loop, struct deadline *deadline, uint32_t after_ms)
{
    deadline->due = loop_now(loop) + after_ms;
    start_ticker(loop);
    if (deadline->previous != NULL) {
        if (deadline->tick <= deadline->due / LOOP_TICK_MS + 1)
            return;
        unlink_deadline(deadline);
    }
    link_deadline(loop, deadline);
}

void deadline_clear(struct deadline *deadline)
{
    if (deadline->previous != NULL)
        unlink_deadline(deadline);
    deadline->due = 0;
}

bool deadline_is_set(const struct deadline *deadline)
{
    return deadline->due != 0;
}

/* Calls what is due in the slot of `tick`; what is not due yet moves on. The slot is detached
 * first: callbacks may set and clear any deadline. */
static void work_off_slot(struct loop *loop, uint64_t tick)
{
    struct deadline **slot = &loop->wheel[tick % LOOP_WHEEL_SLOTS];
    struct deadline *pending = *slot;

    *slot = NULL;
    if (pending != NULL)
        pending->previous = &pending;
    while (pending != NULL) {
        struct deadline *deadline = pending;

        unlink_deadline(deadline);
        if (deadline->due > loop_now(loop)) {
            link_deadline(loop, deadline);
        } else {
            deadline->due = 0;
            deadline->expired(deadline->owner);
        }
    }
}

static bool wheel_is_empty(const struct loop *loop)
{
    for (size_t i = 0; i < LOOP_WHEEL_SLOTS; i++)
        if (loop->wheel[i] != NULL)
            return false;
    return true;
}

static void on_tick(evutil_socket_t fd, short what, void *owner)
{
    struct loop *loop = owner;
    uint64_t now_tick = loop_now(loop) / LOOP_TICK_MS;
    uint64_t behind = now_tick - loop->tick;

    (void)fd;
    (void)what;
    if (behind > LOOP_WHEEL_SLOTS) /* the process was stopped for a while: one round is enough */
        loop->tick = now_tick - LOOP_WHEEL_SLOTS;
    while (loop->tick < now_tick) {
        loop->tick++;
        work_off_slot(loop, loop->tick);
    }
    if (wheel_is_empty(loop)) {
        loop->ticking = false;
        event_del(loop->ticker);
    }
    loop_settle(loop);
}

/* Tasks. */

void loop_task_init(struct loop_task *task, void (*run)(void *owner), void *owner)
{
    *task = (struct loop_task){.run = run, .owner = owner};
}

static void append(struct loop_queue *queue, struct loop_task *task)
{
    if (task->previous != NULL)
        return;
    task->next = NULL;
    task->previous = queue->end;
    *queue->end = task;
    queue->end = &task->next;
    task->queue = queue;
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    append(&loop->tasks, task);
}

void loop_defer_late(struct loop *loop, struct loop_task *task)
{
    append(&loop->late, task);
}

void loop_task_cancel(struct loop_task *task)
{
    if (task->previous == NULL)
        return;
    *task->previous = task->next;
    if (task->next != NULL)
        task->next->previous = task->previous;
    else if (task->queue->end == &task->next)
        task->queue->end = task->previous;
    task->previous = NULL;
}

/* Runs what was queued when it began; tasks queued meanwhile wait for the next round. */
static bool run_tasks(struct loop_queue *queue)
{
    struct loop_task *batch = queue->first;
    bool any = batch != NULL;

    queue->first = NULL;
    queue->end = &queue->first;
    if (any)
        batch->previous = &batch;
    while (batch != NULL) {
        struct loop_task *task = batch;

        batch = task->next;
        if (batch != NULL)
            batch->previous = &batch;
        task->previous = NULL;
        task->run(task->owner);
    }
    return any;
}

void loop_settle(struct loop *loop)
{
    for (int round = 0; round < SETTLE_ROUNDS; round++) {
        bool any = run_tasks(&loop->tasks);

        any |= stream_settle_all(loop);
        if (!any)
            return;
    }
    /* Still busy: loop_run comes back after a look at the network. */
}

/* Signals and plain descriptors. */

struct loop_watch {
    struct event *event;
    struct loop *loop;
    void (*on_ready)(void *owner);
    void (*on_signal)(int number, void *owner);
    void *owner;
};

static void on_watch(evutil_socket_t fd, short what, void *owner)
{
    struct loop_watch *watch = owner;
    struct loop *loop = watch->loop;

    if ((what & EV_SIGNAL) != 0)
        watch->on_signal((int)fd, watch->owner);
    else
        watch->on_ready(watch->owner);
    loop_settle(loop);
}

static struct loop_watch *new_watch(struct loop *loop, int fd, short what, void *owner)
{
    struct loop_watch *watch = memory_zero(sizeof *watch);

    watch->loop = loop;
    watch->owner = owner;
    watch->event = event_new(loop->base, fd, (short)(what | EV_PERSIST), on_watch, watch);
    ensure(watch->event != NULL);
    return watch;
}

struct loop_watch *loop_watch_signal(struct loop *loop, int number,
                                     void (*on_signal)(int number, void *owner), void *owner)
{
    struct loop_watch *watch = new_watch(loop, number, EV_SIGNAL, owner);

    watch->on_signal = on_signal;
    event_add(watch->event, NULL);
    return watch;
}

struct loop_watch *loop_watch_readable(struct loop *loop, int fd, void (*on_ready)(void *owner),
                                       void *owner)
{
    struct loop_watch *watch = new_watch(loop, fd, EV_READ, owner);

    watch->on_ready = on_ready;
    event_add(watch->event, NULL);
    return watch;
}

void loop_unwatch(struct loop_watch *watch)
{
    event_free(watch->event);
    loop_retire(watch->loop, watch);
}
