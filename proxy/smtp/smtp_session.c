#include "smtp/smtp_session.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "relay/listen.h"
#include "relay/worker.h"
#include "smtp/smtp.h"
#include "smtp/smtp_body.h"
#include "smtp/smtp_goodbye.h"
#include "smtp/smtp_input.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_tls.h"
#include "smtp/smtp_upstream.h"

#include <stdlib.h>

/* RFC 5321 4.5.3.2, and mail.md 5 where the RFC leaves it open. */
#define FIRST_COMMAND_MS 60000  /* until EHLO or HELO */
#define COMMAND_MS       300000 /* between commands once a backend is connected */
#define REPLY_MS         300000 /* for the backend's answer to a command */
#define DATA_REPLY_MS    120000
#define AUTH_DELAY_MS    3000
#define NAME_MS          5000
#define TLS_MS           30000
#define DRAIN_IDLE_MS    2000 /* of silence, when this worker is to end */

/* States. */

#define BIT(state) (1u << SMTP_STATE_##state)

static const struct {
    const char *name;
    uint32_t next; /* bits of the states that may follow; CLOSED always may */
} states[SMTP_STATE_COUNT] = {
    [SMTP_STATE_DELAY] = {"delay",         BIT(COMMAND)                                                                         },
    [SMTP_STATE_COMMAND] = {"command",       BIT(TLS) | BIT(AUTH) | BIT(NAMING) | BIT(OPENING) |
                                           BIT(DATA_REPLY) | BIT(CHUNK) | BIT(CHUNK_SWALLOW)},
    [SMTP_STATE_TLS] = {"tls",           BIT(COMMAND)                                                                         },
    [SMTP_STATE_AUTH] = {"auth",          BIT(COMMAND) | BIT(AUTH_DELAY)                                                       },
    [SMTP_STATE_AUTH_DELAY] = {"auth delay",    BIT(COMMAND)                                                                         },
    [SMTP_STATE_NAMING] = {"naming",        BIT(OPENING)                                                                         },
    [SMTP_STATE_OPENING] = {"opening",       BIT(COMMAND)                                                                         },
    [SMTP_STATE_DATA_REPLY] = {"data reply",    BIT(COMMAND) | BIT(DATA)                                                             },
    [SMTP_STATE_DATA] = {"data",          BIT(DATA_SWALLOW) | BIT(FINAL)                                                       },
    [SMTP_STATE_DATA_SWALLOW] = {"data swallow",  BIT(COMMAND)                                                                         },
    [SMTP_STATE_CHUNK] = {"chunk",         BIT(COMMAND) | BIT(FINAL)                                                            },
    [SMTP_STATE_CHUNK_SWALLOW] = {"chunk swallow", BIT(COMMAND)                                                                         },
    [SMTP_STATE_FINAL] = {"final",         BIT(COMMAND)                                                                         },
    [SMTP_STATE_CLOSED] = {"closed",        0                                                                                    },
};

static uint32_t command_time(const struct smtp_session *smtp)
{
    uint32_t idle = smtp->server->conf->timeout;

    if (smtp_pending_count(smtp) > 0)
        return REPLY_MS;
    if (smtp_goodbye_is_due(smtp))
        return DRAIN_IDLE_MS;
    if (smtp->backend != NULL)
        return COMMAND_MS;
    return smtp->hello == SMTP_HELLO_NONE && idle > FIRST_COMMAND_MS ? FIRST_COMMAND_MS : idle;
}

