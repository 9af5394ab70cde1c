/* The backends: as little as a backend can be, so that the proxy in front of it is what is seen. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct served {
    struct wire wire; /* first: a wire is cast to it */
    const char *answer;
    size_t answer_length;
    char line[2048];
    size_t line_length;
    bool in_message;
    unsigned end_of_message; /* how much of CRLF.CRLF was just seen */
    unsigned end_of_head;    /* how much of CRLFCRLF */
};

/* The wire is not used again after `ended`, and a turn has one event for it. */
static void on_ended(struct wire *wire)
{
    wire_free(wire);
    free(wire);
}

static void on_ready(struct wire *wire)
{
    (void)wire;
}

static void on_http_input(struct wire *wire, const uint8_t *data, size_t length)
{
    struct served *served = (struct served *)wire;

    for (size_t i = 0; i < length; i++) {
        if (data[i] == "\r\n\r\n"[served->end_of_head])
            served->end_of_head++;
        else
            served->end_of_head = data[i] == '\r';
        if (served->end_of_head == 4) {
            served->end_of_head = 0;
            wire_send(wire, served->answer, served->answer_length);
        }
    }
}

static const struct wire_calls http_calls = {
    .ready = on_ready, .input = on_http_input, .ended = on_ended};

static void say(struct served *served, const char *reply)
{
    wire_send(&served->wire, reply, strlen(reply));
}

static void on_smtp_line(struct served *served)
{
    const char *line = served->line;

    if (strncasecmp(line, "EHLO", 4) == 0) {
        say(served, "250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n"
                    "250-XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT\r\n"
                    "250 ENHANCEDSTATUSCODES\r\n");
    } else if (strncasecmp(line, "XCLIENT", 7) == 0) {
        say(served, "220 sink.example ESMTP\r\n");
    } else if (strncasecmp(line, "DATA", 4) == 0) {
        served->in_message = true;
        served->end_of_message = 2;
        say(served, "354 Go on\r\n");
    } else if (strncasecmp(line, "QUIT", 4) == 0) {
        say(served, "221 2.0.0 Bye\r\n");
    } else {
        say(served, "250 2.0.0 Ok\r\n");
    }
}

/* Returns how many bytes belong to the message. */
static size_t skip_message(struct served *served, const uint8_t *data, size_t length)
{
    size_t i = 0;

    while (i < length) {
        const uint8_t *next;

        if (served->end_of_message == 0) {
            next = memchr(data + i, '\r', length - i);
            if (next == NULL)
                return length;
            i = (size_t)(next - data);
        }
        if (data[i] == "\r\n.\r\n"[served->end_of_message])
            served->end_of_message++;
        else
            served->end_of_message = data[i] == '\r';
        i++;
        if (served->end_of_message == 5) {
            served->in_message = false;
            say(served, "250 2.0.0 Ok: queued as 4F2A1C03\r\n");
            return i;
        }
    }
    return i;
}

static void on_smtp_input(struct wire *wire, const uint8_t *data, size_t length)
{
    struct served *served = (struct served *)wire;

    for (size_t i = 0; i < length;) {
        if (served->in_message) {
            i += skip_message(served, data + i, length - i);
            continue;
        }
        if (served->line_length < sizeof served->line - 1)
            served->line[served->line_length++] = (char)data[i];
        if (data[i++] == '\n') {
            served->line[served->line_length] = '\0';
            on_smtp_line(served);
            served->line_length = 0;
        }
    }
}

static const struct wire_calls smtp_calls = {
    .ready = on_ready, .input = on_smtp_input, .ended = on_ended};

static void on_http_accepted(struct wire_loop *loop, int fd, void *user)
{
    struct served *served = calloc(1, sizeof *served);
    const char *answer = user;

    served->answer = answer;
    served->answer_length = strlen(answer);
    wire_init(&served->wire, loop, &http_calls);
    wire_accept(&served->wire, fd);
}

static void on_smtp_accepted(struct wire_loop *loop, int fd, void *user)
{
    struct served *served = calloc(1, sizeof *served);

    (void)user;
    wire_init(&served->wire, loop, &smtp_calls);
    wire_accept(&served->wire, fd);
    say(served, "220 sink.example ESMTP\r\n");
}

void serve_http(uint16_t port, size_t size)
{
    static struct wire_loop loop;
    char *answer = malloc(size + 256);
    int head = sprintf(
        answer, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", size);

    memset(answer + head, 'b', size);
    answer[(size_t)head + size] = '\0';
    wire_loop_init(&loop);
    wire_serve(&loop, port, on_http_accepted, answer);
}

void serve_smtp(uint16_t port)
{
    static struct wire_loop loop;

    wire_loop_init(&loop);
    wire_serve(&loop, port, on_smtp_accepted, NULL);
}
