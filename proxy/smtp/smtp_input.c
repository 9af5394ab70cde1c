#include "smtp/smtp_input.h"

#include "base/ensure.h"
#include "smtp/smtp_body.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"

#define PARTIAL_MS  60000       /* from the first byte of a line to its end */
#define REPLIES_MAX (64 * 1024) /* not read by the client: it is not listened to either */

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

/* The client sends no more. What the backend was asked is brought to its end all the same: above
 * all the answer to a message that was sent whole. But no backend is opened for it any more. */
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
    case SMTP_STATE_NAMING:
    case SMTP_STATE_OPENING:
        session_close(smtp->session, CLOSE_CLIENT_GONE);
        return;
    case SMTP_STATE_DATA:
    case SMTP_STATE_DATA_SWALLOW:
    case SMTP_STATE_CHUNK:
    case SMTP_STATE_CHUNK_SWALLOW:
        session_close(smtp->session, CLOSE_CLIENT_GONE_IN_DATA);
        return;
    case SMTP_STATE_DATA_REPLY:
    case SMTP_STATE_FINAL:
    case SMTP_STATE_CLOSED:
    case SMTP_STATE_COUNT:
        return;
    }
}

void smtp_input_take(struct smtp_session *smtp)
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
