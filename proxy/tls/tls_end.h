#pragma once

#include "net/stream_transform.h"
#include "tls/tls_bio.h"

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* One end of a TLS connection as a transform under a stream: what is the same whether a client came
 * (tls_layer.c) or a backend was called (tls_client_layer.c). */

struct tls_end;

/* What is not the same. */
struct tls_end_kind {
    void (*begin)(struct tls_end *end); /* a call of OpenSSL begins, and has ended: may be NULL */
    void (*done)(struct tls_end *end);
    const char *(*why)(const struct tls_end *end); /* it failed; empties OpenSSL's error queue */
    void (*release)(struct tls_end *end); /* frees all but the SSL object, `end` itself included */
    const char *left;                     /* the other end has, during the handshake */
    const char *too_long;                 /* it has sent more than it may */
};

struct tls_end {
    struct stream_transform transform; /* first */
    const struct tls_end_kind *kind;
    SSL *ssl;
    struct tls_bio *bio;
    const char *words;    /* set: it has failed */
    const char *refusal;  /* set by a callback: what has come is not to be borne */
    uint16_t flight_left; /* bytes the other end may still send in this flight of the handshake */
    bool is_unbounded;    /* …or as many as it likes */
    bool is_secured;
};

/* For an end that is all zeros: `settings` and `bio` must live as long. */
void tls_end_init(struct tls_end *end, const struct tls_end_kind *kind, SSL_CTX *settings,
                  struct tls_bio *bio);
