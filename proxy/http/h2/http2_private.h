#pragma once

#include "http/access/http_min_rate.h"
#include "http/h2/http2_floods.h"
#include "http/h2/http2_frames.h"
#include "http/h2/http2_request.h"
#include "http/http_exchange.h"
#include "net/buffer.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

/* Between http2_connection.c (the session), http2_library.c (nghttp2), http2_exchange.c (the life
 * of an exchange), http2_receive.c (frames in), http2_transport.c (answers) and http2_send.c
 * (frames out). */

/* Windows (RFC 9113 5.2): what a stream may send before anybody reads it, and once somebody does;
 * what may stand in memory for all streams of a connection. */
#define HTTP2_STREAM_WINDOW     (64u << 10)
#define HTTP2_STREAMING_WINDOW  (1u << 20)
#define HTTP2_CONNECTION_WINDOW (2u << 20)

/* The head of a frame (RFC 9113 4.1). */
#define HTTP2_FRAME_HEAD 9

/* With more than this waiting in one stream, or that in all of them, producing stops. */
#define HTTP2_STREAM_QUEUE_MAX     (64u << 10)
#define HTTP2_CONNECTION_QUEUE_MAX (1u << 20)

/* With more than this waiting for the socket no frames are made. */
#define HTTP2_SEND_QUEUE_MAX (256u << 10)

/* What the session's deadline stands for. */
enum http2_wait {
    HTTP2_WAIT_NOTHING, /* exchanges have deadlines of their own */
    HTTP2_WAIT_IDLE,
    HTTP2_WAIT_SEND,  /* the socket takes nothing */
    HTTP2_WAIT_DRAIN, /* GOAWAY was announced: requests on their way may still come */
};

struct http2_batch;

struct http2_connection {
    struct session *session;
    nghttp2_session *library;
    struct http2_exchange *exchanges;
    struct http2_exchange *in_head; /* whose head or trailer is arriving */
    struct http2_batch *batch;      /* frames being put together; see http2_send.c */
    struct http2_head head;
    struct http2_frames frames;
    struct http2_floods floods;
    struct loop_task task; /* sends what was put off; in the end frees the connection */
    struct deadline head_deadline;
    void *frame_memory; /* of the library, of frame_size bytes; see http2_library.c */
    size_t frame_size;
    size_t queued;      /* bytes of bodies waiting in all exchanges */
    uint64_t sent_mark; /* how far sending was when the deadline was set */
    uint64_t received;  /* bytes of bodies of all streams */
    uint32_t requests;
    uint32_t idle_ms;
    enum http2_wait waits;
    enum http2_flood flood; /* if is_flooded */
    bool is_flooded;
    bool is_receiving; /* the library is working off input */
    bool is_sending;   /* the library is making frames */
    bool said_goaway;
    bool heard_goaway;
};

struct http2_exchange {
    struct http_exchange base; /* first */
    struct http2_connection *connection;
    struct http2_exchange *next, **link; /* of the connection's list; link NULL: concluded */
    struct loop_task task; /* gives the handler what waited; in the end frees the exchange */
    struct deadline body_deadline, send_deadline;
    struct http_awaited awaited; /* for the request's body: min_rate */
    uint64_t idle_since_ms;      /* when the last of it came, if it is waited for */
    uint64_t received_mark;      /* what the connection had received when the stream began */
    struct buffer in;            /* of the request's body, while nobody reads */
    struct buffer out;           /* of the answer's body */
    uint64_t file_offset, file_left;
    uint64_t sent_mark, connection_mark; /* progress when send_deadline was set */
    int file;                            /* if file_left > 0 */
    int32_t stream;
    bool is_parsed;    /* the head was understood */
    bool is_trailer;   /* what arrives now is a trailer */
    bool has_reader;   /* the body goes to the handler, not to nowhere */
    bool reads_body;   /* somebody wants the body now */
    bool in_ended;     /* END_STREAM has come */
    bool body_done;    /* the handler knows it */
    bool is_streaming; /* its window was opened */
    bool said_continue;
    bool sends_body; /* the answer has one */
    bool head_waits; /* an answer without body: its head leaves with `finish` */
    bool is_idle;    /* the library waits for more of the answer's body */
    bool wants_drained;
    bool tunnel;
    bool out_ended; /* END_STREAM has left */
};

static inline struct http2_exchange *http2_of(struct http_exchange *exchange)
{
    return (struct http2_exchange *)exchange;
}

extern const struct http_transport http2_transport;

/* http2_exchange.c */
struct http2_exchange *http2_exchange_new(struct http2_connection *connection, int32_t stream);

/* The last things an exchange does, however it ended; its memory goes when no handler can be
 * running. `is_cut`: the handler does not know yet that it is over. */
void http2_exchange_conclude(struct http2_exchange *exchange, bool is_cut);

/* Ends the stream with RST_STREAM and concludes. */
void http2_exchange_reset(struct http2_exchange *exchange, uint32_t code);

/* Bytes of the body that the library delivered; the end of it. */
void http2_exchange_receive(struct http2_exchange *exchange, struct slice bytes);
void http2_exchange_receive_end(struct http2_exchange *exchange);

/* Ends a request that broke a rule after its head: the page of the rule or, without one, of
 * `status`; a reset when an answer has begun. */
void http2_exchange_refuse_body(struct http2_exchange *exchange, unsigned status,
                                enum http_refusal refusal);

/* Drops what nobody reads any more, and opens the connection's window for it. */
void http2_exchange_drop_input(struct http2_exchange *exchange);

/* Sets or clears the deadline for more of the body, by the state. */
void http2_exchange_wait_for_body(struct http2_exchange *exchange);

/* http2_library.c */
nghttp2_session *http2_library_new(struct http2_connection *connection, uint32_t streams);
const struct http1_limits *http2_head_limits(const struct http2_connection *connection);

/* http2_receive.c */
void http2_receive_set_callbacks(nghttp2_session_callbacks *callbacks);

/* Gives the library what has arrived. False: the connection is over. */
bool http2_receive(struct http2_connection *connection);

/* The client broke a rule: not too often. */
void http2_count_error(struct http2_connection *connection);

/* http2_send.c */

/* The answer's body, as the library asks for it. */
nghttp2_data_provider http2_send_provider(void);
void http2_send_set_callbacks(nghttp2_session_callbacks *callbacks);

/* There is more to send: it leaves at the end of the turn. */
void http2_send_later(struct http2_connection *connection);

/* Makes frames of all that may leave now and writes them. False: the library has given up. */
bool http2_send(struct http2_connection *connection);

/* There is output: the client has send_timeout to take some. */
void http2_send_expect(struct http2_exchange *exchange);

/* http2_connection.c: sends, then does what follows from the state. */
void http2_connection_advance(struct http2_connection *connection);
