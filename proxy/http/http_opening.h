#pragma once

#include "relay/session.h"

/* Which version of HTTP a new session speaks: what ALPN chose; in the clear HTTP/1, or HTTP/2 where
 * the client begins with its preface and the configuration has it on (prior knowledge). */
void http_opening_opened(struct session *session);
