#include "smtp/smtp_goodbye.h"

#include "relay/worker.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"

bool smtp_goodbye_is_due(const struct smtp_session *smtp)
{
    return smtp->session->worker->draining && !smtp->in_mail && smtp->state == SMTP_STATE_COMMAND &&
           smtp_pending_count(smtp) == 0;
}

void smtp_goodbye_timeout(struct smtp_session *smtp)
{
    bool is_waiting = smtp_pending_count(smtp) > 0;

    if (smtp_goodbye_is_due(smtp)) {
        smtp_session_end(smtp, "421 4.3.2 Restarting, try again\r\n", CLOSE_FRONTD_DRAINED);
        return;
    }
    if (is_waiting)
        session_log(smtp->session, LOG_ERROR, "backend %.*s did not answer in time",
                    (int)smtp->log.target_len, smtp->log.target);
    smtp_session_end(smtp, "421 4.4.2 Timeout\r\n",
                     is_waiting          ? CLOSE_TIMEOUT_BACKEND
                     : smtp->has_partial ? CLOSE_TIMEOUT_REQUEST
                                         : CLOSE_TIMEOUT_IDLE);
}

void smtp_goodbye_say(struct smtp_session *smtp, enum close_reason reason)
{
    bool is_idle = !smtp->in_mail && smtp_pending_count(smtp) == 0 &&
                   (smtp->state == SMTP_STATE_COMMAND || smtp->state == SMTP_STATE_DELAY ||
                    smtp->state == SMTP_STATE_NAMING || smtp->state == SMTP_STATE_OPENING);

    if (!smtp->has_said_goodbye && is_idle &&
        (reason == CLOSE_FRONTD_STOPPED || reason == CLOSE_FRONTD_DRAINED))
        session_write(smtp->session, SLICE("421 4.3.2 Restarting, try again\r\n"));
}

void smtp_goodbye_leave_backend(struct smtp_session *smtp, enum close_reason reason)
{
    bool is_cut_off = reason == CLOSE_CLIENT_RESET || reason == CLOSE_CLIENT_TLS_RECORD ||
                      reason == CLOSE_FRONTD_STOPPED;
    bool is_body = smtp->state == SMTP_STATE_DATA || smtp->state == SMTP_STATE_CHUNK;

    if (smtp->state == SMTP_STATE_FINAL && is_cut_off && smtp_backend_is_ready(smtp->backend))
        smtp_backend_leave(&smtp->backend, &smtp->server->left, SMTP_FINAL_MS);
    else if (is_body || smtp->in_mail || smtp_pending_count(smtp) > 0)
        smtp_backend_drop(&smtp->backend);
    else
        smtp_backend_quit(&smtp->backend);
}
