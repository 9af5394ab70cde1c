#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* A connection of the load generator, plain or TLS, on one epoll. Made to cost little and to be
 * simple: what it is asked to send it keeps in memory until it is sent. */

struct wire_loop {
    int epoll;
    bool stopped;
    uint8_t scratch[262144];
};

struct wire;

/* In any of these the wire may be closed, and opened again. */
struct wire_calls {
    void (*ready)(struct wire *wire); /* connected; with TLS: the handshake is done */
    void (*input)(struct wire *wire, const uint8_t *data, size_t length);
    void (*ended)(struct wire *wire); /* by the other end or by an error; it is closed already */
};

struct wire {
    struct wire_loop *loop;
    const struct wire_calls *calls;
    int fd;
    SSL *ssl; /* also after `ended`, until it is opened again or wire_free */
    bool connecting, handshaking;
    uint32_t generation; /* grows with each close: a loop over events sees that it is another one */
    uint8_t *output;
    size_t output_length, output_sent, output_capacity;
};

void wire_loop_init(struct wire_loop *loop);

/* Serves events until loop->stopped or `deadline_ns` (wire_now). */
void wire_loop_run(struct wire_loop *loop, uint64_t deadline_ns);

/* Nanoseconds of the monotonic clock. */
uint64_t wire_now(void);

void wire_init(struct wire *wire, struct wire_loop *loop, const struct wire_calls *calls);

/* Connects from `source` (NULL: any) to `host`:`port`, IPv4. With a context: TLS from the first
 * byte, resuming `session` if there is one. False if the connection is refused at once. */
bool wire_connect(struct wire *wire, const char *source, const char *host, uint16_t port,
                  SSL_CTX *context, SSL_SESSION *session);

/* Takes an accepted descriptor. */
void wire_accept(struct wire *wire, int fd);

/* The client's handshake on an open connection; `ready` is called once more. */
void wire_start_tls(struct wire *wire, SSL_CTX *context, SSL_SESSION *session);

void wire_send(struct wire *wire, const void *data, size_t length);
void wire_close(struct wire *wire);
void wire_free(struct wire *wire);

/* Listens on 127.0.0.1:port; every accepted descriptor goes to accepted(loop, fd, user). Never
 * returns. */
void wire_serve(struct wire_loop *loop, uint16_t port,
                void (*accepted)(struct wire_loop *loop, int fd, void *user), void *user)
    __attribute__((noreturn));
