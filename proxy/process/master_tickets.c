#include "process/master_private.h"
#include "tls/tls_tickets.h"

/* When the keys of session tickets change. Reloads do not put it off. */

void master_tickets_schedule(struct master *master)
{
    uint64_t now = loop_now(master->loop);
    uint64_t due = master->tickets_since + master->current->ticket_rotation_ms;

    deadline_set(master->loop, &master->ticket_deadline, due > now ? (uint32_t)(due - now) : 1);
}

void master_tickets_expired(void *owner)
{
    struct master *master = owner;

    if (master->current == NULL)
        return; /* frontd ends */
    tls_tickets_rotate(master->program->tickets);
    master->tickets_since = loop_now(master->loop);
    log_line(&master->log, LOG_INFO, 0, "session tickets have a new key");
    master_tickets_schedule(master);
}
