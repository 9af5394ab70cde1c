#include "smtp/smtp_log.h"

#include "base/text.h"
#include "relay/listen.h"
#include "relay/worker.h"
#include "smtp/smtp_session.h"

#include <time.h>
#include <unistd.h>

static size_t keep(char *memory, size_t capacity, struct slice s)
{
    size_t len = s.len < capacity ? s.len : capacity;

    if (len > 0)
        memcpy(memory, s.at, len);
    return len;
}

void smtp_log_reply(struct smtp_log *log, unsigned code, struct slice words)
{
    struct text text = text_in(log->reply, sizeof log->reply);

    text_number(&text, code);
    text_byte(&text, ' ');
    text_add(&text, slice_part(words, 0, text.capacity - text.len));
    log->reply_len = text.len;
}

void smtp_log_queue_id(struct smtp_log *log, struct slice id)
{
    struct text text = {log->queue, log->queue_len, sizeof log->queue, false};

    if (id.len == 0 || text.len + id.len + 3 > text.capacity)
        return;
    text_add(&text, text.len > 0 ? SLICE(",\"") : SLICE("\""));
    text_add(&text, id);
    text_byte(&text, '"');
    log->queue_len = text.len;
}

void smtp_log_target(struct smtp_log *log, struct slice target)
{
    log->target_len = keep(log->target, sizeof log->target, target);
}

/* "2026-11-22T13:20:17.412Z" */
static void write_time(struct text *text, uint64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    char memory[32];
    size_t len;

    gmtime_r(&seconds, &tm);
    len = strftime(memory, sizeof memory, "%Y-%m-%dT%H:%M:%S.", &tm);
    text_add(text, (struct slice){memory, len});
    text_pad(text, wall_us / 1000 % 1000, 3);
    text_byte(text, 'Z');
}

static void write_string(struct text *text, struct slice name, struct slice value)
{
    text_add(text, SLICE(",\""));
    text_add(text, name);
    text_add(text, SLICE("\":\""));
    text_json(text, value);
    text_byte(text, '"');
}

static void write_number(struct text *text, struct slice name, uint64_t value)
{
    text_add(text, SLICE(",\""));
    text_add(text, name);
    text_add(text, SLICE("\":"));
    text_number(text, value);
}

/* "1.3", "1.3 starttls", "" in the clear. */
static void write_tls(struct text *text, const struct smtp_session *smtp)
{
    struct slice version = session_tls_protocol(smtp->session);

    if (slice_starts(version, SLICE("TLSv")))
        version = slice_from(version, 4);
    text_add(text, SLICE(",\"tls\":\""));
    text_add(text, version);
    if (version.len > 0 && smtp->log.has_starttls)
        text_add(text, SLICE(" starttls"));
    text_byte(text, '"');
}

/* Unique on this machine while the log is young: the process and the session's number, which the
 * error log gives as 7176#7176: *464. */
static void write_id(struct text *text, const struct session *session)
{
    text_add(text, SLICE(",\"id\":\""));
    text_number(text, (uint64_t)getpid());
    text_byte(text, '-');
    text_number(text, session->id);
    text_byte(text, '"');
}

static void write_client(struct text *text, const struct smtp_session *smtp)
{
    const struct session *session = smtp->session;

    write_string(text, SLICE("ip"), slice_of(address_print(&session->address).text));
    write_number(text, SLICE("port"), session->address.port);
    write_string(text, SLICE("name"), smtp->client_name);
    text_add(text, SLICE(",\"proto\":\"smtp\",\"listener\":\"smtp:"));
    text_number(text, session->listen->address.port);
    text_byte(text, '"');
    write_tls(text, smtp);
    write_string(text, SLICE("helo"), (struct slice){smtp->hello_name, smtp->hello_len});
}

static void write_mails(struct text *text, const struct smtp_log *log)
{
    write_number(text, SLICE("mails"), log->mails);
    write_number(text, SLICE("rcpt"), log->recipients);
    write_number(text, SLICE("refused"), log->refused);
    text_add(text, SLICE(",\"queue\":["));
    text_add(text, (struct slice){log->queue, log->queue_len});
    text_byte(text, ']');
    write_string(text, SLICE("up"), (struct slice){log->target, log->target_len});
    write_string(text, SLICE("reply"), (struct slice){log->reply, log->reply_len});
}

static void write_end(struct text *text, const struct smtp_session *smtp, enum close_reason reason)
{
    uint64_t now_us = loop_wall_us(smtp->session->worker->loop);
    uint64_t ms = (now_us - smtp->session->started_us) / 1000;

    write_number(text, SLICE("auth"), smtp->auths);
    text_add(text, SLICE(",\"dur\":"));
    text_number(text, ms / 1000);
    text_byte(text, '.');
    text_pad(text, ms % 1000, 3);
    write_number(text, SLICE("in"), stream_bytes_in(smtp->session->client));
    write_number(text, SLICE("out"), stream_bytes_out(smtp->session->client));
    write_string(text, SLICE("end"), slice_of(close_reason_code(reason)));
    write_string(text, SLICE("why"), slice_of(close_reason_words(reason)));
}

void smtp_log_session(const struct smtp_session *smtp, enum close_reason reason)
{
    char memory[4096];
    struct text text = text_in(memory, sizeof memory);

    if (smtp->server->access_log == SMTP_NO_LOG)
        return;
    text_add(&text, SLICE("{\"ts\":\""));
    write_time(&text, loop_wall_us(smtp->session->worker->loop));
    text_add(&text, SLICE("\",\"ev\":\"mail\""));
    write_id(&text, smtp->session);
    write_client(&text, smtp);
    write_mails(&text, &smtp->log);
    write_end(&text, smtp, reason);
    text_add(&text, SLICE("}\n"));
    smtp_server_write_log(smtp->server, smtp->server->access_log, text_slice(&text));
}
