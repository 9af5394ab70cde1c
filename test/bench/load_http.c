#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HEAD_SIZE 4096
#define IDLE_AT_A_TIME                                                                             \
    16 /* so that what a server needs for many requests at once is not counted                     \
        */
#define FINISH_NS 3000000000u /* what is under way when the time is over may take so long */

struct load {
    const struct load_options *options;
    struct tally *tally;
    struct wire_loop loop;
    uint64_t deadline_ns;
    uint64_t begun;
    size_t active; /* clients that have a request under way */
    struct client *clients;
    bool holds;     /* load_idle: after one request, silence, and the next client's turn */
    size_t started; /* clients that have begun */
    char request[512];
    size_t request_length;
};

struct client {
    struct wire wire; /* first: a wire is cast to its client */
    struct load *load;
    uint64_t started_ns;
    bool waiting;   /* a request is under way (or its connection) */
    bool connected; /* the connection came about */
    char head[HEAD_SIZE + 1];
    size_t head_length;
    bool in_body, until_end, closes;
    uint64_t body_left;
};

static SSL_SESSION **session_of(const SSL *ssl)
{
    return (SSL_SESSION **)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* One session for all: a server's tickets are good for any number of connections. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    SSL_SESSION **kept = session_of(ssl);

    SSL_SESSION_free(*kept);
    *kept = session;
    return 1;
}

void load_keep_sessions(SSL_CTX *context)
{
    SSL_SESSION **kept = calloc(1, sizeof *kept);

    SSL_CTX_set_app_data(context, (char *)kept);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
}

void load_forget_sessions(SSL_CTX *context)
{
    SSL_SESSION **kept = (SSL_SESSION **)SSL_CTX_get_app_data(context);

    if (kept != NULL)
        SSL_SESSION_free(*kept);
    free(kept);
}

static SSL_SESSION *session_to_resume(const struct load_options *options)
{
    return options->resumes && options->tls != NULL
               ? *(SSL_SESSION **)SSL_CTX_get_app_data(options->tls)
               : NULL;
}

static bool may_begin(const struct load *load)
{
    if (load_is_over || (load->options->units > 0 && load->begun >= load->options->units))
        return false;
    return wire_now() < load->deadline_ns;
}

static void finish(struct client *client)
{
    client->waiting = false;
    if (--client->load->active == 0)
        client->load->loop.stopped = true;
}

static void begin(struct client *client)
{
    client->waiting = true;
    client->load->active++;
    client->load->begun++;
    client->started_ns = wire_now();
}

static void send_request(struct client *client)
{
    client->head_length = 0;
    client->in_body = client->until_end = false;
    wire_send(&client->wire, client->load->request, client->load->request_length);
}

static void fail_unit(struct client *client, uint64_t *kind)
{
    client->load->tally->failed++;
    (*kind)++;
    finish(client);
}

/* A refused connection is a failed unit, and is tried again as the next one. */
static void open_connection(struct client *client)
{
    const struct load_options *options = client->load->options;

    client->connected = false;
    while (!wire_connect(&client->wire, options->source, options->host, options->port, options->tls,
                         session_to_resume(options))) {
        fail_unit(client, &client->load->tally->refused);
        if (!may_begin(client->load))
            return;
        begin(client);
    }
}

static void next_unit(struct client *client)
{
    struct load *load = client->load;

    if (!may_begin(load))
        return;
    if (load->holds && client->connected) {
        if (load->started == load->options->connections)
            return;
        client = &load->clients[load->started++];
    }
    load->loop.stopped = false;
    begin(client);
    if (client->wire.fd >= 0)
        send_request(client);
    else
        open_connection(client);
}

static void on_ready(struct wire *wire)
{
    struct client *client = (struct client *)wire;

    client->connected = true;
    if (wire->ssl != NULL) {
        client->load->tally->handshakes++;
        if (SSL_session_reused(wire->ssl))
            client->load->tally->resumed++;
    }
    send_request(client);
}

static void end_of_response(struct client *client)
{
    if (strncmp(client->head, "HTTP/1.1 200", 12) != 0) {
        fail_unit(client, &client->load->tally->wrong);
    } else {
        tally_done(client->load->tally, client->started_ns);
        finish(client);
    }
    if (client->closes)
        wire_close(&client->wire);
    next_unit(client);
}

