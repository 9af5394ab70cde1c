#pragma once

/* What the client sends: commands, which are checked against what may be said now, and everything
 * else that the state takes for what it is. */

struct smtp_session;

/* Goes on with the input as far as the state allows, then with its end. For callbacks from the
 * loop; everybody else calls smtp_session_continue. */
void smtp_input_take(struct smtp_session *smtp);
