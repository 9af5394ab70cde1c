#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* The bytes of a message on their way from client to backend: in large steps, never more of them in
 * memory than one read brings and the backend's socket cannot take at once. */

struct smtp_session;

/* The session has entered DATA, CHUNK or one of the SWALLOW states. */
void smtp_body_start(struct smtp_session *smtp);

/* Deals with what has arrived. True: the state has changed, there may be commands behind it. */
bool smtp_body_take(struct smtp_session *smtp, struct slice input);

#define SMTP_TOO_LARGE "552 5.3.4 Message size exceeds the limit\r\n"

/* Would `more` bytes make the message larger than `limit` (0: none)? */
bool smtp_body_is_too_large(const struct smtp_session *smtp, uint64_t more, uint64_t limit);

/* The backend has taken all that was written. */
void smtp_body_drained(struct smtp_session *smtp);

/* Too little came, or the backend took too little. */
void smtp_body_expired(struct smtp_session *smtp);
