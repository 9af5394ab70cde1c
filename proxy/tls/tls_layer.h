#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* One TLS connection as a transform under a stream (net/stream_transform.h). It owns an SSL object
 * and does no I/O: OpenSSL reads from and writes to the wire that each call lends.
 *
 * read() and handshake() never report the end of the wire by themselves, except that a handshake
 * cut short has FAILED: MORE with wire->ended is a truncation, CLOSED an orderly end. After
 * read() returned OK (out is full) it must be called again, even if wire->in is empty. */
struct stream_transform;
struct tls_context;

/* The transform for one accepted connection; never NULL. */
struct stream_transform *tls_layer_accept(struct tls_context *context);

/* What the handshake agreed on; valid after `secured`, as long as the transform. */
struct slice tls_layer_protocol(const struct stream_transform *transform); /* "TLSv1.3" */
struct slice tls_layer_cipher(const struct stream_transform *transform);
/* SNI as the client sent it, in lower case and without a final dot; empty: none. */
struct slice tls_layer_server_name(const struct stream_transform *transform);
struct slice tls_layer_alpn(const struct stream_transform *transform);
struct slice tls_layer_curve(const struct stream_transform *transform); /* "X25519" */
bool tls_layer_resumed(const struct stream_transform *transform);
size_t tls_layer_server(const struct stream_transform *transform); /* index into servers */
