#include "net/stream.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/loop_private.h"
#include "net/stream_private.h"
#include "net/stream_transform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Writes this large go out at once instead of being copied into the queue first. */
#define WRITE_AT_ONCE       (16u << 10)
#define FIRST_READ          (64u << 10)
#define SLOW_READ           (32u << 10)
#define INITIAL_INPUT_LIMIT (64u << 10)
/* One stream may send this much of a file in one turn before the others get theirs. */
#define FILE_TURN (1u << 20)
#define FILE_STEP (128u << 10) /* read and encrypted at a time under TLS */

/* A file being sent behind what was written. */
struct stream_file {
    uint64_t offset, left;
    int fd;
};

struct stream_tls {
    struct stream_transform *transform;
    struct buffer wire; /* ciphertext that the socket would not take */
    bool secured;       /* the handshake is complete */
};

/* What is put off to the end of the callback. */
enum pending {
    PENDING_FLUSH = 1 << 0,
    PENDING_RECEIVED = 1 << 1,
    PENDING_FAILED = 1 << 2,
    PENDING_DRAINED = 1 << 3,
};

struct stream {
    struct loop *loop;
    const struct stream_events *events;
    void *owner;
    struct stream_tls *tls;   /* NULL: in the clear */
    struct stream_file *file; /* NULL: none */
    struct stream *next_dirty;
    struct buffer kept; /* input that was not consumed */
    struct buffer out;  /* application bytes not yet sent (nor encrypted) */
    uint64_t bytes_in, bytes_out;
    uint32_t input_limit;
    uint32_t read_size;
    int fd;
    int error; /* errno of a failure */
    enum stream_end end;
    uint8_t pending;  /* enum pending bits */
    uint8_t interest; /* EV_READ | EV_WRITE as registered */
    bool dirty;       /* on the loop's list */
    bool paused;
    bool blocked;   /* the socket is full: wait until it is writable */
    bool waited;    /* output had to wait: say `drained` when it is gone */
    bool finishing; /* end our direction when everything is sent */
    bool finished;  /* our direction is ended */
    bool failed;
    bool closed;
    struct event event;
};

static void on_event(evutil_socket_t fd, short what, void *owner);

static void ensure_scratch(struct loop *loop)
{
    if (loop->scratch != NULL)
        return;
    loop->scratch = memory_alloc(LOOP_KEPT_MAX + LOOP_READ_MAX);
    loop->wire_scratch = memory_alloc(LOOP_READ_MAX);
}

/* What to wait for follows from the state, here and nowhere else. A paused stream keeps its read
 * event until it fires: most pauses are shorter than that, and then cost no system call. */
static void update_interest(struct stream *stream, bool fired_in_vain)
{
    bool can_read = stream->end == STREAM_OPEN && !stream->failed;
    bool wants_read =
        can_read && !stream->paused && buffer_len(&stream->kept) < stream->input_limit;
    bool keeps_read = can_read && !fired_in_vain && (stream->interest & EV_READ) != 0;
    uint8_t interest = 0;

    if (stream->closed)
        return;
    if (wants_read || keeps_read)
        interest |= EV_READ;
    if (stream->blocked && !stream->failed)
        interest |= EV_WRITE;
    if (interest == stream->interest)
        return;
    if (stream->interest != 0)
        event_del(&stream->event);
    stream->interest = interest;
    if (interest == 0)
        return;
    event_assign(&stream->event, stream->loop->base, stream->fd, (short)(interest | EV_PERSIST),
                 on_event, stream);
    event_add(&stream->event, NULL);
}

static void put_off(struct stream *stream, enum pending what)
{
    struct loop *loop = stream->loop;

    stream->pending |= (uint8_t)what;
    if (stream->dirty)
        return;
    stream->dirty = true;
    stream->next_dirty = NULL;
    if (loop->dirty == NULL)
        loop->dirty = stream;
    else
        loop->dirty_last->next_dirty = stream;
    loop->dirty_last = stream;
}

