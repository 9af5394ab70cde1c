#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* TLS towards backends: the other end of what tls_context.h and tls_layer.h are. No key is ever
 * shown to a backend: no process that meets the network has one. */

struct stream_transform;
struct tls_client;

struct tls_client_settings {
    bool verifies;         /* the certificate must be for the name and signed by `trusted` */
    uint32_t verify_depth; /* authorities between the two, at most */
    struct slice trusted;  /* PEM */
    uint32_t protocols;    /* enum tls_protocol bits; 0: TLS 1.2 and 1.3 */
    struct slice ciphers;  /* for TLS 1.2 and older, OpenSSL's syntax; empty: the default list */
    bool resumes;          /* sessions */
};

/* NULL on failure, with words for the operator in *why (in `arena`). Everything is copied. */
struct tls_client *tls_client_new(const struct tls_client_settings *settings, struct arena *arena,
                                  struct slice *why) __attribute__((warn_unused_result));

/* Connections that use it go on: it is freed with the last of them. */
void tls_client_free(struct tls_client *client);

/* The transform for one connection, for stream_connect_tls. `name` is whom the certificate must
 * name (or an address); `says_name`: the backend is told it (SNI), unless it is an address. */
struct stream_transform *tls_client_connect(struct tls_client *client, struct slice name,
                                            bool says_name);
