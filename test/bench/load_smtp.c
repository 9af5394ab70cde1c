#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINISH_NS 3000000000u

/* One row of the dialogue: wait for a reply with `code`, then do what is said. */
struct step {
    char code; /* first digit */
    enum { SEND, HANDSHAKE, MESSAGE, DONE } action;
    const char *line;
};

static const struct step plain_steps[] = {
    {'2', SEND,    "EHLO client.example\r\n"              },
    {'2', SEND,    "MAIL FROM:<sender@client.example>\r\n"},
    {'2', SEND,    "RCPT TO:<user@example.test>\r\n"      },
    {'2', SEND,    "DATA\r\n"                             },
    {'3', MESSAGE, NULL                                   },
    {'2', SEND,    "QUIT\r\n"                             },
    {'2', DONE,    NULL                                   },
};

static const struct step starttls_steps[] = {
    {'2', SEND,      "EHLO client.example\r\n"              },
    {'2', SEND,      "STARTTLS\r\n"                         },
    {'2', HANDSHAKE, "EHLO client.example\r\n"              },
    {'2', SEND,      "MAIL FROM:<sender@client.example>\r\n"},
    {'2', SEND,      "RCPT TO:<user@example.test>\r\n"      },
    {'2', SEND,      "DATA\r\n"                             },
    {'3', MESSAGE,   NULL                                   },
    {'2', SEND,      "QUIT\r\n"                             },
    {'2', DONE,      NULL                                   },
};

struct load {
    const struct load_options *options;
    struct tally *tally;
    struct wire_loop loop;
    const struct step *steps;
    uint64_t deadline_ns;
    uint64_t begun;
    size_t active;
    char *message;
    size_t message_length;
};

struct client {
    struct wire wire; /* first: a wire is cast to its client */
    struct load *load;
    size_t step;
    uint64_t started_ns;
    char line[1024];
    size_t line_length;
};

static void next_session(struct client *client)
{
    struct load *load = client->load;
    const struct load_options *options = load->options;

    while (!load_is_over && (options->units == 0 || load->begun < options->units) &&
           wire_now() < load->deadline_ns) {
        load->begun++;
        client->step = 0;
        client->line_length = 0;
        client->started_ns = wire_now();
        if (wire_connect(&client->wire, options->source, options->host, options->port, NULL, NULL))
            return;
        load->tally->failed++;
        load->tally->refused++;
    }
    if (--load->active == 0)
        load->loop.stopped = true;
}

static void fail_session(struct client *client, uint64_t *kind)
{
    wire_close(&client->wire);
    client->load->tally->failed++;
    (*kind)++;
    next_session(client);
}

static void on_ready(struct wire *wire)
{
    struct client *client = (struct client *)wire;

    if (wire->ssl != NULL) {
        const char *line = client->load->steps[client->step - 1].line;

        client->load->tally->handshakes++;
        wire_send(wire, line, strlen(line));
    }
}

static void on_reply(struct client *client, char digit)
{
    const struct step *step = &client->load->steps[client->step++];

    if (digit != step->code) {
        fprintf(stderr, "step %zu: %.*s\n", client->step, (int)client->line_length, client->line);
        fail_session(client, &client->load->tally->wrong);
        return;
    }
    switch (step->action) {
    case SEND:
        wire_send(&client->wire, step->line, strlen(step->line));
        break;
    case HANDSHAKE:
        wire_start_tls(&client->wire, client->load->options->tls, NULL);
        break;
    case MESSAGE:
        wire_send(&client->wire, client->load->message, client->load->message_length);
        break;
    case DONE:
        client->load->tally->bytes += client->load->message_length;
        tally_done(client->load->tally, client->started_ns);
        wire_close(&client->wire);
        next_session(client);
        break;
    }
}

static void on_input(struct wire *wire, const uint8_t *data, size_t length)
{
    struct client *client = (struct client *)wire;
    uint32_t generation = wire->generation;

    for (size_t i = 0; i < length && wire->generation == generation; i++) {
        if (client->line_length < sizeof client->line)
            client->line[client->line_length++] = (char)data[i];
        if (data[i] != '\n')
            continue;
        if (client->line_length > 3 && client->line[3] != '-')
            on_reply(client, client->line[0]);
        client->line_length = 0;
    }
}

static void on_ended(struct wire *wire)
{
    struct client *client = (struct client *)wire;

    fail_session(client,
                 client->step > 0 ? &client->load->tally->cut : &client->load->tally->refused);
}

static const struct wire_calls calls = {.ready = on_ready, .input = on_input, .ended = on_ended};

/* Lines of 72 letters, an ordinary head before them, and the final dot. */
static void write_message(struct load *load)
{
    static const char head[] = "From: sender@client.example\r\nSubject: benchmark\r\n\r\n";
    size_t size = load->options->message_size;
    char *at = load->message = malloc(size + sizeof head + 128);

    memcpy(at, head, sizeof head - 1);
    at += sizeof head - 1;
    while ((size_t)(at - load->message) < size) {
        memset(at, 'a', 72);
        memcpy(at + 72, "\r\n", 2);
        at += 74;
    }
    memcpy(at, ".\r\n", 3);
    load->message_length = (size_t)(at + 3 - load->message);
}

void load_smtp(const struct load_options *options, struct tally *tally)
{
    struct load *load = calloc(1, sizeof *load);
    struct client *clients = calloc(options->connections, sizeof *clients);

    load->options = options;
    load->tally = tally;
    load->steps = options->tls != NULL ? starttls_steps : plain_steps;
    load->deadline_ns = wire_now() + (uint64_t)(options->seconds * 1e9);
    load->active = options->connections;
    write_message(load);
    wire_loop_init(&load->loop);
    for (size_t i = 0; i < options->connections; i++) {
        clients[i].load = load;
        wire_init(&clients[i].wire, &load->loop, &calls);
        next_session(&clients[i]);
    }
    wire_loop_run(&load->loop, load->deadline_ns + FINISH_NS);
    tally->failed += load->active;
    for (size_t i = 0; i < options->connections; i++)
        wire_free(&clients[i].wire);
    close(load->loop.epoll);
    free(load->message);
    free(clients);
    free(load);
}
