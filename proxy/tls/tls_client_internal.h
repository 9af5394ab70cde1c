#pragma once

#include "net/stream_transform.h"
#include "tls/tls_bio.h"
#include "tls/tls_client.h"
#include "tls/tls_end.h"

#include <stddef.h>

#include <openssl/ssl.h>

/* What tls_client.c (settings, sessions) and tls_client_layer.c (a connection) share. */

/* The longest name a certificate may be for (RFC 1035 2.3.4), and a NUL. */
#define TLS_CLIENT_NAME_MAX 256
/* Sessions that are remembered, for the names that were asked last. */
#define TLS_CLIENT_SESSIONS 32

struct tls_client_session {
    char name[TLS_CLIENT_NAME_MAX];
    SSL_SESSION *session; /* NULL: free */
};

struct tls_client {
    SSL_CTX *settings;
    struct tls_bio bio;
    struct tls_client_session sessions[TLS_CLIENT_SESSIONS];
    size_t next_session;
    size_t users; /* the owner, and each connection */
    bool verifies, resumes;
};

struct tls_client_layer {
    struct tls_end end; /* first */
    struct tls_client *client;
    char name[TLS_CLIENT_NAME_MAX];
};

void tls_client_release(struct tls_client *client);

/* The session to resume with `name`; NULL. */
SSL_SESSION *tls_client_find_session(const struct tls_client *client, const char *name);
