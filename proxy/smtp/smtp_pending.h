#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The replies that a client still waits for: the backend's, and frontd's own in between, which come
 * in the order of the commands whatever the order in which they are known. At most 64. */

struct smtp_session;
struct smtp_reply;
struct smtp_verb;

/* Room for them is made together with the backend connection, so that idle sessions stay small. */
void smtp_pending_prepare(struct smtp_session *smtp);

/* The backend is gone, and nobody is left to answer. */
void smtp_pending_forget(struct smtp_session *smtp);

size_t smtp_pending_count(const struct smtp_session *smtp);

/* With replies outstanding: no command may follow, since the queue is full or the last command ends
 * its group. */
bool smtp_pending_is_closed(const struct smtp_session *smtp);

/* Replies in order behind the backend's that are outstanding. `reply` is one or more whole lines,
 * constant. */
void smtp_pending_reply(struct smtp_session *smtp, const char *reply);

/* Writes a command to the backend, which must be ready; verb->on_reply takes the reply. */
void smtp_pending_forward(struct smtp_session *smtp, const struct smtp_verb *verb,
                          struct slice line);

/* The same for a reply that no single command asks for: the verdict on a message. */
void smtp_pending_expect(struct smtp_session *smtp,
                         void (*on_reply)(struct smtp_session *smtp,
                                          const struct smtp_reply *reply));

/* The backend's reply to the oldest command, of which there must be one; then frontd's own that
 * waited for it. */
void smtp_pending_take(struct smtp_session *smtp, const struct smtp_reply *reply);
