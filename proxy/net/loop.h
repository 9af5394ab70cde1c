#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The event loop of a process: events, deadlines, signals, and what is put off to the end of a
 * turn. net/ is the only folder that knows libevent.
 *
 * When may memory go? Nothing is freed while a callback may still hold it: loop_retire frees at the
 * end of the turn. */

struct loop;
struct event_base;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop */
void loop_stop(struct loop *loop);
struct event_base *loop_base(struct loop *loop); /* for net/ and dns/ only */

/* Streams let go by stream_close_after that are not closed yet: a process that ends waits for them.
 */
size_t loop_farewells(const struct loop *loop);

/* Monotonic milliseconds, and wall time in microseconds since 1970; both read at most once a turn.
 */
uint64_t loop_now(struct loop *loop);
uint64_t loop_wall_us(struct loop *loop);

/* A point in time at which something happens at the latest. Precision is a tenth of a second,
 * always late, never early. Setting one again costs next to nothing, so every read may do it. */
struct deadline {
    struct deadline *next, **previous; /* in a slot of the loop's wheel; previous NULL: in none */
    uint64_t due;                      /* monotonic ms; 0: not set */
    uint64_t tick;                     /* of the slot it stands in: never after `due` */
    void (*expired)(void *owner);
    void *owner;
};

void deadline_init(struct deadline *deadline, void (*expired)(void *owner), void *owner);
void deadline_set(struct loop *loop, struct deadline *deadline, uint32_t after_ms);
void deadline_clear(struct deadline *deadline); /* must be done before its memory goes */
bool deadline_is_set(const struct deadline *deadline);

struct loop_queue {
    struct loop_task *first, **end;
};

/* Runs `run(owner)` once, after the current callback and before the loop waits again; asking twice
 * before it ran is asking once. */
struct loop_task {
    struct loop_task *next, **previous; /* previous NULL: not queued */
    void (*run)(void *owner);
    void *owner;
    struct loop_queue *queue; /* while queued */
};

void loop_task_init(struct loop_task *task, void (*run)(void *owner), void *owner);
void loop_defer(struct loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop_task *task);

/* The same, after the callbacks of all that the network has ready in this turn: for what is done
 * better once than after each of them. */
void loop_defer_late(struct loop *loop, struct loop_task *task);

/* Frees `memory` with free(3) when the turn is over. */
void loop_retire(struct loop *loop, void *memory);

struct loop_watch;

/* Calls on_signal for each arrival of `number`, from the loop, until unwatched. */
struct loop_watch *loop_watch_signal(struct loop *loop, int number,
                                     void (*on_signal)(int number, void *owner), void *owner);

/* Calls on_ready(owner) whenever `fd` is readable, until unwatched. For channels and listeners;
 * streams have their own way. */
struct loop_watch *loop_watch_readable(struct loop *loop, int fd, void (*on_ready)(void *owner),
                                       void *owner);

/* May be called from inside the watch's own callback. Does not close the fd. */
void loop_unwatch(struct loop_watch *watch);

/* Settles what callbacks put off: tasks, then streams with bytes to send. Every entry from libevent
 * into our code ends with it; only net/, ipc/ and dns/ call it. */
void loop_settle(struct loop *loop);
