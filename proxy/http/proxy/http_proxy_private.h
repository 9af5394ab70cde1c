#pragma once

#include "http/conf/http_conf.h"
#include "http/h1/http1_chunked.h"
#include "http/h1/http1_parse.h"
#include "http/http_exchange.h"
#include "http/proxy/http_attempts.h"
#include "net/buffer.h"
#include "net/loop.h"
#include "net/stream.h"
#include "relay/backend.h"
#include "relay/balancer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Handing a request to a backend, by what the files do:
 *
 *   http_proxy.c           the beginning, the deadlines, the backend's events, the end
 *   http_proxy_target.c    where to: host, port, URI
 *   http_proxy_attempt.c   one peer after the other, and when another one may be tried
 *   http_proxy_client.c    the client's side: the request's body
 *   http_proxy_answer.c    the heads of answers
 *   http_proxy_body.c      the answer's body, and tunnels
 *   http_proxy_request.c   the head for the backend
 *   http_proxy_response.c  the head for the client */

/* With more than this waiting for the backend, reading from the client stops. */
#define HTTP_PROXY_QUEUE_MAX (128u << 10)

/* The present attempt at a backend. */
enum http_proxy_state {
    HTTP_PROXY_SPOOLING, /* the request's body is gathered first */
    HTTP_PROXY_CONNECTING,
    HTTP_PROXY_HEAD,   /* connected: the request goes, the answer's head is waited for */
    HTTP_PROXY_BODY,   /* the answer's body comes */
    HTTP_PROXY_TUNNEL, /* after 101 */
    HTTP_PROXY_DONE,   /* let go of the backend */
};

/* Where an exchange goes. */
struct http_proxy_target {
    struct slice authority; /* host[:port]: $proxy_host */
    struct slice host;      /* the same without the port */
    struct slice uri;       /* what the location's path becomes, or all of it */
    uint16_t port;
    bool has_uri;
    bool is_whole_uri; /* the URI goes as it is: variables were in proxy_pass */
    bool is_tls;
    const struct http_upstream *upstream; /* NULL: `backend` is dialled as it is */
    struct backend_target backend;        /* of the present attempt */
};

struct http_proxy {
    struct http_exchange *exchange;
    const struct http_proxy_conf *conf;
    struct backend_dial *dial;
    struct backend_connection connection; /* its stream is NULL before it is connected */
    struct deadline deadline;
    struct slice head; /* of the request, as it is sent */
    struct http1_scan scan;
    struct http1_chunked chunked;
    struct http_response answer;
    uint64_t body_left; /* of the answer, HTTP_LENGTH */
    uint64_t started_ms;
    uint64_t attempt_ms;               /* when the present attempt began */
    uint64_t sent_mark, received_mark; /* what its connection had carried by then */
    size_t queued;                     /* for the backend, when the deadline was set */
    enum http_proxy_state state;
    uint8_t interims;   /* 1xx answers so far */
    bool is_reused;     /* the connection comes from the pool */
    bool avoids_kept;   /* no more of those: one was closed under a request */
    bool has_sent;      /* the request's head went to a backend */
    bool has_answered;  /* at least one byte of an answer came */
    bool took_body;     /* bytes of the request's body are gone: no second try */
    bool request_done;  /* all of the request was written */
    bool closes;        /* the connection is not to be kept */
    bool upgrades;      /* the request asks for a WebSocket */
    bool client_ended;  /* TUNNEL: nothing more comes from the client */
    bool backend_ended; /* TUNNEL: nothing more comes from the backend */
    bool is_spooled;    /* all of the body is in `spool` */
    bool is_pacing;     /* BODY: the backend waits, so as not to be faster than `rate` */
    uint16_t attempt_count;
    uint32_t steps;            /* of a request that goes to ourselves, this one counted; else 0 */
    uint64_t rate;             /* bytes of the answer's body in a second; 0: any */
    uint64_t body_ms;          /* when the answer's body began */
    enum http_framing framing; /* of the request, as it is sent */
    uint64_t content_length;   /* likewise */
    struct buffer spool;

    struct http_proxy_target target;
    struct slice tls_name;     /* whom the backend's certificate names */
    struct slice key;          /* of the upstream's `hash` */
    struct balancer *balancer; /* NULL: the target is dialled as it is */
    struct balancer_peer *peer;
    struct balancer_waiter waiter;
    struct balancer_tries tries;
    struct http_attempt *attempt;
    struct http_attempt first_attempt; /* most have no second */
};

static inline struct stream *http_proxy_backend(const struct http_proxy *proxy)
{
    return proxy->connection.stream;
}

/* http_proxy.c */

struct worker *http_proxy_worker(const struct http_proxy *proxy);
uint64_t http_proxy_now(const struct http_proxy *proxy);

/* Works out from the state what to wait for: at the end of each event. */
void http_proxy_wait(struct http_proxy *proxy);

/* The backend connection's events go to the proxy from now on. */
void http_proxy_own_stream(struct http_proxy *proxy);

