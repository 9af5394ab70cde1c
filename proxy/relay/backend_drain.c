#include "base/arena.h"
#include "relay/backend.h"
#include "relay/backend_private.h"
#include "relay/worker.h"

/* An answer that nobody waits for any more, read to its end. */
struct backend_drain {
    struct backend_drain *next, **previous;
    struct loop *loop;
    struct stream *stream;
    struct deadline silence, limit;
    uint64_t bytes_left;
    uint32_t idle_ms;
};

static void end(struct backend_drain *drain)
{
    *drain->previous = drain->next;
    if (drain->next != NULL)
        drain->next->previous = drain->previous;
    deadline_clear(&drain->silence);
    deadline_clear(&drain->limit);
    stream_close(&drain->stream);
    loop_retire(drain->loop, drain);
}

static void on_received(void *owner)
{
    struct backend_drain *drain = owner;

    size_t len = stream_input(drain->stream).len;

    stream_consume(drain->stream, len);
    if (stream_end(drain->stream) != STREAM_OPEN || len >= drain->bytes_left) {
        end(drain);
        return;
    }
    drain->bytes_left -= len;
    deadline_set(drain->loop, &drain->silence, drain->idle_ms);
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static void on_end(void *owner)
{
    end(owner);
}

static bool are_too_many(const struct backend_drain *drains)
{
    size_t count = 0;

    for (; drains != NULL; drains = drains->next)
        count++;
    return count >= BACKEND_DRAINS_MAX;
}

static void link_drain(struct backend_drain *drain, struct backend_drain **drains)
{
    drain->next = *drains;
    drain->previous = drains;
    if (drain->next != NULL)
        drain->next->previous = &drain->next;
    *drains = drain;
}

static void set_deadlines(struct backend_drain *drain)
{
    uint64_t most = (uint64_t)drain->idle_ms * BACKEND_DRAIN_TIMES;

    deadline_init(&drain->silence, on_end, drain);
    deadline_set(drain->loop, &drain->silence, drain->idle_ms);
    deadline_init(&drain->limit, on_end, drain);
    deadline_set(drain->loop, &drain->limit, most < UINT32_MAX ? (uint32_t)most : UINT32_MAX);
}

bool backend_drain(struct worker *worker, struct stream **stream, uint32_t idle_ms)
{
    static const struct stream_events events = {on_received, on_nothing, on_nothing, on_end};
    struct backend_drain **drains = backend_pool_drains(worker->backends);
    struct backend_drain *drain;

    if (are_too_many(*drains))
        return false;
    drain = memory_zero(sizeof *drain);
    drain->loop = worker->loop;
    drain->stream = *stream;
    drain->bytes_left = BACKEND_DRAIN_BYTES;
    drain->idle_ms = idle_ms;
    *stream = NULL;
    link_drain(drain, drains);
    set_deadlines(drain);
    stream_set_owner(drain->stream, &events, drain);
    if (stream_is_paused(drain->stream))
        stream_resume(drain->stream);
    return true;
}

void backend_drain_end_all(struct backend_drain **drains)
{
    while (*drains != NULL)
        end(*drains);
}
