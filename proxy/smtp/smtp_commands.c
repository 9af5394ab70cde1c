#include "smtp/smtp_commands.h"

#include "base/number.h"
#include "relay/worker.h"
#include "smtp/smtp_body.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"
#include "smtp/smtp_upstream.h"

/* Each on_… first checks, then acts. */

static const char too_large[] = SMTP_TOO_LARGE;

/* Opens a backend if there is none; DONE: it is ready. */
static enum smtp_step need_backend(struct smtp_session *smtp)
{
    if (smtp_backend_is_ready(smtp->backend))
        return SMTP_STEP_DONE;
    smtp_upstream_open(smtp);
    return SMTP_STEP_LATER;
}

static bool is_final_code(const struct smtp_reply *reply)
{
    return reply->code / 100 != 3;
}

/* Replies to what needs no more than passing on. */
static void reply_plain(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    if (is_final_code(reply))
        smtp_session_pass(smtp, reply);
    else
        smtp_session_break(smtp, reply);
}

static bool is_success(const struct smtp_reply *reply)
{
    return reply->code / 100 == 2;
}

/* "VERB" or "VERB argument" and CRLF to the backend. */
static void forward_words(struct smtp_session *smtp, const struct smtp_verb *verb,
                          struct slice argument)
{
    char memory[1024];
    struct text text = text_in(memory, sizeof memory);

    text_add(&text, slice_of(verb->name));
    if (argument.len > 0) {
        text_byte(&text, ' ');
        text_add(&text, argument);
    }
    text_add(&text, SLICE("\r\n"));
    smtp_pending_forward(smtp, verb, text_slice(&text));
}

/* EHLO, HELO */

static bool offers_starttls(const struct smtp_session *smtp)
{
    return smtp->server->conf->starttls != SMTP_STARTTLS_OFF && !session_is_secure(smtp->session);
}

static void write_hello(struct smtp_session *smtp, const struct smtp_capabilities *capabilities)
{
    char memory[SMTP_CAPABILITIES_MAX * 2];
    struct text text = text_in(memory, sizeof memory);
    struct slice name = slice_part(smtp->server->name, 0, 255);

    if (smtp->hello == SMTP_HELLO_EHLO) {
        smtp_capabilities_write(capabilities, name, offers_starttls(smtp), &text);
    } else {
        text_add(&text, SLICE("250 "));
        text_add(&text, name);
        text_add(&text, SLICE("\r\n"));
    }
    session_write(smtp->session, text_slice(&text));
}

static void reply_hello(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    const struct smtp_capabilities *given = &smtp->server->given;

    if (!is_success(reply)) {
        reply_plain(smtp, reply);
        return;
    }
    if (smtp->hello == SMTP_HELLO_EHLO)
        smtp_backend_learn(smtp->backend, reply);
    else
        smtp_backend_unlearn(smtp->backend);
    write_hello(smtp, given->is_known ? given : smtp_backend_capabilities(smtp->backend));
}

static enum smtp_step on_hello(struct smtp_session *smtp, const struct smtp_verb *verb,
                               struct slice argument)
{
    bool is_ehlo = verb->name[0] == 'E';

    if (!smtp_parse_is_greeting_name(argument)) {
        smtp_session_refuse(smtp, is_ehlo ? "501 5.5.4 Syntax: EHLO hostname\r\n"
                                          : "501 5.5.4 Syntax: HELO hostname\r\n");
        return SMTP_STEP_DONE;
    }
    smtp->hello = is_ehlo ? SMTP_HELLO_EHLO : SMTP_HELLO_HELO;
    memcpy(smtp->hello_name, argument.at, argument.len);
    smtp->hello_len = argument.len;
    smtp_session_end_mail(smtp);
    if (smtp_backend_is_ready(smtp->backend))
        forward_words(smtp, verb, argument);
    else
        write_hello(smtp, smtp_server_capabilities(smtp->server));
    return SMTP_STEP_DONE;
}

/* MAIL */

static void reply_mail(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    if (!is_success(reply))
        smtp->in_mail = false;
    reply_plain(smtp, reply);
}

/* NULL: the size that MAIL names is fine, or it names none. */
static const char *size_refusal(const struct smtp_session *smtp,
                                const struct smtp_envelope *envelope)
{
    const struct smtp_parameter *size = smtp_envelope_find(envelope, SLICE("SIZE"));
    uint64_t limit = smtp_session_size_limit(smtp);
    uint64_t bytes;

    if (size == NULL)
        return NULL;
    if (size->value.len > 20 || !number_parse(size->value, UINT64_MAX, &bytes))
        return "501 5.5.4 Bad message size\r\n";
    return limit > 0 && bytes > limit ? too_large : NULL;
}

static void forward_envelope(struct smtp_session *smtp, const struct smtp_verb *verb,
                             const struct smtp_envelope *envelope, struct slice command)
{
    char memory[SMTP_LINE_MAX + 16];
    struct text text = text_in(memory, sizeof memory);

    /* AUTH= says who was logged in: nobody is, here. */
    smtp_envelope_write(envelope, command, SLICE("AUTH"), &text);
    smtp_pending_forward(smtp, verb, text_slice(&text));
}

