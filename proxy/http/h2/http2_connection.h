#pragma once

#include "relay/protocol.h"

/* The life of a session that speaks HTTP/2, for which this takes the place of http_protocol:
 * session->protocol is set to it, then `opened` is called. Requests become exchanges that
 * http_handle answers through http2_transport.c. */
extern const struct protocol http2_protocol;

struct http_content;

/* When a worker ends. */
void http2_exchange_free_spares(struct http_content *content);

/* What a client begins with (RFC 9113 3.4). */
#define HTTP2_PREFACE SLICE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
