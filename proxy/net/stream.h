#pragma once

#include "base/slice.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One non-blocking TCP connection as peek, consume, write, pause; plain, or with TLS underneath.
 *
 * Reading. Bytes arrive in `received`. stream_input() is everything not consumed yet, contiguous.
 * It points into memory shared by all streams of the loop: it is valid only inside the `received`
 * callback (or a task, see stream_resume), and only until the next call that reads on this stream.
 * What is not consumed when the callback returns is kept by the stream, at most `input_limit`
 * bytes; when that much is waiting, reading stops until some is consumed.
 *
 * Writing. stream_write() takes everything. Bytes leave at the end of the callback in as few system
 * calls as possible. Ask stream_queued() and stop producing when it is large; `drained` says when
 * everything has left after a time when the socket would not take it.
 *
 * An idle stream holds no buffers. No callback ever comes from inside a call of this interface. */

enum stream_end {
    STREAM_OPEN,
    STREAM_FINISHED,   /* the peer ended orderly: FIN, under TLS after close_notify */
    STREAM_TRUNCATED,  /* FIN under TLS without close_notify: a body cut here is not complete */
    STREAM_RESET,      /* reset or any other socket error */
    STREAM_TLS_FAILED, /* handshake or record error; stream_failure_words() says which */
};

/* What happens, to the stream's owner. In any of them the owner may close the stream. */
struct stream_events {
    void (*received)(void *owner); /* more input, or the peer ended: see stream_end() */
    void (*drained)(void *owner);  /* stream_queued() fell to 0 after output had to wait */
    void (*secured)(void *owner);  /* the TLS handshake is complete */
    void (*failed)(void *owner);   /* RESET or TLS_FAILED, reading or writing; nothing more comes */
};

struct stream_transform;
struct stream;

/* Takes over `fd` (non-blocking, connected). Reading starts at once; callbacks come from the loop.
 */
struct stream *stream_new(struct loop *loop, int fd, const struct stream_events *events,
                          void *owner);
void stream_set_owner(struct stream *stream, const struct stream_events *events, void *owner);

/* Reading. */
struct slice stream_input(const struct stream *stream);
void stream_consume(struct stream *stream, size_t len);
enum stream_end stream_end(const struct stream *stream); /* of the peer's direction */
void stream_pause(struct stream *stream);  /* no `received` until resumed; EOF is not noticed */
void stream_resume(struct stream *stream); /* if input is waiting, `received` follows from a task */
bool stream_is_paused(const struct stream *stream);
void stream_set_input_limit(struct stream *stream, size_t limit); /* initially 64 KiB */

/* How many bytes one read may bring: grows by itself to 256 KiB while reads fill it; called when
 * the place they go to cannot take them as fast, it starts small again. */
void stream_read_less(struct stream *stream);

/* Writing. The bytes are copied or sent before the call returns. */
void stream_write(struct stream *stream, struct slice bytes);
size_t
stream_queued(const struct stream *stream); /* bytes accepted that the socket has not taken */

/* Asks for `drained` when all that is queued has left, even if the socket takes it at once. */
void stream_tell_drained(struct stream *stream);

/* Queues `len` bytes of the file from `offset` behind what was written; the fd must stay open until
 * stream_queued() is 0 or the stream is closed. Reads ahead only as fast as the socket takes it:
 * sendfile(2) in the clear, read and encrypt under TLS. If the file turns out shorter, the stream
 * fails (STREAM_RESET): never padded. One file at a time, nothing behind it: `drained` always
 * follows. */
void stream_write_file(struct stream *stream, int file, uint64_t offset, uint64_t len);

/* Sends what is queued, then ends our direction (close_notify, then FIN). Input goes on. */
void stream_finish(struct stream *stream);

/* Ends both directions and retires the memory; what is queued and not sent by now is lost: see
 * stream_close_after. No callback comes any more. Sets *stream to NULL. */
void stream_close(struct stream **stream);

/* The same, but the peer sees a reset: where an orderly end would look like success. */
void stream_reset(struct stream **stream);

/* Lets go of the stream: sends what is queued, ends our direction, reads and drops up to 1 MiB for
 * at most `linger_ms` so that the peer can read our last words (RFC 9112 9.6), then closes. Sets
 * *stream to NULL. */
void stream_close_after(struct stream **stream, uint32_t linger_ms);

/* The same towards a peer whose answer to the last words is all that is still due: closes when one
 * comes, and until then ends no direction. (Under TLS as above: close_notify belongs to an end.) */
void stream_close_answered(struct stream **stream, uint32_t linger_ms);

/* TLS. Puts `transform` (owned by the stream from now on) under the stream and begins the handshake
 * as a server. The input must be empty: bytes the client sent in the clear behind STARTTLS are a
 * protocol violation that the caller has to refuse first. `secured` or `failed` follows. */
void stream_start_tls(struct stream *stream, struct stream_transform *transform);
/* The same as a client: our first words of the handshake leave at once. */
void stream_connect_tls(struct stream *stream, struct stream_transform *transform);
struct stream_transform *stream_transform_of(const struct stream *stream); /* NULL: in the clear */
bool stream_is_secured(const struct stream *stream); /* the handshake is complete */
/* Last words in the clear to a peer whose handshake failed; one attempt, nothing is queued. */
void stream_say_in_clear(struct stream *stream, struct slice bytes);
const char *stream_failure_words(const struct stream *stream); /* for a log line; never NULL */

int stream_fd(const struct stream *stream);
uint64_t stream_bytes_in(const struct stream *stream); /* application bytes since the start */
uint64_t stream_bytes_out(const struct stream *stream);
