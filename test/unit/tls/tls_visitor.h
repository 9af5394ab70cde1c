#pragma once

#include "base/slice.h"
#include "net/stream_transform.h"
#include "tls/tls_context.h"
#include "tls/tls_layer.h"

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* A TLS connection in memory: OpenSSL's client at one end, a tls_layer at the other, and between
 * them the bytes, which a test can cut, hold back, forge or repeat. */
struct tls_visitor {
    SSL_CTX *settings;
    SSL *ssl;
    BIO *in, *out; /* from and to the server, as the client sees it */
    struct stream_transform *server;
    struct buffer wire;    /* what the server wrote, not yet given to the client */
    struct buffer pending; /* what the client wrote, not yet taken by the server */
    size_t piece;          /* at most so many bytes are given to the server at once; 0: all */
    size_t hold_back;      /* the last so many bytes of what is pending stay pending */
    unsigned flights;      /* times the server wrote something, in the handshake */
    enum transform_result result;  /* of the server's last step */
    size_t untaken;                /* bytes of the last piece that the server left */
    bool is_secured;               /* the server's handshake is done */
    char received[1 << 17];        /* application data that came to the server */
    size_t received_len, capacity; /* capacity: for one read; 0: all of `received` */
};

/* `settings` may be NULL (a default one is made) or is taken over. name: SNI, NULL for none. */
struct tls_visitor *tls_visitor_new(struct tls_context *context, SSL_CTX *settings,
                                    const char *name);
void tls_visitor_free(struct tls_visitor *client);

/* Both sides go on until neither has anything to say. True if both ends are connected. */
bool tls_visitor_handshake(struct tls_visitor *client);
void tls_visitor_step(struct tls_visitor *client);    /* the client's side once */
void tls_visitor_collect(struct tls_visitor *client); /* client's output to `pending` */

/* Gives the server what is pending (in pieces); decrypted bytes go to `received`. */
void tls_visitor_feed(struct tls_visitor *client, bool ended);
void tls_visitor_say(struct tls_visitor *client, struct slice bytes); /* encrypts into pending */

/* The server writes; returns what the client decrypts, in `client->received`'s own way: a static
 * buffer of the caller. */
size_t tls_visitor_hear(struct tls_visitor *client, struct slice bytes, char *out, size_t capacity);
void tls_visitor_deliver(struct tls_visitor *client); /* the server's output to the client */

/* Common name of the certificate that the server showed. */
struct slice tls_visitor_certificate(struct tls_visitor *client, char *memory, size_t size);

SSL_CTX *tls_visitor_settings(int min_version, int max_version);

/* A context of one server, with defaults; fields of `server` that are zero are filled in. */
struct credentials;
struct tls_context *context_with(struct tls_server server, const struct credentials *credentials);
