#include "smtp/smtp_upstream.h"

#include "base/arena.h"
#include "relay/worker.h"
#include "smtp/smtp_body.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"

/* What the backend's events mean to the session. */

static void drop_backend(struct smtp_session *smtp)
{
    smtp_backend_drop(&smtp->backend);
    smtp_pending_forget(smtp);
    smtp_body_drained(smtp); /* nobody else lets the client go on now */
}

static void on_backend_ready(void *owner)
{
    struct smtp_session *smtp = owner;

    smtp_log_target(&smtp->log, smtp_backend_target(smtp->backend));
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    smtp_session_continue(smtp);
}

/* The backend leaves, whatever it was asked. */
static void take_goodbye(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    session_log(smtp->session, LOG_WARN, "backend %.*s answered \"421 %s\"",
                (int)smtp->log.target_len, smtp->log.target,
                log_escape(smtp_reply_first(reply)).text);
    smtp_log_reply(&smtp->log, reply->code, smtp_reply_first(reply));
    smtp_session_pass(smtp, reply);
    smtp_session_end(smtp, NULL, CLOSE_BACKEND_REFUSED);
}

static void on_backend_replied(void *owner, const struct smtp_reply *reply)
{
    struct smtp_session *smtp = owner;

    if (reply->code == 421) {
        take_goodbye(smtp, reply);
        return;
    }
    if (smtp_pending_count(smtp) == 0) {
        smtp_session_break(smtp, reply);
        return;
    }
    smtp_pending_take(smtp, reply);
    if (smtp->state == SMTP_STATE_CLOSED)
        return;
    if (smtp->state == SMTP_STATE_COMMAND)
        smtp_session_set_deadline(smtp);
    smtp_session_continue(smtp);
}

static void on_backend_drained(void *owner)
{
    smtp_body_drained(owner);
}

/* A backend that is lost between two messages is not missed: the next one opens another. */
static bool is_missed(const struct smtp_session *smtp)
{
    return smtp->in_mail || smtp_pending_count(smtp) > 0 ||
           (smtp->state != SMTP_STATE_COMMAND && smtp->state != SMTP_STATE_AUTH &&
            smtp->state != SMTP_STATE_AUTH_DELAY && smtp->state != SMTP_STATE_CHUNK_SWALLOW);
}

static void on_backend_ended(void *owner, enum close_reason reason, const struct smtp_reply *reply)
{
    struct smtp_session *smtp = owner;

    smtp_log_target(&smtp->log, smtp_backend_target(smtp->backend));
    if (reply != NULL) {
        smtp_log_reply(&smtp->log, reply->code, smtp_reply_first(reply));
        smtp_session_pass(smtp, reply);
        smtp_session_end(smtp, NULL, reason);
    } else if (is_missed(smtp)) {
        smtp_session_end(smtp, "421 4.3.2 Service not available, try again later\r\n", reason);
    } else {
        session_log(smtp->session, LOG_INFO, "backend closed the connection between two messages");
        drop_backend(smtp);
    }
}

static const struct smtp_backend_events backend_events = {
    .ready = on_backend_ready,
    .replied = on_backend_replied,
    .drained = on_backend_drained,
    .ended = on_backend_ended,
};

/* Opening. */

static struct smtp_identity identity_of(const struct smtp_session *smtp)
{
    return (struct smtp_identity){
        .is_vouched = smtp_conf_vouches(smtp->server->conf, &smtp->session->address),
        .address = smtp->session->address,
        .local = session_local_address(smtp->session),
        .name_state = smtp->name_state,
        .name = smtp->client_name,
    };
}

static void dial(struct smtp_session *smtp)
{
    const struct smtp_conf *conf = smtp->server->conf;
    struct smtp_backend_plan plan = {
        .worker = smtp->session->worker,
        .session = smtp->session,
        .targets = &conf->proxy_pass,
        .known = smtp->server->known,
        .name = smtp->server->name,
        .uses_xclient = conf->xclient,
        .client_said_ehlo = smtp->hello == SMTP_HELLO_EHLO,
        .client_name = {smtp->hello_name, smtp->hello_len},
        .identity = identity_of(smtp),
    };

    smtp_session_enter(smtp, SMTP_STATE_OPENING);
    smtp_pending_prepare(smtp);
    smtp->backend = smtp_backend_open(&plan, &backend_events, smtp);
}

void smtp_upstream_open(struct smtp_session *smtp)
{
    if (smtp->lookup != NULL)
        smtp_session_enter(smtp, SMTP_STATE_NAMING);
    else
        dial(smtp);
}

/* The client's name. */

static void on_named(void *owner, enum dns_status status, struct slice name, bool confirmed)
{
    struct smtp_session *smtp = owner;

    smtp->lookup = NULL;
    smtp->name_state = status == DNS_FAILED         ? SMTP_NAME_UNKNOWN_NOW
                       : status == DNS_NO_SUCH_NAME ? SMTP_NAME_NONE
                       : confirmed                  ? SMTP_NAME_CONFIRMED
                                                    : SMTP_NAME_UNCONFIRMED;
    if (status == DNS_FOUND && name.len > 0) {
        char *memory = memory_alloc(name.len);

        memcpy(memory, name.at, name.len);
        smtp->client_name = (struct slice){memory, name.len};
    }
    if (smtp->state == SMTP_STATE_NAMING)
        dial(smtp);
}

void smtp_upstream_start_naming(struct smtp_session *smtp)
{
    struct worker *worker = smtp->session->worker;

    smtp->name_state = SMTP_NAME_NONE;
    if (!smtp->server->conf->xclient ||
        !smtp_conf_vouches(smtp->server->conf, &smtp->session->address))
        return;
    smtp->name_state = SMTP_NAME_UNKNOWN_NOW;
    smtp->lookup = dns_reverse(worker->resolver, &smtp->session->address, on_named, smtp);
}

void smtp_upstream_stop_naming(struct smtp_session *smtp)
{
    if (smtp->lookup != NULL)
        dns_cancel(&smtp->lookup);
}

void smtp_upstream_open_unnamed(struct smtp_session *smtp)
{
    smtp_upstream_stop_naming(smtp);
    dial(smtp);
}
