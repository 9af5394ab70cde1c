#pragma once

#include "ipc/control.h"

/* The other end of the control socket: `frontd -s …`. */

enum control_answer {
    CONTROL_DONE,      /* it said "ok" */
    CONTROL_REFUSED,   /* it said "error: …" */
    CONTROL_NO_DAEMON, /* nobody listens at `path`, or it went away before it answered */
    CONTROL_NOT_ALLOWED,
};

/* Asks and waits for the answer, at most two minutes. Its lines go to descriptor `out`, the "error:
 * …" line to `err`, the "ok" nowhere. */
enum control_answer control_ask(const char *path, enum control_command command, int out, int err);
