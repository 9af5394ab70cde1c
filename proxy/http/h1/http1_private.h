#pragma once

#include "http/access/http_min_rate.h"
#include "http/h1/http1_chunked.h"
#include "http/h1/http1_parse.h"
#include "http/http_exchange.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between http1_connection.c (requests in), http1_body.c (their bodies) and http1_transport.c
 * (answers out). */

/* With more than this waiting for the client, producing stops. */
#define HTTP1_QUEUE_MAX (128u << 10)

struct http1_connection {
    struct session *session;
    struct http1_exchange *exchange; /* NULL: between two */
    uint64_t started_us;             /* first byte of the head that is being read */
    struct http1_scan scan;
    uint32_t requests;
    bool in_head;   /* bytes of a head have arrived */
    bool advancing; /* http1_advance is running */
};

/* What the session's deadline stands for. */
enum http1_wait {
    HTTP1_WAIT_HANDLER, /* nothing: the handler has deadlines of its own */
    HTTP1_WAIT_BODY,
    HTTP1_WAIT_SEND,
};

struct http1_exchange {
    struct http_exchange base; /* first */
    struct http1_connection *connection;
    struct http_awaited awaited; /* for the request's body: min_rate */
    struct loop_task task; /* goes on where it may not at once; in the end frees the exchange */
    struct http1_chunked chunked;
    uint64_t body_left;      /* HTTP_LENGTH */
    uint64_t sent_mark;      /* how far sending was when the deadline was set */
    uint64_t stream_mark;    /* bytes the client's stream had taken before this exchange */
    enum http_framing sends; /* how the answer's body is framed */
    enum http1_wait waits;
    bool is_parsed;     /* the head was understood */
    bool body_done;     /* the request's body was read to its end */
    bool reads_body;    /* somebody wants the body now */
    bool has_reader;    /* the body goes to the handler, not to nowhere */
    bool said_continue; /* 100 was sent */
    bool sends_file;    /* wait for `drained` */
    bool tunnel;
    bool is_slow; /* slower than min_rate: this ends it */
};

static inline struct http1_exchange *http1_of(struct http_exchange *exchange)
{
    return (struct http1_exchange *)exchange;
}

static inline bool http1_client_ended(const struct session *session)
{
    return session->client == NULL || stream_end(session->client) != STREAM_OPEN;
}

extern const struct http_transport http1_transport;

/* Does what can be done: reads heads and bodies, ends exchanges. Never called from inside a
 * handler's call: that defers the exchange's task. */
void http1_advance(struct http1_connection *connection);

/* http1_body.c: sets or clears the deadline for more of the request's body, by the state. */
void http1_body_wait(struct http1_exchange *exchange);

/* The deadline is over. */
void http1_body_expired(struct http1_exchange *exchange);

/* Reads what is there of the request's body; true if there was something. */
bool http1_body_read(struct http1_exchange *exchange);

/* The body broke a rule: the handler lets go, the client hears why if it can still be told. */
void http1_body_refuse(struct http1_exchange *exchange, unsigned status, enum http_refusal refusal);

/* Sets the deadline for the client to take what is queued. */
void http1_wait_for_client(struct http1_exchange *exchange);
