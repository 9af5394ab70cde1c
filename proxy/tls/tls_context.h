#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "tls/tls_verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The TLS side of one listening address: the certificates of all its servers, chosen by SNI in the
 * ClientHello callback (before the session lookup, so that no ticket of one server resumes on
 * another: reference/tls-keys.md 2.8). Connections are made from it by tls_layer_accept. */
struct tls_context;
struct tls_remote;
struct tls_tickets;

enum tls_protocol {
    TLS_PROTOCOL_1_0 = 1 << 0,
    TLS_PROTOCOL_1_1 = 1 << 1,
    TLS_PROTOCOL_1_2 = 1 << 2,
    TLS_PROTOCOL_1_3 = 1 << 3,
};

/* ssl_conf_command. */
struct tls_command {
    const char *name, *value;
};

/* One server's TLS settings; certificates and keys as PEM text (contents, not paths). All is copied
 * by tls_context_new, except `alpn`, which must be constant. */
struct tls_server {
    const struct slice
        *names; /* server_name: exact, *.x, .x, x.*; see tls_names.h. Those that begin
                   with '~' are what a tls_naming knows: tickets are bound to them */
    size_t name_count;
    const void *owner;                /* for a tls_naming to tell it by; else NULL */
    const struct slice *certificates; /* chain PEM; one or two pairs (ECDSA and RSA) */
    const struct slice *keys; /* or texts of secrets (conf_sources.h), for `remote` to sign with */
    size_t pair_count;
    struct tls_remote *remote; /* NULL with secrets: the context is only built, and cannot serve */
    uint32_t protocols;        /* enum tls_protocol bits; 0: TLS 1.2 and 1.3 */
    struct slice ciphers;   /* for TLS 1.2 and older, OpenSSL's syntax; empty: the default list */
    bool server_preference; /* our order of ciphers counts, not the client's */
    uint32_t session_timeout_s; /* the default server's counts for all of the address */
    bool session_tickets;
    const struct tls_tickets *tickets; /* what seals tickets, the same for all servers of a context;
                                          NULL: keys of OpenSSL's own that never change */
    struct slice groups; /* of key exchange, OpenSSL's syntax; empty: the default list */
    const struct tls_command *commands; /* in order */
    size_t command_count;
    bool rejects; /* clients that ask for one of these names are turned away in the handshake;
                     needs no certificate */
    enum tls_verify verify;
    uint32_t verify_depth;
    struct slice client_authorities, trusted; /* PEM: whom certificates of clients may be signed
                                                 by; the first are named to clients */
    const char *service;     /* "http", "smtp": part of what a ticket is bound to */
    const char *const *alpn; /* accepted names, preferred first, NULL at the end; NULL: no ALPN.
                                A client that offers ALPN without a match gets
                                no_application_protocol */
};

/* servers[0] is the default one: no name, or a name that no server has. NULL on failure, with words
 * for the operator in *why (in `arena`). */
struct tls_context *tls_context_new(const struct tls_server *servers, size_t count,
                                    struct arena *arena, struct slice *why)
    __attribute__((warn_unused_result));

/* The same in steps, one for each server, for who has something else to do meanwhile: a server
 * whose key is elsewhere takes half a millisecond. `servers` and `arena` must stay until it is
 * READY; who FAILED is to be freed. */
struct tls_context *tls_context_begin(const struct tls_server *servers, size_t count,
                                      struct arena *arena);
enum tls_context_state {
    TLS_CONTEXT_MORE,
    TLS_CONTEXT_READY,
    TLS_CONTEXT_FAILED,
};
enum tls_context_state tls_context_build(struct tls_context *context, struct slice *why)
    __attribute__((warn_unused_result));

/* Whose a name is that stands in no list of `names`. Called in the ClientHello callback with what
 * tls_name_parse gives: any bytes of a client, lower case. Returns tls_server.owner; one that no
 * server has, or NULL: the default server's. */
struct tls_naming {
    const void *(*find)(const void *owner, struct slice name);
    const void *owner; /* must stay as long as the context, and its connections */
};
void tls_context_set_naming(struct tls_context *context, struct tls_naming naming);

/* Connections that use it go on: it is freed with the last of them. */
void tls_context_free(struct tls_context *context);
