#pragma once

#include "net/loop_private.h"
#include "net/stream.h"
#include "net/stream_transform.h"

/* The inside of a stream, shared by stream.c (life and state), stream_read.c, stream_write.c and
 * linger.c. */

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
enum stream_pending {
    STREAM_PENDING_FLUSH = 1 << 0,
    STREAM_PENDING_RECEIVED = 1 << 1,
    STREAM_PENDING_FAILED = 1 << 2,
    STREAM_PENDING_DRAINED = 1 << 3,
    STREAM_PENDING_BROKEN = 1 << 4,
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
    int error;  /* errno of a failure */
    int broken; /* errno of a failed write: what the peer said before is read first */
    enum stream_end end;
    uint8_t pending;  /* enum stream_pending bits */
    uint8_t interest; /* EV_READ | EV_WRITE as registered */
    bool dirty;       /* on the loop's list */
    bool paused;
    bool blocked;   /* the socket is full: wait until it is writable */
    bool waited;    /* output had to wait: say `drained` when it is gone */
    bool finishing; /* end our direction when everything is sent */
    bool finished;  /* our direction is ended */
    bool closing;   /* close(2) follows at once: no need to say FIN before */
    bool failed;
    bool closed;
    struct event event;
};

/* stream.c */
void stream_put_off(struct stream *stream, enum stream_pending what);
void stream_fail(struct stream *stream, enum stream_end how, int error);

/* stream_read.c: one read of the socket, and what it brought to the owner. */
void stream_read_plain(struct stream *stream);
void stream_read_rest(struct stream *stream); /* after a failed write; then the stream fails */
void stream_read_tls(struct stream *stream);
void stream_deliver(struct stream *stream); /* what was kept */
void stream_need_scratch(struct loop *loop);

/* stream_write.c: sends what is queued as far as the socket takes it. */
void stream_flush(struct stream *stream);
void stream_send_gathered(struct stream *stream);
void stream_keep_gathered(struct stream *stream); /* to leave with what the callback writes */
