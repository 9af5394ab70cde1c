#include "smtp/smtp_body.h"

#include "relay/worker.h"
#include "smtp/smtp_commands.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"

#define QUEUED_MAX (256 * 1024) /* in front of a slow backend: the client has to wait */
#define BLOCK_MS   180000       /* RFC 5321 4.5.3.2.5: for the next block of data */
#define RATE       500          /* bytes per second, averaged: Postfix's smtpd_min_data_rate */

/* Three minutes for the next block, but whoever sends a byte now and then runs out of time at the
 * average rate. */
static void set_deadline(struct smtp_session *smtp)
{
    uint64_t now = loop_now(smtp->session->worker->loop);
    uint64_t allowed = smtp->body_started_ms + BLOCK_MS + smtp->body_bytes * (1000 / RATE);
    uint64_t left = allowed > now ? allowed - now : 1;

    session_expire_in(smtp->session, left < BLOCK_MS ? (uint32_t)left : BLOCK_MS);
}

void smtp_body_start(struct smtp_session *smtp)
{
    smtp->body_started_ms = loop_now(smtp->session->worker->loop);
    smtp->body_bytes = 0;
    set_deadline(smtp);
}

static void account(struct smtp_session *smtp, size_t len)
{
    session_consume(smtp->session, len);
    smtp->body_bytes += len;
}

/* Hands `len` bytes of the input on. */
static void pass_on(struct smtp_session *smtp, struct slice input, size_t len)
{
    smtp_backend_write(smtp->backend, slice_part(input, 0, len));
    smtp->message_bytes += len;
    account(smtp, len);
    if (smtp_backend_queued(smtp->backend) > QUEUED_MAX) {
        stream_read_less(smtp->session->client);
        stream_pause(smtp->session->client);
    }
    set_deadline(smtp);
}

bool smtp_body_is_too_large(const struct smtp_session *smtp, uint64_t more, uint64_t limit)
{
    return limit > 0 && (more > limit || smtp->message_bytes > limit - more);
}

/* No backend may see the rest of the message, which is swallowed to its true end, so that it is not
 * taken for commands. */
static void refuse_data(struct smtp_session *smtp, const char *reply)
{
    smtp_commands_drop_mail(smtp);
    smtp->data.is_poisoned = true;
    smtp->swallow_reply = reply;
    smtp_session_enter(smtp, SMTP_STATE_DATA_SWALLOW);
}

static void poison(struct smtp_session *smtp)
{
    session_log(smtp->session, LOG_WARN, "bare CR, LF or NUL in a message: refused");
    refuse_data(smtp, "550 5.6.11 Bare carriage return, newline or NUL in the message\r\n");
}

/* The backend's own limit is the backend's to enforce; this is the one that was announced instead.
 * Doubled dots and the last line do not count (RFC 1870 5), and make at most a third of the bytes
 * more: no message that fits is refused. */
static uint64_t data_limit(const struct smtp_session *smtp)
{
    uint64_t size = smtp->server->given.size;

    return size == 0 || size > INT64_MAX ? 0 : size + size / 3 + 3;
}

/* Inside a mail it was the backend that refused something, and the client may have sent the chunk
 * before it knew: no error of its own. */
static void end_swallow(struct smtp_session *smtp)
{
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    if (smtp->in_mail)
        smtp_pending_reply(smtp, smtp->swallow_reply);
    else
        smtp_session_refuse(smtp, smtp->swallow_reply);
}

static bool take_data(struct smtp_session *smtp, struct slice input)
{
    size_t used;
    enum smtp_data_result result = smtp_data_scan(&smtp->data, input, &used);

    if (result == SMTP_DATA_POISONED) {
        account(smtp, used);
        poison(smtp);
        return true;
    }
    if (smtp->state == SMTP_STATE_DATA && smtp_body_is_too_large(smtp, used, data_limit(smtp)))
        refuse_data(smtp, SMTP_TOO_LARGE);
    if (smtp->state == SMTP_STATE_DATA) {
        pass_on(smtp, input, used);
        if (result == SMTP_DATA_END)
            smtp_commands_message_sent(smtp);
    } else {
        account(smtp, used);
        set_deadline(smtp);
        if (result == SMTP_DATA_END)
            end_swallow(smtp);
    }
    return result == SMTP_DATA_END && smtp->state != SMTP_STATE_CLOSED;
}

static bool take_chunk(struct smtp_session *smtp, struct slice input)
{
    size_t len = smtp->chunk_left < input.len ? (size_t)smtp->chunk_left : input.len;

    smtp->chunk_left -= len;
    if (smtp->state == SMTP_STATE_CHUNK) {
        pass_on(smtp, input, len);
    } else {
        account(smtp, len);
        set_deadline(smtp);
    }
    if (smtp->chunk_left > 0)
        return false;
    if (smtp->state == SMTP_STATE_CHUNK)
        smtp_commands_chunk_sent(smtp);
    else
        end_swallow(smtp);
    return smtp->state != SMTP_STATE_CLOSED;
}

bool smtp_body_take(struct smtp_session *smtp, struct slice input)
{
    if (stream_is_paused(smtp->session->client))
        return false;
    if (smtp->state == SMTP_STATE_DATA || smtp->state == SMTP_STATE_DATA_SWALLOW)
        return take_data(smtp, input);
    return take_chunk(smtp, input);
}

/* The time in which the backend took nothing is not the client's. */
void smtp_body_drained(struct smtp_session *smtp)
{
    if (!stream_is_paused(smtp->session->client))
        return;
    stream_resume(smtp->session->client);
    if (smtp->state == SMTP_STATE_DATA || smtp->state == SMTP_STATE_CHUNK)
        smtp_body_start(smtp);
}

void smtp_body_expired(struct smtp_session *smtp)
{
    bool is_backend = stream_is_paused(smtp->session->client);

    if (is_backend)
        session_log(smtp->session, LOG_ERROR, "backend %.*s took no data in time",
                    (int)smtp->log.target_len, smtp->log.target);
    smtp_session_end(smtp, "421 4.4.2 Timeout\r\n",
                     is_backend ? CLOSE_TIMEOUT_BACKEND : CLOSE_TIMEOUT_DATA);
}
