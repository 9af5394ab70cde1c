#pragma once

#include "http/http1_chunked.h"
#include "http/http1_parse.h"
#include "http/http_conf.h"
#include "http/http_exchange.h"
#include "net/loop.h"
#include "net/stream.h"
#include "relay/backend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between http_proxy.c (the two connections), http_proxy_request.c and http_proxy_response.c (the
 * heads). */

/* The present attempt at a backend. */
enum http_proxy_state {
    HTTP_PROXY_CONNECTING,
    HTTP_PROXY_HEAD,   /* connected: the request goes, the answer's head is waited for */
    HTTP_PROXY_BODY,   /* the answer's body comes */
    HTTP_PROXY_TUNNEL, /* after 101 */
    HTTP_PROXY_DONE,   /* let go of the backend */
};

struct http_proxy {
    struct http_exchange *exchange;
    struct backend_dial *dial;
    struct stream *backend;
    struct deadline deadline;
    struct slice head; /* of the request, as it is sent */
    struct http1_scan scan;
    struct http1_chunked chunked;
    struct http_response answer;
    uint64_t body_left; /* of the answer, HTTP_LENGTH */
    uint64_t started_ms;
    size_t queued; /* for the backend, when the deadline was set */
    enum http_proxy_state state;
    uint8_t interims;   /* 1xx answers so far */
    bool is_reused;     /* the connection comes from the pool */
    bool has_answered;  /* at least one byte of an answer came */
    bool took_body;     /* bytes of the request's body are gone: no second try */
    bool request_done;  /* all of the request was written */
    bool closes;        /* the configuration says Connection: close */
    bool client_ended;  /* TUNNEL: nothing more comes from the client */
    bool backend_ended; /* TUNNEL: nothing more comes from the backend */
};

/* The head for the backend, written anew from the struct (reference/http.md 1.7 and 4.4), in the
 * exchange's arena; at == NULL when it does not fit. Sets proxy->closes. */
struct slice http_proxy_request_head(struct http_proxy *proxy);

/* Fills exchange->response from proxy->answer: fields that may pass, Location on our own name. */
void http_proxy_fill_response(struct http_proxy *proxy);

/* May this field go through to the other side? `connection`: fields whose Connection values name
 * what must not (RFC 9110 7.6.1). */
bool http_proxy_is_hop_field(const struct http_field *field, const struct http_field *fields,
                             size_t count);

/* May the request be sent twice (RFC 9110 9.2.2)? */
bool http_proxy_is_idempotent(const struct http_request *request);
