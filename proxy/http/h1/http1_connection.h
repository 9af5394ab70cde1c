#pragma once

#include "relay/protocol.h"

/* HTTP/1 on one client connection: requests one after another, each an exchange. These are the
 * callbacks of struct protocol; session->state is the connection's. An idle connection holds
 * nothing but a small struct. */

struct session;
struct http_content;

void http1_connection_opened(struct session *session);
void http1_connection_received(struct session *session);
void http1_connection_drained(struct session *session);
void http1_connection_expired(struct session *session);
void http1_connection_draining(struct session *session);
void http1_connection_closed(struct session *session, enum close_reason reason);

/* When a worker ends. */
void http1_free_spare(struct http_content *content);
