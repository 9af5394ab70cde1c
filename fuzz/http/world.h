#pragma once

#include "base/slice.h"

#include <stdbool.h>

/* A worker in this process: the real loop, sessions, configuration and handlers; a client at the
 * other end of a socketpair, and a backend (backend.h) that is kept connected to it. */

struct session;

/* A client connects; `script` says what backends answer. */
void world_begin(unsigned script);

/* The client says this; what follows from it happens. */
void world_say(struct slice bytes);

/* All that the client has heard, and whether frontd has ended the connection. */
struct slice world_heard(void);
bool world_is_over(void);

/* The session; NULL once it is closed. */
const struct session *world_session(void);

/* The client hangs up: nothing may be left of it. */
void world_end(void);