/* Lets go of the backend, of its peer and of what was spooled. */
void http_proxy_let_go(struct http_proxy *proxy, bool reuse, enum balancer_outcome outcome);

/* Ends the exchange with an error the client can see: a page, or if the answer has begun, a
 * connection that is cut. */
void http_proxy_fail(struct http_proxy *proxy, unsigned status, const char *words,
                     const char *detail);
void http_proxy_complete(struct http_proxy *proxy);

/* http_proxy_target.c: fills in proxy->target; false: there is none, and the exchange was
 * answered. */
bool http_proxy_choose_target(struct http_proxy *proxy);

/* http_proxy_loop.c: true: the request came from ourselves too often, and the exchange was
 * answered. Sets proxy->steps. */
#define HTTP_PROXY_STEPS_FIELD SLICE("X-Frontd-Steps")
bool http_proxy_goes_round(struct http_proxy *proxy);

/* http_proxy_attempt.c */

/* What came of an attempt, in the order of the words of proxy_next_upstream. */
enum http_proxy_fault {
    HTTP_FAULT_ERROR,
    HTTP_FAULT_TIMEOUT,
    HTTP_FAULT_INVALID,
    HTTP_FAULT_500,
    HTTP_FAULT_502,
    HTTP_FAULT_503,
    HTTP_FAULT_504,
    HTTP_FAULT_403,
    HTTP_FAULT_404,
    HTTP_FAULT_429,
    HTTP_FAULT_NON_IDEMPOTENT, /* no fault: says that more may be tried again */
    HTTP_FAULT_OFF,
};

void http_proxy_attempt(struct http_proxy *proxy);

/* The attempt came to nothing before its answer's head was complete. Tries another one if it may;
 * else http_proxy_fail. */
void http_proxy_attempt_failed(struct http_proxy *proxy, enum http_proxy_fault fault,
                               const char *words, const char *detail);

/* The TLS handshake with the backend is complete. */
void http_proxy_secured(struct http_proxy *proxy);

/* An answer's head is here, and its status is one to try another peer for: true if that was
 * done. */
bool http_proxy_try_past(struct http_proxy *proxy);

/* Milliseconds since the attempt began. */
uint32_t http_proxy_elapsed(const struct http_proxy *proxy);

/* Brings the attempt's `sent` and `received` up to date. */
void http_proxy_note_bytes(struct http_proxy *proxy);

/* http_proxy_client.c */

extern const struct http_body_reader http_proxy_reader;

/* Must the request's body be gathered before it is sent? */
bool http_proxy_must_spool(const struct http_proxy *proxy);
void http_proxy_spool(struct http_proxy *proxy);

/* All of it is in proxy->spool. */
void http_proxy_go_on_spooled(struct http_proxy *proxy);

/* Connected: the head was written, the body follows. */
void http_proxy_send_body(struct http_proxy *proxy);

/* http_proxy_answer.c: input while an answer's head is waited for. */
void http_proxy_read_heads(struct http_proxy *proxy);

/* http_proxy_accel.c: true: something else answers the client, and the backend was let go. */
bool http_proxy_answers_otherwise(struct http_proxy *proxy);

/* http_proxy_destination.c: a URL (or an absolute path) of this server as the client writes it, as
 * the backend, which is asked as `host`, would write it; others stay. For Destination and for the
 * tags in If (RFC 4918 10.3, 10.4). */
struct slice http_proxy_map_url(struct http_proxy *proxy, struct slice url, struct slice host);
struct slice http_proxy_map_tags(struct http_proxy *proxy, struct slice value, struct slice host);

/* http_proxy_body.c */
void http_proxy_read_body(struct http_proxy *proxy);
void http_proxy_begin_tunnel(struct http_proxy *proxy);
void http_proxy_read_tunnel(struct http_proxy *proxy);

/* http_proxy_request.c */

/* The head for the backend, written anew from the struct (reference/http.md 1.7 and 4.4), in the
 * exchange's arena; at == NULL when it does not fit. Sets proxy->closes and proxy->upgrades. */
struct slice http_proxy_request_head(struct http_proxy *proxy);

/* May this field go through to the other side? `connection`: fields whose Connection values name
 * what must not (RFC 9110 7.6.1). */
bool http_proxy_is_hop_field(const struct http_field *field, const struct http_field *fields,
                             size_t count);

/* http_proxy_forwarded.c: the lines that `forwarded_headers auto` adds, and the names that only
 * they may have. at == NULL: they do not fit. */
struct slice http_proxy_forwarded_fields(struct http_proxy *proxy);
bool http_proxy_is_forwarded_field(struct slice name);

/* May the request be sent twice (RFC 9110 9.2.2)? */
bool http_proxy_is_idempotent(const struct http_request *request);

/* http_proxy_response.c: fills exchange->response from proxy->answer: fields that may pass,
 * Location on our own name. */
void http_proxy_fill_response(struct http_proxy *proxy);