static enum smtp_step on_mail(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    struct smtp_envelope envelope;
    const char *reply = "501 5.5.4 Syntax: MAIL FROM:<address>\r\n";

    if (smtp_parse_envelope(argument, SLICE("FROM:"), &envelope))
        reply = size_refusal(smtp, &envelope);
    if (reply != NULL) {
        smtp_session_refuse(smtp, reply);
        return SMTP_STEP_DONE;
    }
    if (need_backend(smtp) == SMTP_STEP_LATER)
        return SMTP_STEP_LATER;
    smtp_session_end_mail(smtp);
    smtp->in_mail = true;
    forward_envelope(smtp, verb, &envelope, SLICE("MAIL FROM:"));
    return SMTP_STEP_DONE;
}

/* RCPT */

static void reply_rcpt(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    if (is_success(reply)) {
        smtp->log.recipients++;
        smtp->recipients++;
    } else {
        smtp->log.refused++;
        smtp_log_reply(&smtp->log, reply->code, smtp_reply_first(reply));
    }
    reply_plain(smtp, reply);
}

static enum smtp_step on_rcpt(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    struct smtp_envelope envelope;

    if (!smtp_parse_envelope(argument, SLICE("TO:"), &envelope) || envelope.path.len == 0)
        smtp_session_refuse(smtp, "501 5.5.4 Syntax: RCPT TO:<address>\r\n");
    else
        forward_envelope(smtp, verb, &envelope, SLICE("RCPT TO:"));
    return SMTP_STEP_DONE;
}

/* DATA */

static void reply_data(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    if (reply->code == 354) {
        smtp_data_start(&smtp->data);
        smtp_session_enter(smtp, SMTP_STATE_DATA);
        smtp_session_pass(smtp, reply);
    } else if (is_success(reply) || !is_final_code(reply)) {
        smtp_session_break(smtp, reply);
    } else {
        smtp_session_enter(smtp, SMTP_STATE_COMMAND);
        smtp_session_pass(smtp, reply);
    }
}

static enum smtp_step on_data(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    if (smtp->has_chunks) {
        smtp_session_refuse(smtp, "503 5.5.1 DATA behind BDAT, send RSET\r\n");
        return SMTP_STEP_DONE;
    }
    forward_words(smtp, verb, argument);
    smtp_session_enter(smtp, SMTP_STATE_DATA_REPLY);
    return SMTP_STEP_DONE;
}

/* The end of a message. */

static void count_mail(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    bool is_taken = is_success(reply);

    smtp_log_reply(&smtp->log, reply->code, smtp_reply_last(reply));
    smtp_log_queue_id(&smtp->log, is_taken ? smtp_reply_queue_id(reply) : SLICE_NONE);
    smtp->log.mails += is_taken;
    smtp->session->worker->counters[is_taken ? COUNTER_MAILS_ACCEPTED : COUNTER_MAILS_REFUSED]++;
}

static void reply_final(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    if (!is_final_code(reply)) {
        smtp_session_break(smtp, reply);
        return;
    }
    count_mail(smtp, reply);
    smtp_session_end_mail(smtp);
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    smtp_session_pass(smtp, reply);
}

void smtp_commands_message_sent(struct smtp_session *smtp)
{
    smtp_session_enter(smtp, SMTP_STATE_FINAL);
    smtp_pending_expect(smtp, reply_final);
}

void smtp_commands_drop_mail(struct smtp_session *smtp)
{
    smtp_backend_drop(&smtp->backend);
    smtp_body_drained(smtp);
    smtp_session_end_mail(smtp);
    smtp->session->worker->counters[COUNTER_MAILS_REFUSED]++;
}

/* BDAT */

static void reply_bdat(struct smtp_session *smtp, const struct smtp_reply *reply)
{
    /* RFC 3030 2: after a refused chunk the transaction is lost. */
    smtp->is_mail_broken = !is_success(reply);
    reply_plain(smtp, reply);
}

void smtp_commands_chunk_sent(struct smtp_session *smtp)
{
    if (smtp->is_last_chunk) {
        smtp_commands_message_sent(smtp);
        return;
    }
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    smtp_pending_expect(smtp, reply_bdat);
}

static void forward_chunk(struct smtp_session *smtp, uint64_t size, bool is_last)
{
    char memory[64];
    struct text text = text_in(memory, sizeof memory);

    text_add(&text, SLICE("BDAT "));
    text_number(&text, size);
    text_add(&text, is_last ? SLICE(" LAST\r\n") : SLICE("\r\n"));
    smtp_backend_write(smtp->backend, text_slice(&text));
    smtp->has_chunks = true;
    smtp->chunk_left = size;
    smtp->is_last_chunk = is_last;
    smtp_session_enter(smtp, SMTP_STATE_CHUNK);
    if (size == 0)
        smtp_commands_chunk_sent(smtp);
}

