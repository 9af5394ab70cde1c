#pragma once

/* Going to the background: the process that was started waits until the workers serve, so that its
 * exit status is the truth. */

/* Forks. In the child (a session of its own): returns the descriptor to write one byte to when all
 * is well. The parent does not return: it exits with 0 then, with 1 if the child ends before. -1 if
 * there can be no child (errno). */
int daemon_begin(void);
