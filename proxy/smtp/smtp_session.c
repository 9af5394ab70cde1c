#include "smtp/smtp_session.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "relay/listen.h"
#include "relay/worker.h"
#include "smtp/smtp.h"
#include "smtp/smtp_body.h"
#include "smtp/smtp_goodbye.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_upstream.h"

#include <stdlib.h>

/* RFC 5321 4.5.3.2, and mail.md 5 where the RFC leaves it open. */
#define FIRST_COMMAND_MS 60000  /* until EHLO or HELO */
#define COMMAND_MS       300000 /* between commands once a backend is connected */
#define PARTIAL_MS       60000  /* from the first byte of a line to its end */
#define REPLY_MS         300000 /* for the backend's answer to a command */
#define DATA_REPLY_MS    120000
#define AUTH_DELAY_MS    3000
#define NAME_MS          5000
#define TLS_MS           30000

#define REPLIES_MAX      (64 * 1024) /* not read by the client: it is not listened to either */
#define DRAIN_IDLE_MS    2000        /* of silence, when this worker is to end */

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

/* Commands. */

static const struct smtp_verb *find_verb(struct slice name)
{
    for (size_t i = 0; i < smtp_verb_count; i++) {
        if (slice_equal_fold(name, slice_of(smtp_verbs[i].name)))
            return &smtp_verbs[i];
    }
    return NULL;
}

/* Does the command have to wait for replies to earlier ones? */
static bool must_wait(const struct smtp_session *smtp, const struct smtp_verb *verb)
{
    if (smtp_pending_count(smtp) == 0)
        return false;
    return smtp_pending_is_closed(smtp) || (verb != NULL && (verb->flags & SMTP_WAITS) != 0) ||
           (smtp_backend_is_ready(smtp->backend) &&
            !smtp_backend_capabilities(smtp->backend)->pipelining);
}

/* Why the verb may not come now; NULL: it may. */
static const char *refusal(const struct smtp_session *smtp, const struct smtp_verb *verb,
                           struct slice argument)
{
    if (verb == NULL)
        return "502 5.5.2 Command not recognized\r\n";
    if (smtp->server->conf->starttls == SMTP_STARTTLS_ONLY &&
        (verb->flags & SMTP_BEFORE_TLS) == 0 && !session_is_secure(smtp->session))
        return "530 5.7.0 Must issue a STARTTLS command first\r\n";
    if ((verb->flags & SMTP_NEEDS_HELLO) != 0 && smtp->hello == SMTP_HELLO_NONE)
        return "503 5.5.1 Send EHLO or HELO first\r\n";
    if ((verb->flags & SMTP_NEEDS_MAIL) != 0 && !smtp->in_mail)
        return "503 5.5.1 Send MAIL first\r\n";
    if ((verb->flags & SMTP_NOT_IN_MAIL) != 0 && smtp->in_mail)
        return "503 5.5.1 Not inside a mail transaction\r\n";
    if ((verb->flags & SMTP_NO_ARGUMENT) != 0 && argument.len > 0)
        return "501 5.5.4 This command takes no argument\r\n";
    return NULL;
}

/* Bytes behind a command whose reply has to be waited for: the session is over. */
static bool is_out_of_step(struct smtp_session *smtp, const struct smtp_verb *verb, size_t behind)
{
    static const char reply[] = "554 5.5.0 Protocol synchronization\r\n";

    if (behind == 0 || (verb->flags & (SMTP_ENDS_GROUP | SMTP_STARTS_TLS)) == 0)
        return false;
    smtp_session_end(smtp, reply,
                     (verb->flags & SMTP_STARTS_TLS) != 0 ? CLOSE_CLIENT_INJECTED
                                                          : CLOSE_CLIENT_SYNCHRONIZATION);
    return true;
}

/* `behind`: bytes in the input after this line. */
static enum smtp_step take_command(struct smtp_session *smtp, struct slice line, size_t behind)
{
    struct smtp_command command = smtp_parse_command(line);
    const struct smtp_verb *verb = find_verb(command.verb);
    const char *reply;

    if (verb == NULL && smtp_parse_foreign(line) != SMTP_FOREIGN_NONE) {
        smtp_session_end(smtp, "221 2.7.0 This is a mail server, goodbye\r\n",
                         CLOSE_CLIENT_BAD_PROTOCOL);
        return SMTP_STEP_DONE;
    }
    if (must_wait(smtp, verb))
        return SMTP_STEP_LATER;
    reply = refusal(smtp, verb, command.argument);
    if (reply != NULL) {
        smtp_session_refuse(smtp, reply);
        return SMTP_STEP_DONE;
    }
    if (is_out_of_step(smtp, verb, behind))
        return SMTP_STEP_DONE;
    return verb->on_command(smtp, verb, command.argument);
}

static size_t line_limit(const struct smtp_session *smtp, struct slice input)
{
    bool is_auth = smtp->state == SMTP_STATE_AUTH || slice_starts_fold(input, SLICE("AUTH "));

    return is_auth ? SMTP_AUTH_LINE_MAX : SMTP_LINE_MAX;
}

/* A line that is none. */
static void refuse_line(struct smtp_session *smtp, enum smtp_line result)
{
    if (result == SMTP_LINE_BARE_NEWLINE)
        smtp_session_end(smtp, "500 5.5.2 Bare newline\r\n", CLOSE_CLIENT_BARE_NEWLINE);
    else if (result == SMTP_LINE_TOO_LONG)
        smtp_session_end(smtp, "500 5.5.2 Line too long\r\n", CLOSE_CLIENT_BAD_PROTOCOL);
    else
        smtp_session_refuse(smtp, "500 5.5.2 Bare carriage return or NUL\r\n");
}

