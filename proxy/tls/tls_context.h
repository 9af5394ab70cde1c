#pragma once

#include "base/arena.h"
#include "base/log.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* The TLS side of one listening address: the certificates of all its servers, chosen by SNI in the
 * ClientHello callback (before the session lookup, so that no ticket of one server resumes on
 * another: reference/tls-keys.md 2.8). */
struct tls_context;
struct stream_transform;

/* One server's TLS settings; certificates and keys as PEM text (contents, not paths). */
struct tls_server {
    const struct slice *names; /* server_name: exact, *.x; lower case */
    size_t name_count;
    const struct slice *certificates; /* chain PEM; one or two pairs (ECDSA and RSA) */
    const struct slice *keys;
    size_t pair_count;
    uint32_t protocols; /* enum tls_protocol bits */
    struct slice ciphers;
    uint32_t session_timeout_s;
    bool session_tickets;
    const char *service;     /* "http", "smtp": part of what a ticket is bound to */
    const char *const *alpn; /* accepted names, preferred first, NULL at the end; NULL: no ALPN.
                                A client that offers ALPN without a match gets
                                no_application_protocol */
};

enum tls_protocol {
    TLS_PROTOCOL_1_0 = 1 << 0,
    TLS_PROTOCOL_1_1 = 1 << 1,
    TLS_PROTOCOL_1_2 = 1 << 2,
    TLS_PROTOCOL_1_3 = 1 << 3,
};

/* servers[0] is the default one. NULL on failure, with words for the operator in *why (in `arena`).
 */
struct tls_context *tls_context_new(const struct tls_server *servers, size_t count,
                                    struct arena *arena, struct slice *why);
void tls_context_free(
    struct tls_context *context); /* connections that use it keep what they need */

/* The transform for one accepted connection; never NULL. */
struct stream_transform *tls_layer_accept(struct tls_context *context);

/* What the handshake agreed on; valid after `secured`, as long as the transform. */
struct slice tls_layer_protocol(const struct stream_transform *transform); /* "TLSv1.3" */
struct slice tls_layer_cipher(const struct stream_transform *transform);
struct slice tls_layer_server_name(const struct stream_transform *transform); /* SNI; lower case */
struct slice tls_layer_alpn(const struct stream_transform *transform);
bool tls_layer_resumed(const struct stream_transform *transform);
size_t tls_layer_server(const struct stream_transform *transform); /* index into servers */
