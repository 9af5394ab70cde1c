#pragma once

#include "auth/auth_wire.h"
#include "net/loop.h"

#include <stdbool.h>

/* A worker's end: asks frontd-auth without ever waiting. When frontd-auth dies, what was asked is
 * answered AUTH_LOST; what is asked until the next one is there waits for it, for a while. */

struct auth_client;
struct auth_ticket; /* one question under way */

struct auth_client *auth_client_new(struct loop *loop);
void auth_client_free(struct auth_client *client); /* no ticket may be left, or none is answered */

/* The channel to a (new) frontd-auth; takes `fd` over. */
void auth_client_connect(struct auth_client *client, int fd);

/* `answered` is called once, later, from the loop; the ticket is gone then. Name and password must
 * not be longer than auth_wire.h says. NULL: too many are waiting. */
struct auth_ticket *auth_client_ask(struct auth_client *client,
                                    const struct auth_question *question,
                                    void (*answered)(void *owner, const struct auth_answer *answer),
                                    void *owner);

/* No answer is wanted any more; sets *ticket to NULL. NULL is fine. */
void auth_client_cancel(struct auth_ticket **ticket);
