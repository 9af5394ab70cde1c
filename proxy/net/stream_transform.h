#pragma once

#include "base/slice.h"
#include "net/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* The one inversion in the layers: `net/stream` needs TLS underneath while tls/ stands above net/.
 * So the stream takes this struct of functions, which tls/tls_layer fills. A transform does no I/O:
 * it turns wire bytes into application bytes and back. */

/* The wire side of a stream, lent to the transform for one call. */
struct stream_wire {
    struct slice in;    /* ciphertext that arrived; the transform takes from the front */
    bool ended;         /* no more than `in` will come */
    struct buffer *out; /* ciphertext to send is appended here */
};

enum transform_result {
    TRANSFORM_OK,
    TRANSFORM_MORE,   /* needs more wire bytes first */
    TRANSFORM_CLOSED, /* the peer said close_notify */
    TRANSFORM_FAILED, /* words() says why; whatever stands in wire->out (an alert) is still to be
                         sent */
};

struct stream_transform {
    const struct stream_transform_functions *functions;
};

struct stream_transform_functions {
    /* One step of the handshake. */
    enum transform_result (*handshake)(struct stream_transform *self, struct stream_wire *wire);
    /* Decrypts as much as fits; *len bytes were written to `out`. OK when `out` is full, else why
     * it stopped, with *len possibly above 0. Takes all of wire->in unless `out` is full. */
    enum transform_result (*read)(struct stream_transform *self, struct stream_wire *wire,
                                  char *out, size_t capacity, size_t *len);
    /* Encrypts all of `bytes`. */
    enum transform_result (*write)(struct stream_transform *self, struct stream_wire *wire,
                                   struct slice bytes);
    void (*finish)(struct stream_transform *self, struct stream_wire *wire); /* close_notify */
    const char *(*words)(const struct stream_transform *self);
    void (*free)(struct stream_transform *self);
};
