#pragma once

#include "net/buffer.h"
#include "net/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

/* What the files of net/ share. */

struct stream;
struct farewell;

#define LOOP_TICK_MS     100
#define LOOP_WHEEL_SLOTS 512 /* 51 s around; later deadlines are met again once a round */

/* A read of one stream: all that was kept, then up to LOOP_READ_MAX new bytes. 256 KiB a step costs
 * half of what 16 KiB steps cost in bulk (reference/performance.md). */
#define LOOP_READ_MAX (256u << 10)
#define LOOP_KEPT_MAX (512u << 10)

struct loop {
    struct event_base *base;
    uint64_t now_ms;  /* 0: not read in this turn */
    uint64_t wall_us; /* 0: likewise */
    bool stopped;

    struct deadline *wheel[LOOP_WHEEL_SLOTS];
    uint64_t tick; /* the last one that was worked off */
    struct event *ticker;
    bool ticking;
    struct farewell *farewells; /* streams that linger; see linger.c */

    struct loop_queue tasks, late;     /* late: behind all events of the turn */
    struct stream *dirty, *dirty_last; /* streams with something put off; see stream.c */

    void **retired;
    size_t retired_count, retired_capacity;

    /* Memory that all streams share while one callback runs. */
    char *scratch;          /* application bytes: LOOP_KEPT_MAX + LOOP_READ_MAX */
    char *wire_scratch;     /* bytes from the network under TLS: LOOP_READ_MAX */
    struct buffer gather;   /* TLS output of one call, sent in one go */
    struct buffer spare;    /* empty, but has memory: for who speaks next */
    struct stream *current; /* whose `received` is running on `scratch` */
    struct slice current_input;
};

/* stream.c: gives every stream on the dirty list what it waits for; true if it did anything. */
bool stream_settle_all(struct loop *loop);

/* linger.c: closes what lingers, because the loop ends. */
void stream_end_farewells(struct loop *loop);

/* stream.c: forgets closed streams before their memory goes. */
void stream_purge_dirty(struct loop *loop);