static void fail(struct stream *stream, enum stream_end how, int error)
{
    if (stream->failed)
        return;
    stream->failed = true;
    stream->end = how;
    stream->error = error;
    stream->blocked = false;
    buffer_release(&stream->out);
    free(stream->file);
    stream->file = NULL;
    if (stream->tls != NULL)
        buffer_release(&stream->tls->wire);
    put_off(stream, PENDING_FAILED);
}

bool stream_is_secured(const struct stream *stream)
{
    return stream->tls != NULL && stream->tls->secured;
}

/* Sending. */

/* Gives `bytes` to the socket; how many it took. Sets `blocked` or fails. */
static size_t send_some(struct stream *stream, struct slice bytes, int flags)
{
    ssize_t sent = send(stream->fd, bytes.at, bytes.len, MSG_NOSIGNAL | flags);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        fail(stream, STREAM_RESET, errno);
        return 0;
    }
    if (sent < (ssize_t)bytes.len)
        stream->blocked = stream->waited = true;
    return sent < 0 ? 0 : (size_t)sent;
}

static void send_buffer(struct stream *stream, struct buffer *buffer, int flags)
{
    size_t sent;

    if (buffer_len(buffer) == 0 || stream->blocked || stream->failed)
        return;
    sent = send_some(stream, buffer_slice(buffer), flags);
    if (!stream->failed)
        buffer_consume(buffer, sent);
}

/* Encrypts into the loop's gather buffer, behind what is already there. */
static void encrypt(struct stream *stream, struct slice bytes)
{
    struct stream_wire wire = {.out = &stream->loop->gather};
    const struct stream_transform_functions *functions = stream->tls->transform->functions;

    if (functions->write(stream->tls->transform, &wire, bytes) != TRANSFORM_OK)
        fail(stream, STREAM_TLS_FAILED, 0);
}

/* Sends the gather buffer; what the socket does not take becomes the stream's own. */
static void send_gathered(struct stream *stream)
{
    struct buffer *gather = &stream->loop->gather;
    struct buffer *wire = &stream->tls->wire;

    if (buffer_len(gather) == 0)
        return;
    if (buffer_len(wire) == 0 && !stream->blocked && !stream->failed) {
        size_t sent = send_some(stream, buffer_slice(gather), 0);

        gather->start += (uint32_t)sent;
    }
    if (!stream->failed)
        buffer_append(wire, buffer_slice(gather));
    gather->start = gather->end = 0; /* keeps its memory for the next one */
}

static void flush_queue(struct stream *stream)
{
    if (stream->tls == NULL) {
        send_buffer(stream, &stream->out, stream->file != NULL ? MSG_MORE : 0);
        return;
    }
    send_buffer(stream, &stream->tls->wire, 0);
    if (!stream->tls->secured || buffer_len(&stream->out) == 0 || stream->blocked || stream->failed)
        return;
    encrypt(stream, buffer_slice(&stream->out));
    if (stream->failed)
        return;
    buffer_release(&stream->out);
    if (stream->file == NULL)
        send_gathered(stream);
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
    fail(stream, STREAM_RESET, ENODATA);
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
            fail(stream, STREAM_RESET, errno);
            return;
        }
    }
    if (stream->file != NULL)
        stream->blocked = stream->waited = true; /* the rest in the next turns */
}

static void send_file_secured(struct stream *stream)
{
    size_t budget = FILE_TURN;

    ensure_scratch(stream->loop);
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
        send_gathered(stream);
    }
    if (stream->file != NULL)
        stream->blocked = stream->waited = true;
}

static void end_direction(struct stream *stream)
{
    if (stream_is_secured(stream) && !stream->finished) {
        struct stream_wire wire = {.out = &stream->loop->gather};

        stream->finished = true;
        stream->tls->transform->functions->finish(stream->tls->transform, &wire);
        send_gathered(stream);
        if (buffer_len(&stream->tls->wire) > 0)
            return; /* FIN follows when that is gone */
    }
    stream->finishing = false;
    stream->finished = true;
    shutdown(stream->fd, SHUT_WR);
}

