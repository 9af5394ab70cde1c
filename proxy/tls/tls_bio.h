#pragma once

#include "net/stream_transform.h"

#include <stddef.h>

#include <openssl/bio.h>

/* The BIO between OpenSSL and a stream's wire. It keeps nothing between two calls, so all
 * connections of a context share one: that saves 200 bytes and two allocations for each. */
struct tls_bio {
    BIO_METHOD *method;
    BIO *bio;
    struct stream_wire *wire; /* of the call that is running, else NULL */
    size_t allowance;         /* bytes the running call may still take from the wire */
};

void tls_bio_init(struct tls_bio *bio); /* *bio must not move after this */
void tls_bio_deinit(struct tls_bio *bio);
