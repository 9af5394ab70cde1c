#include "base/arena.h"
#include "base/ensure.h"
#include "net/stream_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Writes this large go out at once instead of being copied into the queue first. */
#define WRITE_AT_ONCE (16u << 10)
/* Queues larger than this give their memory back. */
#define SPARE_MAX (16u << 10)
/* One stream may send this much of a file in one turn before the others get theirs. */
#define FILE_TURN (1u << 20)
#define FILE_STEP (64u << 10) /* read and encrypted at a time under TLS: stays in the cache */

/* The peer has gone, but not before it said why: an early answer, a 421. That is read before the
 * stream fails. */
static void write_failed(struct stream *stream, int error)
{
    if (stream->tls != NULL || stream->paused || stream->end != STREAM_OPEN) {
        stream_fail(stream, STREAM_RESET, error);
        return;
    }
    stream->broken = error;
    stream->blocked = false;
    buffer_release(&stream->out);
    free(stream->file);
    stream->file = NULL;
    stream_put_off(stream, STREAM_PENDING_BROKEN);
}

static bool is_deaf(const struct stream *stream)
{
    return stream->failed || stream->broken != 0;
}

/* What is said within a turn is gone at its end, nearly always: one piece of memory serves all. */
static void queue(struct stream *stream, struct slice bytes)
{
    struct loop *loop = stream->loop;

    if (stream->out.memory == NULL) {
        stream->out = loop->spare;
        loop->spare = (struct buffer){0};
    }
    buffer_append(&stream->out, bytes);
}

static void queue_is_sent(struct stream *stream)
{
    struct loop *loop = stream->loop;

    if (loop->spare.memory == NULL && stream->out.capacity <= SPARE_MAX) {
        loop->spare = stream->out;
        loop->spare.start = loop->spare.end = 0;
        stream->out = (struct buffer){0};
    } else {
        buffer_release(&stream->out);
    }
}

/* Gives `bytes` to the socket; how many it took. Sets `blocked` or fails. */
static size_t send_some(struct stream *stream, struct slice bytes, int flags)
{
    ssize_t sent = send(stream->fd, bytes.at, bytes.len, MSG_NOSIGNAL | flags);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        write_failed(stream, errno);
        return 0;
    }
    if (sent < (ssize_t)bytes.len)
        stream->blocked = stream->waited = true;
    return sent < 0 ? 0 : (size_t)sent;
}

static void send_buffer(struct stream *stream, struct buffer *buffer, int flags)
{
    size_t sent;

    if (buffer_len(buffer) == 0 || stream->blocked || is_deaf(stream))
        return;
    sent = send_some(stream, buffer_slice(buffer), flags);
    if (is_deaf(stream))
        return;
    if (buffer == &stream->out && sent == buffer_len(buffer))
        queue_is_sent(stream);
    else
        buffer_consume(buffer, sent);
}

/* Where ciphertext goes: behind what the socket did not take, else into the buffer that all streams
 * share, to be sent in one go. */
static struct buffer *ciphertext(struct stream *stream)
{
    bool waits = buffer_len(&stream->tls->wire) > 0;

    return waits ? &stream->tls->wire : &stream->loop->gather;
}

static void encrypt(struct stream *stream, struct slice bytes)
{
    struct stream_wire wire = {.out = ciphertext(stream)};
    const struct stream_transform_functions *functions = stream->tls->transform->functions;

    if (functions->write(stream->tls->transform, &wire, bytes) != TRANSFORM_OK)
        stream_fail(stream, STREAM_TLS_FAILED, 0);
}

void stream_keep_gathered(struct stream *stream)
{
    struct buffer *gather = &stream->loop->gather;

    if (!stream->failed)
        buffer_append(&stream->tls->wire, buffer_slice(gather));
    gather->start = gather->end = 0; /* keeps its memory for the next one */
}

