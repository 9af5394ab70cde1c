#pragma once

#include "base/arena.h"
#include "net/stream_transform.h"
#include "tls/tls_bio.h"
#include "tls/tls_context.h"
#include "tls/tls_end.h"
#include "tls/tls_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* What tls_context.c and tls_layer.c share; for nobody else. */

/* The longest flight of a client: a ClientHello with a hybrid key share has 2 KiB, OpenSSL alone
 * would take 128 KiB. */
#define TLS_FLIGHT_MAX    16384

#define TLS_BINDING_BYTES 32

/* One server of a context. */
struct tls_choice {
    SSL_CTX *settings; /* servers of which all is equal but their names share one */
    unsigned char binding[TLS_BINDING_BYTES]; /* what its tickets are good for */
    uint64_t options;                         /* those that SSL_set_SSL_CTX does not bring along */
    size_t tickets;
    const void *owner; /* tls_server.owner */
    const char *const *alpn;
    bool rejects; /* has no certificate: its names are turned away */
};

struct tls_context {
    struct arena arena;
    struct tls_bio bio;
    struct tls_layer *running; /* the connection of the call that is running, for callbacks */
    struct tls_names names;
    struct tls_naming naming; /* find is NULL: all names are in `names` */
    struct tls_choice *choices;
    size_t count;
    const struct tls_tickets *tickets;
    EVP_CIPHER *ticket_cipher;
    struct tls_remote *remote;     /* that its keys sign through; NULL: they are here */
    size_t users;                  /* the owner, and each connection */
    struct tls_building *building; /* NULL: it is ready */
};

struct tls_layer {
    struct tls_end end; /* first */
    struct tls_context *context;
    struct slice name; /* SNI: points into the context's table, or is our own copy */
    uint32_t server;
    uint32_t idle_second;  /* the second that idle_records counts */
    uint16_t idle_records; /* after the handshake, that carried no application data */
    bool name_is_own;
};

/* tls_check.c: does the key (its public half is enough) belong to the first certificate? See
 * tls_check_key. */
bool tls_check_pair(struct slice certificate_pem, EVP_PKEY *key, struct arena *arena,
                    struct slice *key_fingerprint, struct slice *why);

/* tls_sealing.c: sessions, and the tickets that they are sealed in. */
struct tls_server;
void tls_sealing_start(struct tls_context *context, const struct tls_tickets *tickets);
void tls_sealing_end(struct tls_context *context);
void tls_sealing_set(SSL_CTX *settings, struct tls_context *context,
                     const struct tls_server *server);
/* What tickets of `server` are bound to: its service, names and certificates, and how it verifies
 * its clients. */
void tls_sealing_bind(const struct tls_server *server, unsigned char binding[TLS_BINDING_BYTES]);

/* tls_verify.c: asks clients for a certificate, if the server says so. */
bool tls_verify_set(SSL_CTX *settings, const struct tls_server *server, struct arena *arena,
                    struct slice *why);
/* SSL_set_SSL_CTX does not bring these along. */
void tls_verify_choose(SSL *ssl, SSL_CTX *settings);

/* Does OpenSSL make the same of both? Their texts must come from the same sources. */
struct tls_server;
bool tls_context_is_alike(const struct tls_server *a, const struct tls_server *b);

/* Makes choice->settings for `server`; and the options that it has. */
bool tls_context_settle(struct tls_context *context, struct tls_choice *choice,
                        const struct tls_server *server, struct arena *arena, struct slice *why)
    __attribute__((warn_unused_result));
uint64_t tls_context_options(const struct tls_server *server);

void tls_context_release(struct tls_context *context);

/* The ClientHello asks for `name` (may be empty), which server `server` answers. */
void tls_layer_choose(struct tls_layer *layer, size_t server, struct slice name,
                      struct slice known);

/* A record of another content type than application data has come. */
void tls_layer_idle_record(struct tls_layer *layer);

/* tls_words.c: why the last call of OpenSSL failed; empties its error queue. Never NULL. */
const char *tls_words_take(void);

/* Starts OpenSSL without openssl.cnf: what the system's administrator sets for other programs, or
 * OPENSSL_CONF in the environment, must not change what was configured here. Call before anything
 * else of OpenSSL; again does nothing. */
void tls_library_start(void);