void smtp_session_set_deadline(struct smtp_session *smtp)
{
    struct session *session = smtp->session;

    smtp->has_partial = false;
    switch (smtp->state) {
    case SMTP_STATE_DELAY:
        session_expire_in(session, smtp->server->conf->smtp_greeting_delay);
        return;
    case SMTP_STATE_COMMAND:
    case SMTP_STATE_AUTH:
        session_expire_in(session, command_time(smtp));
        return;
    case SMTP_STATE_TLS:
        session_expire_in(session, TLS_MS);
        return;
    case SMTP_STATE_AUTH_DELAY:
        session_expire_in(session, AUTH_DELAY_MS);
        return;
    case SMTP_STATE_NAMING:
        session_expire_in(session, NAME_MS);
        return;
    case SMTP_STATE_DATA_REPLY:
        session_expire_in(session, DATA_REPLY_MS);
        return;
    case SMTP_STATE_FINAL:
        session_expire_in(session, SMTP_FINAL_MS);
        return;
    case SMTP_STATE_DATA:
    case SMTP_STATE_DATA_SWALLOW:
    case SMTP_STATE_CHUNK:
    case SMTP_STATE_CHUNK_SWALLOW:
        smtp_body_start(smtp);
        return;
    case SMTP_STATE_OPENING: /* the backend keeps its own time */
    case SMTP_STATE_CLOSED:
        session_expire_never(session);
        return;
    case SMTP_STATE_COUNT:
        break;
    }
    ensure(!"a state");
}

void smtp_session_enter(struct smtp_session *smtp, enum smtp_state state)
{
    ensure(state == SMTP_STATE_CLOSED || (states[smtp->state].next & 1u << state) != 0);
    if (log_wants(smtp->session->log, LOG_DEBUG))
        session_log(smtp->session, LOG_DEBUG, "smtp: %s -> %s", states[smtp->state].name,
                    states[state].name);
    smtp->state = state;
    smtp_session_set_deadline(smtp);
}

/* Replies. */

void smtp_session_refuse(struct smtp_session *smtp, const char *reply)
{
    smtp_pending_reply(smtp, reply);
    if (++smtp->errors >= smtp->server->conf->max_errors)
        smtp_session_end(smtp, "421 4.7.0 Too many errors\r\n", CLOSE_CLIENT_ERRORS);
}

void smtp_session_end(struct smtp_session *smtp, const char *reply, enum close_reason reason)
{
    if (reply != NULL)
        session_write(smtp->session, slice_of(reply));
    smtp->has_said_goodbye = true;
    session_close(smtp->session, reason);
}

/* A whole reply has one spelling, so it is written as it was parsed; except that clients may not
 * know a last line of three digits only. */
void smtp_session_pass(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    struct slice lines = slice_part(reply->lines, 0, reply->lines.len - 2);
    bool is_bare = lines.len == 3 || (lines.len > 4 && lines.at[lines.len - 4] == '\n');

    session_write(smtp->session, lines);
    session_write(smtp->session, is_bare ? SLICE(" \r\n") : SLICE("\r\n"));
}

void smtp_session_break(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    session_log(smtp->session, LOG_ERROR,
                "backend answered \"%u %s\", which is no answer to what was asked", reply->code,
                log_escape(smtp_reply_first(reply)).text);
    smtp_session_end(smtp, "421 4.3.0 Service not available, try again later\r\n",
                     CLOSE_BACKEND_BROKEN);
}

static void on_task(void *owner)
{
    smtp_input_take(owner);
}

void smtp_session_continue(struct smtp_session *smtp)
{
    loop_defer(smtp->session->worker->loop, &smtp->task);
}

/* Beginning and end. */

static void greet(struct smtp_session *smtp)
{
    char memory[SMTP_REPLY_LINE_MAX];
    struct text text = text_in(memory, sizeof memory);

    text_add(&text, SLICE("220 "));
    text_add(&text, slice_part(smtp->server->name, 0, 255));
    text_add(&text, SLICE(" ESMTP\r\n"));
    session_write(smtp->session, text_slice(&text));
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
}

void smtp_session_forget(struct smtp_session *smtp)
{
    smtp_backend_quit(&smtp->backend);
    smtp_body_drained(smtp);
    smtp_auth_end(smtp);
    smtp->hello = SMTP_HELLO_NONE;
    smtp->hello_len = 0;
    smtp_session_end_mail(smtp);
}

void smtp_session_end_mail(struct smtp_session *smtp)
{
    smtp->in_mail = false;
    smtp->is_mail_broken = false;
    smtp->has_chunks = false;
    smtp->recipients = 0;
    smtp->message_bytes = 0;
}

