#include "base/arena.h"
#include "relay/backend.h"
#include "relay/backend_private.h"
#include "relay/worker.h"

/* An answer that nobody waits for any more, read to its end. */
struct backend_drain {
    struct backend_drain *next, **previous;
    struct loop *loop;
    struct stream *stream;
    struct deadline deadline;
    uint32_t idle_ms;
};

static void end(struct backend_drain *drain)
{
    *drain->previous = drain->next;
    if (drain->next != NULL)
        drain->next->previous = drain->previous;
    deadline_clear(&drain->deadline);
    stream_close(&drain->stream);
    loop_retire(drain->loop, drain);
}

static void on_received(void *owner)
{
    struct backend_drain *drain = owner;

    stream_consume(drain->stream, stream_input(drain->stream).len);
    if (stream_end(drain->stream) != STREAM_OPEN)
        end(drain);
    else
        deadline_set(drain->loop, &drain->deadline, drain->idle_ms);
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static void on_end(void *owner)
{
    end(owner);
}

void backend_drain(struct worker *worker, struct stream **stream, uint32_t idle_ms)
{
    static const struct stream_events events = {on_received, on_nothing, on_nothing, on_end};
    struct backend_drain **drains = backend_pool_drains(worker->backends);
    struct backend_drain *drain = memory_zero(sizeof *drain);

    drain->loop = worker->loop;
    drain->stream = *stream;
    drain->idle_ms = idle_ms;
    drain->next = *drains;
    drain->previous = drains;
    if (drain->next != NULL)
        drain->next->previous = &drain->next;
    *drains = drain;
    *stream = NULL;
    deadline_init(&drain->deadline, on_end, drain);
    deadline_set(drain->loop, &drain->deadline, idle_ms);
    stream_set_owner(drain->stream, &events, drain);
    if (stream_is_paused(drain->stream))
        stream_resume(drain->stream);
}

void backend_drain_end_all(struct backend_drain **drains)
{
    while (*drains != NULL)
        end(*drains);
}
