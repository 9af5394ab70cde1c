#include "net/stream.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/stream_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_READ          (64u << 10)
#define INITIAL_INPUT_LIMIT (64u << 10)
#define SLOW_READ           (32u << 10)

static void on_event(evutil_socket_t fd, short what, void *owner);

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

void stream_put_off(struct stream *stream, enum stream_pending what)
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

void stream_fail(struct stream *stream, enum stream_end how, int error)
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
    stream_put_off(stream, STREAM_PENDING_FAILED);
}

bool stream_is_secured(const struct stream *stream)
{
    return stream->tls != NULL && stream->tls->secured;
}

static void on_event(evutil_socket_t fd, short what, void *owner)
{
    struct stream *stream = owner;
    struct loop *loop = stream->loop;
    bool fired_in_vain = false;

    (void)fd;
    if ((what & EV_WRITE) != 0) {
        stream->blocked = false;
        stream_flush(stream);
    }
    if ((what & EV_READ) != 0 && stream->end == STREAM_OPEN && !stream->failed) {
        if (stream->paused || buffer_len(&stream->kept) >= stream->input_limit)
            fired_in_vain = true;
        else if (stream->tls != NULL)
            stream_read_tls(stream);
        else
            stream_read_plain(stream);
    }
    update_interest(stream, fired_in_vain);
    loop_settle(loop);
}

/* Settling. */

static void settle(struct stream *stream)
{
    uint8_t pending = stream->pending;

    stream->pending = 0;
    if ((pending & STREAM_PENDING_FAILED) != 0) {
        if (stream->events->failed != NULL)
            stream->events->failed(stream->owner);
        update_interest(stream, false);
        return;
    }
    if ((pending & STREAM_PENDING_BROKEN) != 0) {
        stream_read_rest(stream);
        update_interest(stream, false);
        return;
    }
    if ((pending & STREAM_PENDING_DRAINED) != 0 && stream_queued(stream) == 0 &&
        stream->events->drained != NULL)
        stream->events->drained(stream->owner);
    if ((pending & STREAM_PENDING_RECEIVED) != 0 && !stream->closed && !stream->paused)
        stream_deliver(stream);
    if ((pending & STREAM_PENDING_FLUSH) != 0 && !stream->closed)
        stream_flush(stream);
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
        stream_put_off(stream, STREAM_PENDING_RECEIVED);
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
    stream_flush(stream);
    ensure(buffer_len(&stream->out) == 0 || stream->failed || stream->blocked);
    stream->tls = memory_zero(sizeof *stream->tls);
    stream->tls->transform = transform;
    /* What the socket did not take of our last words in the clear goes before the handshake. */
    stream->tls->wire = stream->out;
    stream->out = (struct buffer){0};
}

void stream_connect_tls(struct stream *stream, struct stream_transform *transform)
{
    struct stream_wire wire = {.out = &stream->loop->gather};
    enum transform_result result;

    stream_start_tls(stream, transform);
    result = transform->functions->handshake(transform, &wire);
    stream_send_gathered(stream);
    if (result == TRANSFORM_FAILED)
        stream_fail(stream, STREAM_TLS_FAILED, 0);
}

void stream_reset(struct stream **handle)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (*handle != NULL)
        setsockopt((*handle)->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream_close(handle);
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

void stream_say_in_clear(struct stream *stream, struct slice bytes)
{
    ensure(stream->end == STREAM_TLS_FAILED && !stream_is_secured(stream));
    if (bytes.len > 0 && send(stream->fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return; /* the connection goes anyway */
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
