#include "auth/auth_client.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "ipc/channel.h"

#include <stdlib.h>
#include <string.h>

#define TICKETS_MAX 256
/* A full queue of slow hashes is done in less. */
#define PATIENCE_MS 30000
/* How long a question waits for a frontd-auth to come back. */
#define RESTART_MS 2000

struct auth_ticket {
    struct auth_client *client;
    struct auth_ticket *next, **previous;
    void (*answered)(void *owner, const struct auth_answer *answer);
    void *owner;
    struct deadline deadline;
    uint64_t id;
    bool is_sent;
    size_t len;
    char body[AUTH_QUESTION_MAX];
};

struct auth_client {
    struct loop *loop;
    struct channel *channel; /* NULL: there is no frontd-auth now */
    struct auth_ticket *tickets;
    size_t count;
    uint64_t ids;
};

struct auth_client *auth_client_new(struct loop *loop)
{
    struct auth_client *client = memory_zero(sizeof *client);

    client->loop = loop;
    return client;
}

void auth_client_cancel(struct auth_ticket **ticket_place)
{
    struct auth_ticket *ticket = *ticket_place;

    if (ticket == NULL)
        return;
    *ticket_place = NULL;
    deadline_clear(&ticket->deadline);
    *ticket->previous = ticket->next;
    if (ticket->next != NULL)
        ticket->next->previous = ticket->previous;
    ticket->client->count--;
    explicit_bzero(ticket->body, sizeof ticket->body);
    loop_retire(ticket->client->loop, ticket);
}

void auth_client_free(struct auth_client *client)
{
    while (client->tickets != NULL) {
        struct auth_ticket *ticket = client->tickets;

        auth_client_cancel(&ticket);
    }
    channel_close(&client->channel);
    free(client);
}

static void settle(struct auth_ticket *ticket, const struct auth_answer *answer)
{
    void (*answered)(void *, const struct auth_answer *) = ticket->answered;
    void *owner = ticket->owner;

    auth_client_cancel(&ticket);
    answered(owner, answer);
}

static void lose(struct auth_ticket *ticket)
{
    settle(ticket, &(struct auth_answer){.verdict = AUTH_LOST});
}

static void on_expired(void *owner)
{
    lose(owner);
}

/* False: there is nobody to ask now, or no room. */
static bool send_question(struct auth_ticket *ticket)
{
    struct auth_client *client = ticket->client;

    if (client->channel == NULL || !channel_send(client->channel, MESSAGE_AUTH_ASK,
                                                 (struct slice){ticket->body, ticket->len}, -1))
        return false;
    ticket->is_sent = true;
    explicit_bzero(ticket->body, sizeof ticket->body);
    deadline_set(client->loop, &ticket->deadline, PATIENCE_MS);
    return true;
}

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct auth_client *client = owner;
    struct auth_answer answer;
    struct auth_ticket *ticket = client->tickets;

    ensure(message == MESSAGE_AUTH_ANSWER && fd < 0);
    if (!auth_answer_read(body, &answer))
        return;
    while (ticket != NULL && ticket->id != answer.id)
        ticket = ticket->next;
    if (ticket != NULL && ticket->is_sent)
        settle(ticket, &answer);
}

static struct auth_ticket *next_sent(const struct auth_client *client)
{
    struct auth_ticket *ticket = client->tickets;

    while (ticket != NULL && !ticket->is_sent)
        ticket = ticket->next;
    return ticket;
}

/* What was asked may have been what it died of: it is not asked again. */
static void on_closed(void *owner, const char *why)
{
    struct auth_client *client = owner;
    struct auth_ticket *ticket;

    (void)why; /* the master says that it died */
    channel_close(&client->channel);
    while ((ticket = next_sent(client)) != NULL)
        lose(ticket);
}

static const struct channel_events channel_events = {on_message, on_closed};

void auth_client_connect(struct auth_client *client, int fd)
{
    if (client->channel != NULL)
        on_closed(client, NULL);
    client->channel =
        channel_new(client->loop, fd, ROLE_WORKER, ROLE_AUTH, &channel_events, client);
    for (struct auth_ticket *ticket = client->tickets; ticket != NULL; ticket = ticket->next)
        if (!ticket->is_sent && !send_question(ticket))
            return;
}

struct auth_ticket *auth_client_ask(struct auth_client *client,
                                    const struct auth_question *question,
                                    void (*answered)(void *owner, const struct auth_answer *answer),
                                    void *owner)
{
    struct auth_question numbered = *question;
    struct auth_ticket *ticket;

    if (client->count >= TICKETS_MAX)
        return NULL;
    ticket = memory_zero(sizeof *ticket);
    numbered.id = ticket->id = ++client->ids;
    ticket->client = client;
    ticket->answered = answered;
    ticket->owner = owner;
    ticket->len = auth_question_write(&numbered, ticket->body);
    deadline_init(&ticket->deadline, on_expired, ticket);
    ticket->next = client->tickets;
    ticket->previous = &client->tickets;
    if (ticket->next != NULL)
        ticket->next->previous = &ticket->next;
    client->tickets = ticket;
    client->count++;
    if (!send_question(ticket))
        deadline_set(client->loop, &ticket->deadline, RESTART_MS);
    return ticket;
}
