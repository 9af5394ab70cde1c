#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "http/message/http_message.h"
#include "http/message/http_rules.h"
#include "http/proxy/http_attempts.h"
#include "relay/session.h"

#include <stdbool.h>
#include <stdint.h>

/* One request and its response. The connection (HTTP/1 now, HTTP/2 later) makes it when a head is
 * complete; a handler answers it; the connection ends it, writes the log lines and frees it. */

struct http_exchange;
struct http_access_state;
struct http_explanation;
struct http_kept_body;
struct http_limit_held;
struct http_location; /* what the configuration says for this path: http_conf.h */
struct http_output;   /* http_output.h */
struct http_proxy_target;
struct http_server;

/* What happens to the exchange, to its handler: how it gets the request's body, room to write, the
 * end. Any of them may be NULL; without `body` the request's body is dropped by the connection. */
struct http_body_reader {
    /* Body bytes, in order; valid during the call. `last`: this was all of it (bytes may be empty).
     * Nothing comes before transport->read_body was called; transport->pause_body slows the client
     * down. */
    void (*body)(struct http_exchange *exchange, struct slice bytes, bool last);
    /* The client is gone or broke the framing: nothing more comes, the handler must let go of
     * everything it holds for this exchange. Not called after the exchange was finished. */
    void (*aborted)(struct http_exchange *exchange);
    /* Everything written so far has left, after a time when it had to wait. */
    void (*drained)(struct http_exchange *exchange);
    /* The exchange is over and everything has been sent, or it was cut: let go of what is still
     * held (an open file). Always the last call, exactly once, also after `aborted`. */
    void (*ended)(struct http_exchange *exchange);
};

/* What the connection offers to handlers; one table for HTTP/1, one for HTTP/2. A handler sets
 * exchange->response (status, framing HTTP_LENGTH or HTTP_CHUNKED, fields) and calls head, then
 * body or file as often as it likes, then finish. Server, Date, Content-Length, Transfer-Encoding
 * and Connection are the transport's own: never put them into the fields. For HEAD, 204 and 304,
 * body and file send nothing, so handlers need not care. */
struct http_transport {
    void (*head)(struct http_exchange *exchange); /* sends exchange->response's head */
    /* 100 or 103, with fields for 103. */
    void (*interim)(struct http_exchange *exchange, const struct http_response *response);
    void (*body)(struct http_exchange *exchange, struct slice bytes); /* copied or sent */
    /* `fd` must stay open until reader->ended; reader->drained follows, write nothing before. */
    void (*file)(struct http_exchange *exchange, int fd, uint64_t offset, uint64_t len);
    void (*finish)(struct http_exchange *exchange); /* the response is complete */
    void (*abort)(struct http_exchange *exchange, enum close_reason reason); /* cut visibly */
    /* True: the client does not take bytes as fast as they come; reader->drained follows. */
    bool (*is_full)(struct http_exchange *exchange);
    void (*read_body)(struct http_exchange *exchange); /* start or go on delivering the body */
    void (*pause_body)(struct http_exchange *exchange);
    /* After a 101 head: from now on reader->body gets the raw bytes of the client (`last` at its
     * end) and body sends raw bytes. */
    void (*tunnel)(struct http_exchange *exchange);
    /* exchange->location and exchange->log have been chosen, maybe not for the first time. NULL:
     * nobody has to know. */
    void (*located)(struct http_exchange *exchange);
};

/* More internal redirects than these are a loop (nginx's number). */
#define HTTP_JUMPS_MAX 10
#define HTTP_CAPTURES  10

/* What the groups of a regular expression matched: [0] is the whole; at == NULL: the group did not
 * take part. Slices into the subject, which lives as long as the exchange. */
struct http_captures {
    struct slice items[HTTP_CAPTURES];
};

/* The longest a response's own fields may become, ours included. */
#define HTTP_RESPONSE_FIELDS_MAX (HTTP_FIELDS_MAX + 16)

