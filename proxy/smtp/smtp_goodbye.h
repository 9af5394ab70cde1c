#pragma once

#include "relay/protocol.h"

#include <stdbool.h>

/* How a session parts from client and backend when it was not the client that said QUIT: timeouts,
 * draining, stopping. */

struct smtp_session;

/* For the verdict on a message: giving up on the final dot earlier would double mail. */
#define SMTP_FINAL_MS 600000

/* This worker is to end, and the client would lose nothing: no mail is under way. */
bool smtp_goodbye_is_due(const struct smtp_session *smtp);

/* The deadline of a state that waits for client or backend has passed: ends the session. */
void smtp_goodbye_timeout(struct smtp_session *smtp);

/* Stopped between two messages: the client may know that it is not its fault. */
void smtp_goodbye_say(struct smtp_session *smtp, enum close_reason reason);

/* The backend hears QUIT only when nothing of a message is under way, and is dropped in the middle
 * of one; but a message that was sent whole is no longer ours to take back. */
void smtp_goodbye_leave_backend(struct smtp_session *smtp, enum close_reason reason);