static size_t queued(const struct stream *stream)
{
    size_t len = buffer_len(&stream->out);

    if (stream->tls != NULL)
        len += buffer_len(&stream->tls->wire);
    if (stream->file != NULL)
        len += stream->file->left < SIZE_MAX / 2 ? (size_t)stream->file->left : SIZE_MAX / 2;
    return len;
}

static void flush(struct stream *stream)
{
    if (stream->failed)
        return;
    flush_queue(stream);
    if (stream->file != NULL && buffer_len(&stream->out) == 0 && !stream->blocked &&
        !stream->failed) {
        if (stream_is_secured(stream) && buffer_len(&stream->tls->wire) == 0)
            send_file_secured(stream);
        else if (stream->tls == NULL)
            send_file_plain(stream);
    }
    if (stream->failed)
        stream->loop->gather.start = stream->loop->gather.end = 0;
    if (stream->failed || queued(stream) > 0)
        return;
    if (stream->finishing)
        end_direction(stream);
    if (stream->waited && queued(stream) == 0) {
        stream->waited = false;
        put_off(stream, PENDING_DRAINED);
    }
}

/* Receiving. */

static void deliver(struct stream *stream)
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
    deliver(stream);
    if (loop->current != stream)
        return; /* closed */
    loop->current = NULL;
    buffer_append(&stream->kept, loop->current_input);
}

static size_t copy_kept(struct stream *stream)
{
    size_t kept = buffer_len(&stream->kept);

    ensure_scratch(stream->loop);
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
    if (got == 0)
        stream->end = STREAM_FINISHED;
    else if (errno != EAGAIN && errno != EINTR)
        fail(stream, STREAM_RESET, errno);
    return 0;
}

static void read_plain(struct stream *stream)
{
    size_t kept = copy_kept(stream);
    size_t got = receive(stream, stream->loop->scratch + kept);

    if (stream->failed || (got == 0 && stream->end == STREAM_OPEN))
        return;
    stream->bytes_in += got;
    deliver_scratch(stream, kept + got);
}

/* True when the handshake is over and reading may go on in the same turn. */
static bool step_handshake(struct stream *stream, struct stream_wire *wire)
{
    struct stream_tls *tls = stream->tls;
    enum transform_result result = tls->transform->functions->handshake(tls->transform, wire);

    send_gathered(stream);
    if (stream->failed)
        return false;
    if (result == TRANSFORM_MORE) {
        if (wire->ended)
            fail(stream, STREAM_RESET, ECONNRESET);
        return false;
    }
    if (result != TRANSFORM_OK) {
        fail(stream, STREAM_TLS_FAILED, 0);
        return false;
    }
    tls->secured = true;
    if (buffer_len(&stream->out) > 0)
        put_off(stream, PENDING_FLUSH);
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

    send_gathered(stream); /* alerts, answers to key updates */
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
        fail(stream, STREAM_TLS_FAILED, 0);
}

