#pragma once

/* A session and its backend: who the client is told to be, when a backend is opened, and what its
 * events mean to the session. */

struct smtp_session;

/* Begins to open a backend; the state is COMMAND again when it is ready. Waits for the client's
 * name, in state NAMING, if that is still asked for. */
void smtp_upstream_open(struct smtp_session *smtp);

/* The name took too long: opens the backend without it. */
void smtp_upstream_open_unnamed(struct smtp_session *smtp);

/* Asks for the client's name, at the start of the session. Nobody asks for the name of an address
 * that is not told anyway. */
void smtp_upstream_start_naming(struct smtp_session *smtp);
void smtp_upstream_stop_naming(struct smtp_session *smtp);