/* The chunk is taken whatever the reply is, or its bytes would be read as commands. */
static void swallow_chunk(struct smtp_session *smtp, uint64_t size, const char *reply)
{
    if (size == 0) {
        smtp_session_refuse(smtp, reply);
        return;
    }
    smtp->swallow_reply = reply;
    smtp->chunk_left = size;
    smtp_session_enter(smtp, SMTP_STATE_CHUNK_SWALLOW);
}

static const char *chunk_refusal(const struct smtp_session *smtp)
{
    if (smtp->is_mail_broken)
        return "503 5.5.1 An earlier chunk was refused, send RSET\r\n";
    if (!smtp->in_mail || smtp->recipients == 0 || !smtp_backend_is_ready(smtp->backend))
        return "503 5.5.1 Send MAIL and RCPT first\r\n";
    if (!smtp_backend_capabilities(smtp->backend)->chunking)
        return "502 5.5.1 BDAT is not supported\r\n";
    return NULL;
}

static enum smtp_step on_bdat(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    uint64_t size;
    bool is_last;
    const char *reply;

    (void)verb;
    if (!smtp_parse_chunk(argument, &size, &is_last)) {
        /* Nobody knows how many bytes follow that are no commands. */
        smtp_session_end(smtp, "521 5.5.4 Syntax: BDAT count [LAST]\r\n",
                         CLOSE_CLIENT_BAD_PROTOCOL);
        return SMTP_STEP_DONE;
    }
    reply = chunk_refusal(smtp);
    if (reply == NULL && smtp_body_is_too_large(smtp, size, smtp->server->given.size)) {
        smtp_commands_drop_mail(smtp);
        reply = too_large;
    }
    if (reply == NULL)
        forward_chunk(smtp, size, is_last);
    else
        swallow_chunk(smtp, size, reply);
    return SMTP_STEP_DONE;
}

/* RSET, NOOP, VRFY and EXPN, HELP */

static enum smtp_step on_rset(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    smtp_session_end_mail(smtp);
    if (smtp_backend_is_ready(smtp->backend))
        forward_words(smtp, verb, argument);
    else
        smtp_pending_reply(smtp, "250 2.0.0 Ok\r\n");
    return SMTP_STEP_DONE;
}

/* Its argument is not passed on: it means nothing. */
static enum smtp_step on_noop(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    (void)argument;
    if (smtp_backend_is_ready(smtp->backend))
        forward_words(smtp, verb, SLICE_NONE);
    else
        smtp_pending_reply(smtp, "250 2.0.0 Ok\r\n");
    return SMTP_STEP_DONE;
}

static enum smtp_step on_vrfy(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    if (!smtp_parse_is_text(argument)) {
        smtp_session_refuse(smtp, "501 5.5.4 Syntax: this command takes an address\r\n");
        return SMTP_STEP_DONE;
    }
    if (need_backend(smtp) == SMTP_STEP_LATER)
        return SMTP_STEP_LATER;
    forward_words(smtp, verb, argument);
    return SMTP_STEP_DONE;
}

static enum smtp_step on_help(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    (void)verb, (void)argument;
    smtp_pending_reply(smtp, "214 2.0.0 See RFC 5321\r\n");
    return SMTP_STEP_DONE;
}

/* QUIT, STARTTLS, AUTH */

static enum smtp_step on_quit(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    (void)verb, (void)argument;
    smtp->in_mail = false; /* whatever was begun is given up: the backend hears QUIT as well */
    smtp_session_end(smtp, "221 2.0.0 Bye\r\n", CLOSE_DONE);
    return SMTP_STEP_DONE;
}

static enum smtp_step on_starttls(struct smtp_session *smtp, const struct smtp_verb *verb,
                                  struct slice argument)
{
    (void)verb;
    if (argument.len > 0)
        smtp_session_refuse(smtp, "501 5.5.4 STARTTLS takes no argument\r\n");
    else if (session_is_secure(smtp->session))
        smtp_session_refuse(smtp, "503 5.5.1 TLS is already there\r\n");
    else if (!offers_starttls(smtp))
        smtp_session_refuse(smtp, "502 5.5.1 STARTTLS is not offered\r\n");
    else {
        smtp_session_forget(smtp);
        smtp_pending_reply(smtp, "220 2.0.0 Ready to start TLS\r\n");
        smtp_session_enter(smtp, SMTP_STATE_TLS);
    }
    return SMTP_STEP_DONE;
}

static enum smtp_step on_auth(struct smtp_session *smtp, const struct smtp_verb *verb,
                              struct slice argument)
{
    (void)verb;
    smtp_auth_start(smtp, argument);
    return SMTP_STEP_DONE;
}

const struct smtp_verb smtp_verbs[] = {
#define VERB(name, command, reply, flags) {#name, on_##command, reply_##reply, flags},
#include "smtp/smtp_verbs.def"
#undef VERB
};

const size_t smtp_verb_count = sizeof smtp_verbs / sizeof smtp_verbs[0];
