#pragma once

#include "base/address.h"
#include "base/log.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/stream.h"
#include "relay/protocol.h"

#include <stdbool.h>
#include <stdint.h>

/* One client connection, whatever it speaks. */

struct worker;
struct listen;

/* From the first byte to the end of a TLS handshake (reference/mail.md 5). */
#define SESSION_HANDSHAKE_MS 30000

enum session_phase {
    SESSION_HANDSHAKE, /* implicit TLS */
    SESSION_OPEN,      /* belongs to the protocol */
    SESSION_CLOSED,    /* waiting for the end of the turn */
};

struct session {
    struct worker *worker;
    const struct protocol *protocol;
    const struct listen *listen; /* what it was accepted on */
    struct stream *client;       /* NULL once closed */
    void *state;                 /* the protocol's */
    const struct log *log;       /* where its lines go; the protocol may set a finer one */
    struct deadline deadline;
    struct session *next, *previous; /* all sessions of the worker */
    uint64_t id;                     /* in log lines: "*464"; counts from 1 in each process */
    uint64_t started_us;             /* wall time */
    struct address address;          /* of the client */
    enum session_phase phase;
    uint8_t place; /* enum connection_place, if the worker counts */
};

/* Accepts: makes a session for `fd`. Takes fd over; closes it if the worker is full. */
void session_accept(struct worker *worker, const struct listen *listen, int fd,
                    const struct address *client);

/* What protocols use. All are safe on a closed session (they do nothing). */

struct slice session_input(const struct session *session); /* see stream_input */
void session_consume(struct session *session, size_t len);
void session_write(struct session *session, struct slice bytes);
void session_expire_in(struct session *session, uint32_t after_ms); /* sets the deadline */
void session_expire_never(struct session *session);

/* Begins TLS on a plaintext session (STARTTLS). Input must be empty: see stream_start_tls. */
void session_start_tls(struct session *session);

bool session_is_secure(const struct session *session);            /* TLS is on and complete */
struct slice session_tls_protocol(const struct session *session); /* "TLSv1.3"; empty: plain */
struct slice session_tls_cipher(const struct session *session);
struct slice session_server_name(const struct session *session); /* SNI; empty: none */
struct slice session_alpn(const struct session *session);

/* The local address of the connection (one getsockname the first time it is asked). */
struct address session_local_address(const struct session *session);

/* THE end of a session: counts the reason, tells the protocol, lets what was written leave (and
 * lingers 2 s so that the client can read it), frees it after the turn. Calling it again does
 * nothing. */
void session_close(struct session *session, enum close_reason reason);

const char *close_reason_words(enum close_reason reason);
const char *close_reason_code(enum close_reason reason); /* "TR" */
enum log_level close_reason_level(enum close_reason reason);

/* A log line about the session: prefix with its id, suffix ", client: 192.0.2.1". */
void session_log(const struct session *session, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