static void read_tls(struct stream *stream)
{
    struct stream_wire wire = {.out = &stream->loop->gather};

    ensure_scratch(stream->loop);
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

static void on_event(evutil_socket_t fd, short what, void *owner)
{
    struct stream *stream = owner;
    struct loop *loop = stream->loop;
    bool fired_in_vain = false;

    (void)fd;
    if ((what & EV_WRITE) != 0) {
        stream->blocked = false;
        flush(stream);
    }
    if ((what & EV_READ) != 0 && stream->end == STREAM_OPEN && !stream->failed) {
        if (stream->paused || buffer_len(&stream->kept) >= stream->input_limit)
            fired_in_vain = true;
        else if (stream->tls != NULL)
            read_tls(stream);
        else
            read_plain(stream);
    }
    update_interest(stream, fired_in_vain);
    loop_settle(loop);
}

/* Settling. */

static void settle(struct stream *stream)
{
    uint8_t pending = stream->pending;

    stream->pending = 0;
    if ((pending & PENDING_FAILED) != 0) {
        if (stream->events->failed != NULL)
            stream->events->failed(stream->owner);
        update_interest(stream, false);
        return;
    }
    if ((pending & PENDING_DRAINED) != 0 && queued(stream) == 0 && stream->events->drained != NULL)
        stream->events->drained(stream->owner);
    if ((pending & PENDING_RECEIVED) != 0 && !stream->closed && !stream->paused)
        deliver(stream);
    if ((pending & PENDING_FLUSH) != 0 && !stream->closed)
        flush(stream);
    update_interest(stream, false);
}

bool stream_settle_all(struct loop *loop)
{
    bool any = loop->dirty != NULL;
    struct stream *list = loop->dirty;

    loop->dirty = loop->dirty_last = NULL;
    while (list != NULL) {
        struct stream *stream = list;

        list = stream->next_dirty;
        stream->dirty = false;
        if (!stream->closed)
            settle(stream);
    }
    return any;
}

void stream_purge_dirty(struct loop *loop)
{
    struct stream **link = &loop->dirty;

    loop->dirty_last = NULL;
    while (*link != NULL) {
        if ((*link)->closed) {
            *link = (*link)->next_dirty;
        } else {
            loop->dirty_last = *link;
            link = &(*link)->next_dirty;
        }
    }
}

/* The interface. */

struct stream *stream_new(struct loop *loop, int fd, const struct stream_events *events,
                          void *owner)
{
    struct stream *stream = memory_zero(sizeof *stream);

    stream->loop = loop;
    stream->events = events;
    stream->owner = owner;
    stream->fd = fd;
    stream->input_limit = INITIAL_INPUT_LIMIT;
    stream->read_size = FIRST_READ;
    update_interest(stream, false);
    return stream;
}

void stream_set_owner(struct stream *stream, const struct stream_events *events, void *owner)
{
    stream->events = events;
    stream->owner = owner;
}

struct slice stream_input(const struct stream *stream)
{
    if (stream->loop->current == stream)
        return stream->loop->current_input;
    return buffer_slice(&stream->kept);
}

void stream_consume(struct stream *stream, size_t len)
{
    struct loop *loop = stream->loop;

    if (loop->current == stream) {
        ensure(len <= loop->current_input.len);
        loop->current_input =
            (struct slice){loop->current_input.at + len, loop->current_input.len - len};
        return;
    }
    buffer_consume(&stream->kept, len);
    update_interest(stream, false);
}

enum stream_end stream_end(const struct stream *stream)
{
    return stream->end;
}

void stream_pause(struct stream *stream)
{
    stream->paused = true;
}

void stream_resume(struct stream *stream)
{
    if (!stream->paused)
        return;
    stream->paused = false;
    if (stream_input(stream).len > 0 || stream->end != STREAM_OPEN)
        put_off(stream, PENDING_RECEIVED);
    update_interest(stream, false);
}

bool stream_is_paused(const struct stream *stream)
{
    return stream->paused;
}

void stream_set_input_limit(struct stream *stream, size_t limit)
{
    ensure(limit <= LOOP_READ_MAX);
    stream->input_limit = (uint32_t)limit;
}

void stream_read_less(struct stream *stream)
{
    stream->read_size = SLOW_READ;
}

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
        fail(stream, STREAM_RESET, errno);
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
        buffer_release(&stream->out);
    }
    if (!stream->failed)
        encrypt(stream, bytes);
    send_gathered(stream);
}