static const char *field(const char *head, const char *name)
{
    const char *line = head;
    size_t length = strlen(name);

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, length) == 0)
            return line + length + strspn(line + length, " ");
    }
    return NULL;
}

static void read_head(struct client *client)
{
    const char *length = field(client->head, "content-length:");
    const char *connection = field(client->head, "connection:");

    client->closes = client->load->options->closes ||
                     (connection != NULL && strncasecmp(connection, "close", 5) == 0);
    client->until_end = length == NULL;
    client->body_left = length != NULL ? strtoull(length, NULL, 10) : 0;
    client->in_body = true;
}

/* Takes what belongs to the head; returns how much of the data that was. */
static size_t take_head(struct client *client, const uint8_t *data, size_t length)
{
    size_t before = client->head_length, room = HEAD_SIZE - before;
    size_t taken = length < room ? length : room;
    const char *end;

    memcpy(client->head + before, data, taken);
    client->head[before + taken] = '\0';
    end = strstr(client->head, "\r\n\r\n");
    if (end == NULL) {
        client->head_length += taken;
        if (client->head_length == HEAD_SIZE) {
            fprintf(stderr, "a response head of more than %d bytes\n", HEAD_SIZE);
            exit(1);
        }
        return taken;
    }
    client->head_length = (size_t)(end + 4 - client->head);
    client->head[client->head_length] = '\0';
    read_head(client);
    return client->head_length - before;
}

static void on_input(struct wire *wire, const uint8_t *data, size_t length)
{
    struct client *client = (struct client *)wire;

    if (!client->waiting)
        return; /* an answer to nothing; the end will follow */
    if (!client->in_body) {
        size_t taken = take_head(client, data, length);

        data += taken;
        length -= taken;
    }
    if (!client->in_body)
        return;
    client->load->tally->bytes += length;
    if (client->until_end)
        return;
    client->body_left -= length < client->body_left ? length : client->body_left;
    if (client->body_left == 0)
        end_of_response(client);
}

static void on_ended(struct wire *wire)
{
    struct client *client = (struct client *)wire;

    if (!client->waiting)
        return; /* a kept connection was closed before we asked for more: nobody lost anything */
    if (client->in_body && client->until_end) {
        end_of_response(client);
        return;
    }
    fail_unit(client,
              client->connected ? &client->load->tally->cut : &client->load->tally->refused);
    next_unit(client);
}

static const struct wire_calls calls = {.ready = on_ready, .input = on_input, .ended = on_ended};

/* The first `count` clients begin. */
static struct load *start(const struct load_options *options, struct tally *tally, bool holds,
                          size_t count)
{
    struct load *load = calloc(1, sizeof *load);

    load->clients = calloc(options->connections, sizeof *load->clients);
    load->options = options;
    load->holds = holds;
    load->tally = tally;
    load->deadline_ns = wire_now() + (uint64_t)(options->seconds * 1e9);
    load->request_length = (size_t)snprintf(
        load->request, sizeof load->request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
        options->path, options->closes ? "Connection: close\r\n" : "");
    wire_loop_init(&load->loop);
    for (size_t i = 0; i < options->connections; i++) {
        load->clients[i].load = load;
        wire_init(&load->clients[i].wire, &load->loop, &calls);
    }
    while (load->started < count && load->started < options->connections)
        next_unit(&load->clients[load->started++]);
    return load;
}

static void stop(struct load *load)
{
    for (size_t i = 0; i < load->options->connections; i++)
        wire_free(&load->clients[i].wire);
    close(load->loop.epoll);
    free(load->clients);
    free(load);
}

void load_http(const struct load_options *options, struct tally *tally)
{
    struct load *load = start(options, tally, false, options->connections);

    wire_loop_run(&load->loop, load->deadline_ns + FINISH_NS);
    tally->failed += load->active; /* no answer at all */
    stop(load);
}

void load_idle(const struct load_options *options, struct tally *tally)
{
    struct load *load = start(options, tally, true, IDLE_AT_A_TIME);
    char byte;

    wire_loop_run(&load->loop, load->deadline_ns);
    tally->failed += options->connections - tally->done;
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    stop(load);
}