/* Sends the gather buffer; what the socket does not take becomes the stream's own. */
void stream_send_gathered(struct stream *stream)
{
    struct buffer *gather = &stream->loop->gather;
    struct buffer *wire = &stream->tls->wire;

    if (buffer_len(gather) == 0)
        return;
    if (buffer_len(wire) == 0 && !stream->blocked && !stream->failed) {
        size_t sent = send_some(stream, buffer_slice(gather), 0);

        gather->start += (uint32_t)sent;
    }
    stream_keep_gathered(stream);
}

/* What is queued, and close_notify behind it when nothing more comes: they leave together. */
static void encrypt_queue(struct stream *stream)
{
    struct stream_wire wire;

    if (buffer_len(&stream->out) > 0) {
        encrypt(stream, buffer_slice(&stream->out));
        if (stream->failed)
            return;
        queue_is_sent(stream);
    }
    if (!stream->finishing || stream->finished || stream->file != NULL)
        return;
    stream->finished = true;
    wire.out = ciphertext(stream);
    stream->tls->transform->functions->finish(stream->tls->transform, &wire);
}

static void flush_queue(struct stream *stream)
{
    if (stream->tls == NULL) {
        send_buffer(stream, &stream->out, stream->file != NULL ? MSG_MORE : 0);
        return;
    }
    if (stream->tls->secured && !stream->blocked)
        encrypt_queue(stream);
    if (stream->file == NULL)
        stream_send_gathered(stream);
    send_buffer(stream, &stream->tls->wire, 0);
}

static void file_sent(struct stream *stream, size_t len)
{
    stream->file->offset += len;
    stream->file->left -= len;
    stream->bytes_out += len;
    if (stream->file->left > 0)
        return;
    free(stream->file);
    stream->file = NULL;
}

/* The file is shorter than was promised: cut visibly, never pad. */
static void file_ended_early(struct stream *stream)
{
    stream_fail(stream, STREAM_RESET, ENODATA);
}

static void send_file_plain(struct stream *stream)
{
    size_t budget = FILE_TURN;

    while (stream->file != NULL && budget > 0 && !stream->blocked) {
        off_t offset = (off_t)stream->file->offset;
        size_t want = stream->file->left < budget ? (size_t)stream->file->left : budget;
        ssize_t sent = sendfile(stream->fd, stream->file->fd, &offset, want);

        if (sent > 0) {
            budget -= (size_t)sent;
            file_sent(stream, (size_t)sent);
        } else if (sent == 0) {
            file_ended_early(stream);
            return;
        } else if (errno == EAGAIN) {
            stream->blocked = stream->waited = true;
        } else if (errno != EINTR) {
            write_failed(stream, errno);
            return;
        }
    }
    if (stream->file != NULL)
        stream->blocked = stream->waited = true; /* the rest in the next turns */
}

static void send_file_secured(struct stream *stream)
{
    size_t budget = FILE_TURN;

    stream_need_scratch(stream->loop);
    while (stream->file != NULL && budget > 0 && !stream->blocked) {
        size_t want = stream->file->left < FILE_STEP ? (size_t)stream->file->left : FILE_STEP;
        ssize_t got =
            pread(stream->file->fd, stream->loop->wire_scratch, want, (off_t)stream->file->offset);

        if (got <= 0) {
            file_ended_early(stream);
            return;
        }
        encrypt(stream, (struct slice){stream->loop->wire_scratch, (size_t)got});
        if (stream->failed)
            return;
        file_sent(stream, (size_t)got);
        budget -= (size_t)got < budget ? (size_t)got : budget;
        stream_send_gathered(stream);
    }
    if (stream->file != NULL)
        stream->blocked = stream->waited = true;
}

/* FIN, after everything; close(2) says it too. */
static void end_direction(struct stream *stream)
{
    stream->finishing = false;
    stream->finished = true;
    if (!stream->closing)
        shutdown(stream->fd, SHUT_WR);
}

size_t stream_queued(const struct stream *stream)
{
    size_t len = buffer_len(&stream->out);

    if (stream->tls != NULL)
        len += buffer_len(&stream->tls->wire);
    if (stream->file != NULL)
        len += stream->file->left < SIZE_MAX / 2 ? (size_t)stream->file->left : SIZE_MAX / 2;
    return len;
}