void stream_write(struct stream *stream, struct slice bytes)
{
    bool can_send = !stream->blocked && stream->file == NULL;

    if (bytes.len == 0 || stream->failed || stream->finished || stream->finishing)
        return;
    ensure(stream->file == NULL);
    stream->bytes_out += bytes.len;
    if (bytes.len >= WRITE_AT_ONCE && can_send && stream->tls == NULL) {
        write_at_once(stream, bytes);
        put_off(stream, PENDING_FLUSH);
        return;
    }
    if (bytes.len >= WRITE_AT_ONCE && can_send && stream_is_secured(stream) &&
        buffer_len(&stream->tls->wire) == 0) {
        write_at_once_secured(stream, bytes);
        put_off(stream, PENDING_FLUSH);
        return;
    }
    buffer_append(&stream->out, bytes);
    put_off(stream, PENDING_FLUSH);
}

size_t stream_queued(const struct stream *stream)
{
    return queued(stream);
}

void stream_write_file(struct stream *stream, int file, uint64_t offset, uint64_t len)
{
    if (len == 0 || stream->failed || stream->finished || stream->finishing)
        return;
    ensure(stream->file == NULL);
    stream->file = memory_alloc(sizeof *stream->file);
    *stream->file = (struct stream_file){.offset = offset, .left = len, .fd = file};
    put_off(stream, PENDING_FLUSH);
}

void stream_finish(struct stream *stream)
{
    if (stream->finished || stream->failed)
        return;
    stream->finishing = true;
    put_off(stream, PENDING_FLUSH);
}

void stream_close(struct stream **handle)
{
    struct stream *stream = *handle;

    *handle = NULL;
    if (stream == NULL || stream->closed)
        return;
    if (stream->loop->current == stream)
        stream->loop->current = NULL;
    if (stream->interest != 0)
        event_del(&stream->event);
    stream->interest = 0;
    stream->closed = true;
    close(stream->fd);
    buffer_release(&stream->kept);
    buffer_release(&stream->out);
    free(stream->file);
    if (stream->tls != NULL) {
        buffer_release(&stream->tls->wire);
        stream->tls->transform->functions->free(stream->tls->transform);
        free(stream->tls);
        stream->tls = NULL;
    }
    stream->file = NULL;
    loop_retire(stream->loop, stream);
}

void stream_start_tls(struct stream *stream, struct stream_transform *transform)
{
    ensure(stream->tls == NULL && stream_input(stream).len == 0);
    flush_queue(stream);
    ensure(buffer_len(&stream->out) == 0 || stream->failed || stream->blocked);
    stream->tls = memory_zero(sizeof *stream->tls);
    stream->tls->transform = transform;
    /* What the socket did not take of our last words in the clear goes before the handshake. */
    stream->tls->wire = stream->out;
    stream->out = (struct buffer){0};
}

struct stream_transform *stream_transform_of(const struct stream *stream)
{
    return stream->tls == NULL ? NULL : stream->tls->transform;
}

const char *stream_failure_words(const struct stream *stream)
{
    const char *words = NULL;

    if (stream->end == STREAM_TLS_FAILED && stream->tls != NULL)
        words = stream->tls->transform->functions->words(stream->tls->transform);
    else if (stream->error != 0)
        words = strerrordesc_np(stream->error);
    return words != NULL ? words : "connection closed";
}

struct loop *stream_loop(const struct stream *stream)
{
    return stream->loop;
}

void stream_flush_now(struct stream *stream)
{
    flush(stream);
}

void stream_finish_now(struct stream *stream)
{
    if (!stream->failed && !stream->finished)
        end_direction(stream);
}

void stream_want_received(struct stream *stream)
{
    if (stream->failed)
        put_off(stream, PENDING_FAILED);
    else
        put_off(stream, PENDING_RECEIVED);
}

int stream_fd(const struct stream *stream)
{
    return stream->fd;
}

uint64_t stream_bytes_in(const struct stream *stream)
{
    return stream->bytes_in;
}

uint64_t stream_bytes_out(const struct stream *stream)
{
    return stream->bytes_out;
}