/* One line of the input. True: go on with the next. */
static bool take_line(struct smtp_session *smtp, struct slice input)
{
    struct slice line;
    size_t used = 0;
    enum smtp_line result;
    enum smtp_step step = SMTP_STEP_DONE;

    if (smtp_parse_is_tls(input) && !session_is_secure(smtp->session)) {
        smtp_session_end(smtp, NULL, CLOSE_CLIENT_BAD_PROTOCOL);
        return false;
    }
    result = smtp_parse_line(input, line_limit(smtp, input), &line, &used);
    if (result == SMTP_LINE_MORE)
        return false;
    if (result == SMTP_LINE_OK && smtp->state == SMTP_STATE_AUTH)
        smtp_auth_line(smtp, line);
    else if (result == SMTP_LINE_OK)
        step = take_command(smtp, line, input.len - used);
    else if (must_wait(smtp, NULL))
        step = SMTP_STEP_LATER;
    else
        refuse_line(smtp, result);
    if (step == SMTP_STEP_LATER || smtp->state == SMTP_STATE_CLOSED)
        return false;
    session_consume(smtp->session, used);
    if (smtp->state == SMTP_STATE_TLS)
        session_start_tls(smtp->session);
    else if (smtp->state == SMTP_STATE_COMMAND || smtp->state == SMTP_STATE_AUTH)
        smtp_session_set_deadline(smtp);
    return true;
}

/* The client does not read its replies. */
static bool is_deaf(const struct smtp_session *smtp)
{
    return stream_queued(smtp->session->client) > REPLIES_MAX;
}

/* Goes on with the input as far as the state allows. True: it may be asked again. */
static bool step(struct smtp_session *smtp)
{
    struct slice input = session_input(smtp->session);

    if (input.len == 0 || is_deaf(smtp))
        return false;
    switch (smtp->state) {
    case SMTP_STATE_DELAY:
        smtp_session_end(smtp, "554 5.5.0 You spoke before the greeting\r\n",
                         CLOSE_CLIENT_EARLY_TALKER);
        return false;
    case SMTP_STATE_COMMAND:
    case SMTP_STATE_AUTH:
        return take_line(smtp, input);
    case SMTP_STATE_DATA:
    case SMTP_STATE_DATA_SWALLOW:
    case SMTP_STATE_CHUNK:
    case SMTP_STATE_CHUNK_SWALLOW:
        return smtp_body_take(smtp, input);
    case SMTP_STATE_TLS:
    case SMTP_STATE_AUTH_DELAY:
    case SMTP_STATE_NAMING:
    case SMTP_STATE_OPENING:
    case SMTP_STATE_DATA_REPLY:
    case SMTP_STATE_FINAL:
    case SMTP_STATE_CLOSED:
    case SMTP_STATE_COUNT:
        return false;
    }
    ensure(!"a state");
    return false;
}

/* The client sends no more. What waits for the backend is brought to its end all the same: above
 * all the answer to a message that was sent whole. */
static void take_end(struct smtp_session *smtp)
{
    switch (smtp->state) {
    case SMTP_STATE_COMMAND:
        if (smtp_pending_count(smtp) == 0)
            session_close(smtp->session, CLOSE_CLIENT_GONE);
        return;
    case SMTP_STATE_DELAY:
    case SMTP_STATE_AUTH:
    case SMTP_STATE_AUTH_DELAY:
    case SMTP_STATE_TLS:
        session_close(smtp->session, CLOSE_CLIENT_GONE);
        return;
    case SMTP_STATE_DATA:
    case SMTP_STATE_DATA_SWALLOW:
    case SMTP_STATE_CHUNK:
    case SMTP_STATE_CHUNK_SWALLOW:
        session_close(smtp->session, CLOSE_CLIENT_GONE_IN_DATA);
        return;
    case SMTP_STATE_NAMING:
    case SMTP_STATE_OPENING:
    case SMTP_STATE_DATA_REPLY:
    case SMTP_STATE_FINAL:
    case SMTP_STATE_CLOSED:
    case SMTP_STATE_COUNT:
        return;
    }
}

static void run(struct smtp_session *smtp)
{
    bool takes_lines;

    while (step(smtp))
        ;
    takes_lines = smtp->state == SMTP_STATE_COMMAND || smtp->state == SMTP_STATE_AUTH;
    if (smtp->state == SMTP_STATE_CLOSED)
        return;
    if (is_deaf(smtp)) {
        stream_tell_drained(smtp->session->client);
        return;
    }
    if (stream_is_paused(smtp->session->client))
        return; /* its end comes behind the bytes that the backend has no room for yet */
    if (stream_end(smtp->session->client) != STREAM_OPEN) {
        take_end(smtp);
    } else if (takes_lines && !smtp->has_partial && smtp_pending_count(smtp) == 0 &&
               session_input(smtp->session).len > 0) {
        session_expire_in(smtp->session, PARTIAL_MS);
        smtp->has_partial = true;
    }
}

static void on_task(void *owner)
{
    run(owner);
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
    run(session->state);
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
    .opened = on_opened,
    .received = on_received,
    .drained = on_drained,
    .secured = on_secured,
    .expired = on_expired,
    .draining = on_draining,
    .closed = on_closed,
};