uint64_t smtp_session_size_limit(const struct smtp_session *smtp)
{
    uint64_t backend = smtp_backend_is_ready(smtp->backend)
                           ? smtp_backend_capabilities(smtp->backend)->size
                           : smtp_server_capabilities(smtp->server)->size;

    return smtp_capabilities_smaller(backend, smtp->server->given.size);
}

static void on_opened(struct session *session)
{
    struct smtp_session *smtp = memory_zero(sizeof *smtp);

    session->state = smtp;
    smtp->session = session;
    smtp->service = session->listen->service;
    smtp->server = smtp_service_choose(smtp->service, session_server_name(session));
    session->log = &smtp->server->log;
    loop_task_init(&smtp->task, on_task, smtp);
    smtp->state = SMTP_STATE_DELAY;
    smtp_upstream_start_naming(smtp);
    if (smtp->server->conf->smtp_greeting_delay == 0)
        greet(smtp);
    else
        smtp_session_set_deadline(smtp);
}

static void on_received(struct session *session)
{
    smtp_input_take(session->state);
}

static void on_drained(struct session *session)
{
    smtp_session_continue(session->state);
}

static void on_secured(struct session *session)
{
    struct smtp_session *smtp = session->state;

    smtp->log.has_starttls = true;
    smtp->server = smtp_service_choose(smtp->service, session_server_name(session));
    session->log = &smtp->server->log;
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
}

static void on_expired(struct session *session)
{
    struct smtp_session *smtp = session->state;

    switch (smtp->state) {
    case SMTP_STATE_DELAY:
        greet(smtp);
        return;
    case SMTP_STATE_AUTH_DELAY:
        smtp_auth_refuse(smtp);
        if (smtp->state != SMTP_STATE_CLOSED)
            smtp_session_continue(smtp);
        return;
    case SMTP_STATE_NAMING:
        smtp_upstream_open_unnamed(smtp);
        return;
    case SMTP_STATE_DATA:
    case SMTP_STATE_DATA_SWALLOW:
    case SMTP_STATE_CHUNK:
    case SMTP_STATE_CHUNK_SWALLOW:
        smtp_body_expired(smtp);
        return;
    case SMTP_STATE_TLS:
        session_close(session, CLOSE_TIMEOUT_HANDSHAKE);
        return;
    case SMTP_STATE_COMMAND:
    case SMTP_STATE_AUTH:
    case SMTP_STATE_DATA_REPLY:
    case SMTP_STATE_FINAL:
        smtp_goodbye_timeout(smtp);
        return;
    case SMTP_STATE_OPENING:
    case SMTP_STATE_CLOSED:
    case SMTP_STATE_COUNT:
        return;
    }
}

/* A client that is about to say something is not told to come again: only silence ends a session.
 */
static void on_draining(struct session *session)
{
    struct smtp_session *smtp = session->state;

    if (smtp_goodbye_is_due(smtp))
        smtp_session_set_deadline(smtp);
}

static void on_closed(struct session *session, enum close_reason reason)
{
    struct smtp_session *smtp = session->state;

    smtp_goodbye_say(smtp, reason);
    smtp_log_session(smtp, reason);
    smtp_goodbye_leave_backend(smtp, reason);
    smtp_upstream_stop_naming(smtp);
    smtp_auth_end(smtp);
    loop_task_cancel(&smtp->task);
    smtp_session_enter(smtp, SMTP_STATE_CLOSED);
    loop_retire(session->worker->loop, smtp->queue);
    loop_retire(session->worker->loop, (void *)(uintptr_t)smtp->client_name.at);
    loop_retire(session->worker->loop, smtp);
}

static bool on_start(struct worker *worker)
{
    return smtp_service_start(worker, &smtp_protocol);
}

static void on_stop(struct worker *worker)
{
    smtp_service_stop(worker, &smtp_protocol);
}

const struct protocol smtp_protocol = {
    .name = "smtp",
    .start = on_start,
    .stop = on_stop,
    .tls_servers = smtp_tls_servers,
    .opened = on_opened,
    .received = on_received,
    .drained = on_drained,
    .secured = on_secured,
    .expired = on_expired,
    .draining = on_draining,
    .closed = on_closed,
};