void stream_flush(struct stream *stream)
{
    if (is_deaf(stream))
        return;
    flush_queue(stream);
    if (stream->file != NULL && buffer_len(&stream->out) == 0 && !stream->blocked &&
        !is_deaf(stream)) {
        if (stream_is_secured(stream) && buffer_len(&stream->tls->wire) == 0)
            send_file_secured(stream);
        else if (stream->tls == NULL)
            send_file_plain(stream);
    }
    if (stream->failed)
        stream->loop->gather.start = stream->loop->gather.end = 0;
    if (is_deaf(stream) || stream_queued(stream) > 0)
        return;
    if (stream->finishing)
        end_direction(stream);
    if (stream->waited) {
        stream->waited = false;
        stream_put_off(stream, STREAM_PENDING_DRAINED);
    }
}

/* The interface. */

/* Queue and new bytes in one system call; what does not fit is queued. */
static void write_at_once(struct stream *stream, struct slice bytes)
{
    struct slice waiting = buffer_slice(&stream->out);
    struct iovec parts[2] = {
        {(void *)(uintptr_t)waiting.at, waiting.len},
        {(void *)(uintptr_t)bytes.at,   bytes.len  }
    };
    struct msghdr message = {.msg_iov = waiting.len > 0 ? parts : parts + 1,
                             .msg_iovlen = waiting.len > 0 ? 2 : 1};
    ssize_t sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    size_t from_queue;

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        write_failed(stream, errno);
        return;
    }
    if (sent < 0)
        sent = 0;
    if ((size_t)sent < waiting.len + bytes.len)
        stream->blocked = stream->waited = true;
    from_queue = (size_t)sent < waiting.len ? (size_t)sent : waiting.len;
    buffer_consume(&stream->out, from_queue);
    buffer_append(&stream->out, slice_from(bytes, (size_t)sent - from_queue));
}

static void write_at_once_secured(struct stream *stream, struct slice bytes)
{
    if (buffer_len(&stream->out) > 0) {
        encrypt(stream, buffer_slice(&stream->out));
        queue_is_sent(stream);
    }
    if (!stream->failed)
        encrypt(stream, bytes);
    stream_send_gathered(stream);
}

void stream_write(struct stream *stream, struct slice bytes)
{
    bool can_send = !stream->blocked && stream->file == NULL;

    if (bytes.len == 0 || is_deaf(stream) || stream->finished || stream->finishing)
        return;
    ensure(stream->file == NULL);
    stream->bytes_out += bytes.len;
    if (bytes.len >= WRITE_AT_ONCE && can_send && stream->tls == NULL) {
        write_at_once(stream, bytes);
        stream_put_off(stream, STREAM_PENDING_FLUSH);
        return;
    }
    if (bytes.len >= WRITE_AT_ONCE && can_send && stream_is_secured(stream) &&
        buffer_len(&stream->tls->wire) == 0) {
        write_at_once_secured(stream, bytes);
        stream_put_off(stream, STREAM_PENDING_FLUSH);
        return;
    }
    queue(stream, bytes);
    stream_put_off(stream, STREAM_PENDING_FLUSH);
}

void stream_write_file(struct stream *stream, int file, uint64_t offset, uint64_t len)
{
    if (len == 0 || is_deaf(stream) || stream->finished || stream->finishing)
        return;
    ensure(stream->file == NULL);
    stream->file = memory_alloc(sizeof *stream->file);
    *stream->file = (struct stream_file){.offset = offset, .left = len, .fd = file};
    stream->waited = true; /* the owner has to know when the file is free */
    stream_put_off(stream, STREAM_PENDING_FLUSH);
}

void stream_tell_drained(struct stream *stream)
{
    stream->waited = true;
    stream_put_off(stream, STREAM_PENDING_FLUSH);
}

void stream_finish(struct stream *stream)
{
    if (stream->finished || stream->failed)
        return;
    stream->finishing = true;
    stream_put_off(stream, STREAM_PENDING_FLUSH);
}