struct http_exchange {
    struct session *session;
    const struct http_transport *transport;
    void *connection;      /* the transport's */
    const struct log *log; /* for its lines: the error_log of its location once that is known */
    struct arena arena;    /* for everything that lives as long as the exchange; ceiling 256 KiB */
    struct http_request request;
    struct http_response response; /* filled in by the handler before transport->head */
    const struct http_server *server;
    const struct http_location *location;
    const struct address *client;     /* whom a trusted proxy names: see http_exchange_client */
    uint32_t password_file;           /* the last that the password was good for, from 1; 0: none */
    struct http_limit_held *held;     /* http_limit_conn.c: where it is counted */
    struct http_access_state *access; /* http_access.c's */
    struct http_kept_body *kept_body; /* http_kept_body.h; NULL: none */
    const struct http_body_reader *reader; /* the handler's, or NULL */
    void *handler;                         /* the handler's own state, in the arena */
    struct http_output *output; /* what sits on the connection's transport; NULL: nothing */
    uint64_t started_us;        /* wall time of the first byte of the head */
    uint64_t body_received, body_sent, bytes_sent;
    uint64_t limit_rate;     /* bytes of the answer in a second, as far as that is known; 0: any */
    uint32_t number;         /* among the requests of its connection, from 1 */
    uint64_t request_length; /* bytes of the head, then of the body too */
    /* What the log says of backends. */
    struct http_attempts attempts;
    const struct http_proxy_target *proxy_target; /* NULL: no backend was chosen yet */
    /* Variables that the configuration makes (set, map, geo, named captures…), by their number; at
     * == NULL: not worked out yet. NULL until the first one is. */
    struct slice *values;
    const struct http_captures *captures; /* $1…$9, of the last regular expression that matched */
    struct http_explanation *explanation; /* http_explain.c's: nothing is done; else NULL */
    struct http_exchange *parent;         /* of a subrequest: whom it is for; NULL otherwise */
    uint16_t subrequests;                 /* made for this request so far */
    /* enum http_limit_verdict; not 0: counted, and not again by whoever answers in the end */
    uint8_t limit_req_verdict, limit_conn_verdict;
    uint8_t jumps;         /* internal redirects so far: HTTP_JUMPS_MAX ends them with a 500 */
    bool is_internal;      /* a subrequest, or it came here by an internal redirect */
    bool limit_rate_set;   /* limit_rate of the location does not count */
    bool maps_path;        /* http_files.c: root's variables are being worked out */
    bool target_changed;   /* path or query are not the client's any more: raw_path is old */
    bool location_unbound; /* after `rewrite … break`: the path is not what the location matched */
    bool head_sent, finished, is_head_request;
    bool at_error_page;      /* `error_page` chose who answers */
    bool at_last_error_page; /* of a location without recursive_error_pages: no other follows */
    bool body_given;         /* a part of the request's body, or its end, was delivered */
    bool drops_body;         /* no handler gets the request's body: see http_exchange_framing */
    uint16_t error_status;   /* what the answer's status is, whatever its handler says; 0: that */
    bool close_after;        /* this is the last exchange of the connection */
    uint16_t field_room;     /* of response.fields: http_exchange_add_field's */
};

/* Answers completely with a small body in memory (kept until sent). `type`: Content-Type; empty:
 * none is sent. Extra fields already in exchange->response.fields stay. */
void http_exchange_answer(struct http_exchange *exchange, unsigned status, struct slice type,
                          struct slice body);

/* Answers with what `error_page` says, or the plain page of `status`, the same words as nginx's.
 * Closes the connection afterwards when `status` says that framing is in doubt or the fault ours
 * (400, 408, 413, 414, 431, 500, 501). */
void http_exchange_error(struct http_exchange *exchange, unsigned status);

/* For a head or body that broke a rule: the error page, the end of the connection after it, and a
 * log line with the rule's words. */
void http_exchange_refuse(struct http_exchange *exchange, enum http_refusal refusal);

/* 301, 302… to `location` (already safe: see http_uri_escape). */
void http_exchange_redirect(struct http_exchange *exchange, unsigned status, struct slice location);

/* A log line about the exchange, as session_log writes it. */
void http_exchange_log(const struct http_exchange *exchange, enum log_level level,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

/* How the request's body comes to a handler. */
static inline enum http_framing http_exchange_framing(const struct http_exchange *exchange)
{
    return exchange->drops_body ? HTTP_NO_BODY : exchange->request.framing;
}

/* Adds a field to the response; name and value must live as long as the exchange. Control bytes in
 * the value are dropped, whatever put them there. */
void http_exchange_add_field(struct http_exchange *exchange, struct slice name, struct slice value);

/* Who asks: the other end of the session, or whom a trusted proxy names (http_realip.h). */
const struct address *http_exchange_client(const struct http_exchange *exchange);

/* The handlers, by what the location says (http_handlers.c chooses). Each answers the exchange now
 * or later, exactly once. */
void http_file_handle(struct http_exchange *exchange);  /* root, index */
void http_proxy_handle(struct http_exchange *exchange); /* proxy_pass */
