#pragma once

#include "tally.h"
#include "wire.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the command line says; see load.c. */
struct load_options {
    const char *host;
    uint16_t port;
    const char *source; /* address to come from; NULL: any */
    SSL_CTX *tls;       /* NULL: in the clear */
    size_t connections;
    double seconds;
    uint64_t units;      /* stop after so many were begun; 0: when the time is over */
    const char *path;    /* http */
    bool closes;         /* http: a connection for each request */
    bool resumes;        /* tls: with the session of the connection before */
    size_t message_size; /* smtp */
};

/* Set by SIGTERM: begin nothing more. */
extern volatile sig_atomic_t load_is_over;

/* Each runs until the time is over or the units are done, and lets what is under way finish. */
void load_http(const struct load_options *options, struct tally *tally);
void load_smtp(const struct load_options *options, struct tally *tally);

/* Opens all connections, makes one request on each, says "ready", and holds them until standard
 * input ends. */
void load_idle(const struct load_options *options, struct tally *tally);

/* Backends, until they are ended by a signal. */
void serve_http(uint16_t port, size_t size) __attribute__((noreturn));
void serve_smtp(uint16_t port) __attribute__((noreturn));

/* Keeps the newest session of all connections of the context, for `resumes`; and lets it go. */
void load_keep_sessions(SSL_CTX *context);
void load_forget_sessions(SSL_CTX *context);
