#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#define EVENTS_A_TURN 256

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

uint64_t wire_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void wire_loop_init(struct wire_loop *loop)
{
    loop->stopped = false;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        fail("epoll_create1");
}

void wire_init(struct wire *wire, struct wire_loop *loop, const struct wire_calls *calls)
{
    *wire = (struct wire){.loop = loop, .calls = calls, .fd = -1};
}

void wire_close(struct wire *wire)
{
    if (wire->fd < 0)
        return;
    if (wire->ssl != NULL && !wire->handshaking)
        SSL_shutdown(wire->ssl);
    close(wire->fd);
    wire->fd = -1;
    wire->generation++;
    wire->output_length = wire->output_sent = 0;
    ERR_clear_error();
}

static void forget_tls(struct wire *wire)
{
    SSL_free(wire->ssl);
    wire->ssl = NULL;
    wire->handshaking = false;
}

void wire_free(struct wire *wire)
{
    wire_close(wire);
    forget_tls(wire);
    free(wire->output);
    wire->output = NULL;
    wire->output_capacity = 0;
}

static void end(struct wire *wire)
{
    wire_close(wire);
    wire->calls->ended(wire);
}

/* Edge-triggered, once and for all: the descriptor is always tried until it would block. */
static void watch(struct wire *wire)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = wire};
    int on = 1;

    setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(wire->loop->epoll, EPOLL_CTL_ADD, wire->fd, &event) != 0)
        fail("epoll_ctl");
}

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        fprintf(stderr, "not an IPv4 address: %s\n", host);
        exit(2);
    }
    return address;
}

static void begin_tls(struct wire *wire, SSL_CTX *context, SSL_SESSION *session)
{
    forget_tls(wire);
    wire->ssl = SSL_new(context);
    if (wire->ssl == NULL || SSL_set_fd(wire->ssl, wire->fd) != 1)
        fail("SSL_new");
    SSL_set_app_data(wire->ssl, wire);
    SSL_set_connect_state(wire->ssl);
    SSL_set_tlsext_host_name(wire->ssl, "localhost");
    if (session != NULL)
        SSL_set_session(wire->ssl, session);
    wire->handshaking = true;
}

bool wire_connect(struct wire *wire, const char *source, const char *host, uint16_t port,
                  SSL_CTX *context, SSL_SESSION *session)
{
    struct sockaddr_in address = address_of(host, port);

    wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->fd < 0)
        fail("socket");
    if (source != NULL) {
        struct sockaddr_in from = address_of(source, 0);
        int on = 1;

        setsockopt(wire->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(wire->fd, (struct sockaddr *)&from, sizeof from) != 0)
            fail("bind");
    }
    if (connect(wire->fd, (struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS) {
        wire_close(wire);
        return false;
    }
    wire->connecting = true;
    forget_tls(wire);
    if (context != NULL)
        begin_tls(wire, context, session);
    watch(wire);
    return true;
}

void wire_accept(struct wire *wire, int fd)
{
    wire->fd = fd;
    wire->connecting = false;
    watch(wire);
}

static bool would_block(const struct wire *wire, int result)
{
    int error = SSL_get_error(wire->ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Bytes read or written; 0: would block; -1: the connection is over. */
static ssize_t transfer(struct wire *wire, bool writing, uint8_t *data, size_t length)
{
    ssize_t result;

    if (wire->ssl != NULL) {
        int size = length > 1u << 30 ? 1 << 30 : (int)length;
        int done = writing ? SSL_write(wire->ssl, data, size) : SSL_read(wire->ssl, data, size);

        if (done > 0)
            return done;
        return would_block(wire, done) ? 0 : -1;
    }
    result = writing ? send(wire->fd, data, length, MSG_NOSIGNAL) : recv(wire->fd, data, length, 0);
    if (result > 0)
        return result;
    return result < 0 && errno == EAGAIN ? 0 : -1;
}

static bool flush(struct wire *wire)
{
    while (wire->output_sent < wire->output_length) {
        ssize_t sent = transfer(wire, true, wire->output + wire->output_sent,
                                wire->output_length - wire->output_sent);
        if (sent <= 0)
            return sent == 0;
        wire->output_sent += (size_t)sent;
    }
    wire->output_sent = wire->output_length = 0;
    return true;
}

/* True if the connection is usable now; calls `ready` at the moment it becomes so. */
static bool establish(struct wire *wire)
{
    if (wire->connecting) {
        int error = 0;
        socklen_t size = sizeof error;

        getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            end(wire);
            return false;
        }
        wire->connecting = false;
        if (wire->ssl == NULL)
            wire->calls->ready(wire);
    }
    if (wire->fd >= 0 && wire->handshaking) {
        int result = SSL_do_handshake(wire->ssl);

        if (result != 1) {
            if (!would_block(wire, result))
                end(wire);
            return false;
        }
        wire->handshaking = false;
        wire->calls->ready(wire);
    }
    return true;
}

static void on_event(struct wire *wire)
{
    uint32_t generation = wire->generation;
    uint8_t *scratch = wire->loop->scratch;
    ssize_t length;

    if (wire->fd < 0 || !establish(wire) || wire->generation != generation)
        return;
    if (!flush(wire)) {
        end(wire);
        return;
    }
    while (wire->generation == generation && !wire->handshaking &&
           (length = transfer(wire, false, scratch, sizeof wire->loop->scratch)) != 0) {
        if (length < 0) {
            end(wire);
            return;
        }
        wire->calls->input(wire, scratch, (size_t)length);
    }
}

void wire_start_tls(struct wire *wire, SSL_CTX *context, SSL_SESSION *session)
{
    begin_tls(wire, context, session);
    establish(wire);
}

void wire_send(struct wire *wire, const void *data, size_t length)
{
    if (wire->output_length + length > wire->output_capacity) {
        wire->output_capacity = (wire->output_length + length) * 2;
        wire->output = realloc(wire->output, wire->output_capacity);
        if (wire->output == NULL)
            fail("realloc");
    }
    memcpy(wire->output + wire->output_length, data, length);
    wire->output_length += length;
    flush(wire); /* an error shows again at the next event */
}

static int milliseconds_until(uint64_t deadline_ns)
{
    uint64_t now = wire_now();

    return deadline_ns <= now ? 0 : (int)((deadline_ns - now) / 1000000 + 1);
}

void wire_loop_run(struct wire_loop *loop, uint64_t deadline_ns)
{
    struct epoll_event events[EVENTS_A_TURN];

    while (!loop->stopped && wire_now() < deadline_ns) {
        int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, milliseconds_until(deadline_ns));

        if (count < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < count; i++)
            on_event(events[i].data.ptr);
    }
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = address_of("127.0.0.1", port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0)
        fail("listen");
    return fd;
}

void wire_serve(struct wire_loop *loop, uint16_t port,
                void (*accepted)(struct wire_loop *loop, int fd, void *user), void *user)
{
    struct epoll_event events[EVENTS_A_TURN];
    struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
    int listener = listen_on(port);

    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, listener, &listening);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, -1);

        for (int i = 0; i < count; i++) {
            int fd;

            if (events[i].data.ptr != NULL)
                on_event(events[i].data.ptr);
            else
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                    accepted(loop, fd, user);
        }
    }
}
