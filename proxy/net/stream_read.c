#include "base/arena.h"
#include "base/ensure.h"
#include "net/stream_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void stream_need_scratch(struct loop *loop)
{
    if (loop->scratch != NULL)
        return;
    loop->scratch = memory_alloc(LOOP_KEPT_MAX + LOOP_READ_MAX);
    loop->wire_scratch = memory_alloc(LOOP_READ_MAX);
}

void stream_deliver(struct stream *stream)
{
    if (!stream->closed && stream->events->received != NULL)
        stream->events->received(stream->owner);
}

/* Shows the owner `len` bytes of the scratch memory, then keeps what it left. */
static void deliver_scratch(struct stream *stream, size_t len)
{
    struct loop *loop = stream->loop;

    buffer_release(&stream->kept); /* it stands at the front of the scratch memory */
    loop->current = stream;
    loop->current_input = (struct slice){loop->scratch, len};
    stream_deliver(stream);
    if (loop->current != stream)
        return; /* closed */
    loop->current = NULL;
    buffer_append(&stream->kept, loop->current_input);
}

static size_t copy_kept(struct stream *stream)
{
    size_t kept = buffer_len(&stream->kept);

    stream_need_scratch(stream->loop);
    ensure(kept <= LOOP_KEPT_MAX);
    if (kept > 0)
        memcpy(stream->loop->scratch, stream->kept.memory + stream->kept.start, kept);
    return kept;
}

static void grow_read_size(struct stream *stream, size_t got)
{
    if (got == stream->read_size && stream->read_size < LOOP_READ_MAX)
        stream->read_size *= 2;
}

/* One recv; the number of bytes, 0 for nothing (EOF or failure set the state). */
static size_t receive(struct stream *stream, char *memory)
{
    ssize_t got = recv(stream->fd, memory, stream->read_size, 0);

    if (got > 0) {
        grow_read_size(stream, (size_t)got);
        return (size_t)got;
    }
    if (got == 0 && stream->broken == 0)
        stream->end = STREAM_FINISHED;
    else if (got == 0)
        return 0; /* the reset was told to the write that failed: no orderly end */
    else if (errno != EAGAIN && errno != EINTR)
        stream_fail(stream, STREAM_RESET, errno);
    return 0;
}

void stream_read_plain(struct stream *stream)
{
    size_t kept = copy_kept(stream);
    size_t got = receive(stream, stream->loop->scratch + kept);

    if (stream->failed || (got == 0 && stream->end == STREAM_OPEN))
        return;
    stream->bytes_in += got;
    deliver_scratch(stream, kept + got);
}

void stream_read_rest(struct stream *stream)
{
    uint64_t before = stream->bytes_in - 1;

    while (stream->bytes_in != before && !stream->closed && !stream->failed && !stream->paused &&
           stream->end == STREAM_OPEN && stream->tls == NULL &&
           buffer_len(&stream->kept) < stream->input_limit) {
        before = stream->bytes_in;
        stream_read_plain(stream);
    }
    if (!stream->closed)
        stream_fail(stream, STREAM_RESET, stream->broken);
}

/* True when the handshake is over and reading may go on in the same turn. */
static bool step_handshake(struct stream *stream, struct stream_wire *wire)
{
    struct stream_tls *tls = stream->tls;
    enum transform_result result = tls->transform->functions->handshake(tls->transform, wire);

    if (result == TRANSFORM_OK)
        stream_keep_gathered(stream);
    else
        stream_send_gathered(stream);
    if (stream->failed)
        return false;
    if (result == TRANSFORM_MORE) {
        if (wire->ended)
            stream_fail(stream, STREAM_RESET, ECONNRESET);
        return false;
    }
    if (result != TRANSFORM_OK) {
        stream_fail(stream, STREAM_TLS_FAILED, 0);
        return false;
    }
    tls->secured = true;
    stream_put_off(stream, STREAM_PENDING_FLUSH);
    if (stream->events->secured != NULL)
        stream->events->secured(stream->owner);
    return !stream->closed;
}

static void read_secured(struct stream *stream, struct stream_wire *wire)
{
    struct stream_transform *transform = stream->tls->transform;
    struct loop *loop = stream->loop;
    size_t kept = copy_kept(stream), len = 0;
    enum transform_result result = transform->functions->read(
        transform, wire, loop->scratch + kept, LOOP_KEPT_MAX + LOOP_READ_MAX - kept, &len);

    stream_send_gathered(stream); /* alerts, answers to key updates */
    if (stream->failed)
        return;
    stream->bytes_in += len;
    if (result == TRANSFORM_CLOSED)
        stream->end = STREAM_FINISHED;
    else if (wire->ended && result != TRANSFORM_FAILED)
        stream->end = STREAM_TRUNCATED;
    if (len > 0 || stream->end != STREAM_OPEN)
        deliver_scratch(stream, kept + len);
    if (!stream->closed && result == TRANSFORM_FAILED)
        stream_fail(stream, STREAM_TLS_FAILED, 0);
}

void stream_read_tls(struct stream *stream)
{
    struct stream_wire wire = {.out = &stream->loop->gather};

    stream_need_scratch(stream->loop);
    wire.in.at = stream->loop->wire_scratch;
    wire.in.len = receive(stream, stream->loop->wire_scratch);
    if (stream->failed)
        return;
    if (stream->end == STREAM_FINISHED) {
        stream->end = STREAM_OPEN; /* whether it is one, close_notify decides */
        wire.ended = true;
    } else if (wire.in.len == 0) {
        return;
    }
    if (!stream->tls->secured && !step_handshake(stream, &wire))
        return;
    if (wire.in.len > 0 || wire.ended)
        read_secured(stream, &wire);
}
