#include "base/arena.h"
#include "net/stream_private.h"

/* Letting go of a stream politely: what was written leaves, our direction ends, and what the peer
 * still sends is read and dropped for a while, because closing with unread input resets the
 * connection and destroys the answer on its way (RFC 9112 9.6). */

#define DROP_MAX (1u << 20)
/* A peer that takes nothing of its last words keeps us no longer than this. */
#define FLUSH_MS 30000

struct farewell {
    struct farewell *next, **previous; /* all of the loop */
    struct stream *stream;
    struct loop *loop;
    struct deadline deadline;
    uint32_t linger_ms;
    uint64_t dropped;
    size_t queued; /* when the deadline was set */
    bool awaits_answer;
};

static void end_linger(struct farewell *linger)
{
    if (linger->stream == NULL)
        return;
    deadline_clear(&linger->deadline);
    stream_close(&linger->stream);
    *linger->previous = linger->next;
    if (linger->next != NULL)
        linger->next->previous = linger->previous;
    loop_retire(linger->loop, linger);
}

static void on_done(void *owner)
{
    end_linger(owner);
}

static void wait_until_sent(struct farewell *linger)
{
    linger->queued = stream_queued(linger->stream);
    deadline_set(linger->loop, &linger->deadline,
                 linger->queued > 0 ? FLUSH_MS : linger->linger_ms);
}

static void on_deadline(void *owner)
{
    struct farewell *linger = owner;
    size_t queued = stream_queued(linger->stream);

    if (queued > 0 && queued < linger->queued)
        wait_until_sent(linger);
    else
        end_linger(linger);
}

static void on_received(void *owner)
{
    struct farewell *linger = owner;
    size_t len = stream_input(linger->stream).len;
    bool has_heard =
        stream_end(linger->stream) != STREAM_OPEN || (linger->awaits_answer && len > 0);

    linger->dropped += len;
    stream_consume(linger->stream, len);
    /* A peer that only says nothing more still reads. */
    if (linger->dropped > DROP_MAX || (has_heard && stream_queued(linger->stream) == 0))
        end_linger(linger);
}

static void on_drained(void *owner)
{
    struct farewell *linger = owner;

    if (linger->linger_ms == 0 || stream_end(linger->stream) != STREAM_OPEN)
        end_linger(linger);
    else
        deadline_set(linger->loop, &linger->deadline, linger->linger_ms);
}

static const struct stream_events linger_events = {
    .received = on_received,
    .drained = on_drained,
    .failed = on_done,
};

static void let_go(struct stream *stream, uint32_t linger_ms, bool awaits_answer)
{
    struct loop *loop = stream->loop;
    struct farewell *linger;

    stream->finishing = !stream->finished && !awaits_answer;
    stream->closing = linger_ms == 0 || stream->end != STREAM_OPEN;
    stream_flush(stream);
    if (stream_queued(stream) == 0 && stream->closing) {
        stream_close(&stream);
        return;
    }
    linger = memory_zero(sizeof *linger);
    *linger = (struct farewell){
        .stream = stream, .loop = loop, .linger_ms = linger_ms, .awaits_answer = awaits_answer};
    linger->next = loop->farewells;
    linger->previous = &loop->farewells;
    if (linger->next != NULL)
        linger->next->previous = &linger->next;
    loop->farewells = linger;
    deadline_init(&linger->deadline, on_deadline, linger);
    wait_until_sent(linger);
    stream_set_owner(stream, &linger_events, linger);
    stream_put_off(stream, STREAM_PENDING_FLUSH);
    if (stream_is_paused(stream))
        stream_resume(stream);
    stream_put_off(stream, stream->failed ? STREAM_PENDING_FAILED : STREAM_PENDING_RECEIVED);
}

void stream_close_after(struct stream **handle, uint32_t linger_ms)
{
    struct stream *stream = *handle;

    *handle = NULL;
    if (stream != NULL)
        let_go(stream, linger_ms, false);
}

void stream_close_answered(struct stream **handle, uint32_t linger_ms)
{
    struct stream *stream = *handle;

    *handle = NULL;
    if (stream != NULL)
        let_go(stream, linger_ms, stream->tls == NULL);
}

size_t loop_farewells(const struct loop *loop)
{
    size_t count = 0;

    for (const struct farewell *linger = loop->farewells; linger != NULL; linger = linger->next)
        count++;
    return count;
}

void stream_end_farewells(struct loop *loop)
{
    while (loop->farewells != NULL)
        end_linger(loop->farewells);
}
