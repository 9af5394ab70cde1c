#include "smtp/smtp_pending.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "smtp/smtp_session.h"

/* A command whose reply has not been written to the client yet. */
struct smtp_pending {
    void (*on_reply)(struct smtp_session *smtp, const struct smtp_reply *reply);
    const char *local; /* frontd's own reply, held back for its turn; NULL: the backend's */
    bool ends_group;   /* nothing is sent behind it before the reply: a backend may hang up */
};

#define PENDING_MAX 64

struct smtp_queue {
    struct smtp_pending items[PENDING_MAX];
    size_t first, count;
};

void smtp_pending_prepare(struct smtp_session *smtp)
{
    if (smtp->queue == NULL)
        smtp->queue = memory_zero(sizeof *smtp->queue);
}

void smtp_pending_forget(struct smtp_session *smtp)
{
    if (smtp->queue != NULL)
        smtp->queue->count = 0;
}

size_t smtp_pending_count(const struct smtp_session *smtp)
{
    return smtp->queue == NULL ? 0 : smtp->queue->count;
}

static void push(struct smtp_session *smtp, struct smtp_pending pending)
{
    struct smtp_queue *queue = smtp->queue;

    ensure(queue->count < PENDING_MAX);
    queue->items[(queue->first + queue->count++) % PENDING_MAX] = pending;
}

bool smtp_pending_is_closed(const struct smtp_session *smtp)
{
    const struct smtp_queue *queue = smtp->queue;

    return queue->count == PENDING_MAX ||
           queue->items[(queue->first + queue->count - 1) % PENDING_MAX].ends_group;
}

static struct smtp_pending pop(struct smtp_queue *queue)
{
    struct smtp_pending pending = queue->items[queue->first];

    queue->first = (queue->first + 1) % PENDING_MAX;
    queue->count--;
    return pending;
}

void smtp_pending_reply(struct smtp_session *smtp, const char *reply)
{
    if (smtp_pending_count(smtp) > 0)
        push(smtp, (struct smtp_pending){.local = reply});
    else
        session_write(smtp->session, slice_of(reply));
}

void smtp_pending_forward(struct smtp_session *smtp, const struct smtp_verb *verb,
                          struct slice line)
{
    smtp_backend_write(smtp->backend, line);
    push(smtp, (struct smtp_pending){.on_reply = verb->on_reply,
                                     .ends_group = (verb->flags & SMTP_ENDS_GROUP) != 0});
}

void smtp_pending_expect(struct smtp_session *smtp,
                         void (*on_reply)(struct smtp_session *smtp,
                                          const struct smtp_reply *reply))
{
    push(smtp, (struct smtp_pending){.on_reply = on_reply});
}

static void write_local_replies(struct smtp_session *smtp)
{
    struct smtp_queue *queue = smtp->queue;

    while (queue->count > 0 && queue->items[queue->first].local != NULL)
        session_write(smtp->session, slice_of(pop(queue).local));
}

void smtp_pending_take(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    pop(smtp->queue).on_reply(smtp, reply);
    if (smtp->state != SMTP_STATE_CLOSED)
        write_local_replies(smtp);
}
