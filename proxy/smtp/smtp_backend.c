#include "smtp/smtp_backend.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/stream.h"
#include "relay/backend.h"
#include "relay/session.h"
#include "relay/worker.h"
#include "smtp/smtp_conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define CONNECT_MS 5000
/* RFC 5321 4.5.3.2.1 gives a greeting five minutes, but the client waits for its MAIL all the
 * while, and for no longer than that: only the last backend there is gets more than half a minute
 * for a step, and all of them together half of the client's patience. */
#define STEP_MS    30000
#define OPENING_MS 150000
#define LINGER_MS  2000

enum state {
    DIALING,
    GREETING,  /* for its 220 */
    FRONT,     /* for the answer to our own EHLO */
    ANNOUNCED, /* for the 220 to XCLIENT */
    HELLO,     /* for the answer to the client's EHLO or HELO */
    READY,
    ENDED,
};

/* What a log line says it was waiting for. */
static const char *const state_words[] = {
    [DIALING] = "the connection",
    [GREETING] = "its greeting",
    [FRONT] = "the answer to EHLO",
    [ANNOUNCED] = "the answer to XCLIENT",
    [HELLO] = "the answer to the client's EHLO",
    [READY] = "an answer",
    [ENDED] = "nothing",
};

struct smtp_backend {
    struct smtp_backend_plan plan;
    const struct smtp_backend_events *events;
    void *owner;
    struct backend_dial *dial;
    struct stream *stream;
    struct deadline deadline;
    struct smtp_backend *next, **list; /* left by its session: others of the same server */
    uint64_t session_id;
    uint64_t opened_ms;        /* when the first target was tried */
    size_t target;             /* index */
    enum close_reason failure; /* of the last target tried */
    enum state state;
    struct smtp_capabilities capabilities;
};

static void log_about(const struct smtp_backend *backend, enum log_level level, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

static void log_about(const struct smtp_backend *backend, enum log_level level, const char *format,
                      ...)
{
    struct slice target = smtp_backend_target(backend);
    char text[768];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (backend->plan.session != NULL)
        session_log(backend->plan.session, level, "backend %.*s %s", (int)target.len, target.at,
                    text);
    else
        log_line(backend->plan.worker->log, level, backend->session_id, "backend %.*s %s",
                 (int)target.len, target.at, text);
}

/* The end. */

static void close_connection(struct smtp_backend *backend)
{
    deadline_clear(&backend->deadline);
    if (backend->dial != NULL)
        backend_dial_cancel(&backend->dial);
    if (backend->stream != NULL)
        stream_close(&backend->stream);
}

static void retire(struct smtp_backend **backend)
{
    close_connection(*backend);
    (*backend)->state = ENDED;
    loop_retire((*backend)->plan.worker->loop, *backend);
    *backend = NULL;
}

void smtp_backend_drop(struct smtp_backend **backend)
{
    if (*backend != NULL)
        retire(backend);
}

void smtp_backend_quit(struct smtp_backend **backend)
{
    if (*backend == NULL)
        return;
    if ((*backend)->state == READY) {
        stream_write((*backend)->stream, SLICE("QUIT\r\n"));
        stream_close_answered(&(*backend)->stream, LINGER_MS);
    }
    retire(backend);
}

static void end(struct smtp_backend *backend, enum close_reason reason,
                const struct smtp_reply *reply)
{
    backend->state = ENDED;
    deadline_clear(&backend->deadline);
    backend->events->ended(backend->owner, reason, reply);
}

/* Reaching one target after the other. */

static void start_dial(struct smtp_backend *backend);

static uint32_t time_left(const struct smtp_backend *backend)
{
    uint64_t passed = loop_now(backend->plan.worker->loop) - backend->opened_ms;

    return passed < OPENING_MS ? (uint32_t)(OPENING_MS - passed) : 0;
}

/* Gives this target up. */
static void fail_target(struct smtp_backend *backend, enum close_reason reason)
{
    close_connection(backend);
    backend->failure = reason;
    backend->target++;
    if (backend->target < backend->plan.targets->count && time_left(backend) > 0) {
        start_dial(backend);
        return;
    }
    backend->target--; /* the last one tried stays, for the log */
    end(backend, backend->failure, NULL);
}

static void lose(struct smtp_backend *backend, enum close_reason reason)
{
    if (backend->state != READY) {
        fail_target(backend, reason);
        return;
    }
    close_connection(backend);
    end(backend, reason, NULL);
}

static void on_deadline(void *owner)
{
    struct smtp_backend *backend = owner;

    log_about(backend, LOG_ERROR, "did not answer in time, waiting for %s",
              state_words[backend->state]);
    lose(backend, CLOSE_TIMEOUT_BACKEND);
}

static void enter(struct smtp_backend *backend, enum state state)
{
    bool is_last = backend->target + 1 == backend->plan.targets->count;
    uint32_t left = time_left(backend);

    backend->state = state;
    deadline_set(backend->plan.worker->loop, &backend->deadline,
                 is_last || left < STEP_MS ? left : STEP_MS);
    if (state == READY)
        deadline_clear(&backend->deadline);
}

/* The dialogue, until the client is announced. Nothing is ever written before the reply to the last
 * command is here: Postfix hangs up on whoever does (reference/mail.md 2.1, 4). */

static void write_hello(struct smtp_backend *backend, struct slice verb, struct slice name)
{
    char memory[SMTP_REPLY_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);

    text_add(&line, verb);
    text_add(&line, name);
    text_add(&line, SLICE("\r\n"));
    ensure(!line.overflow);
    stream_write(backend->stream, text_slice(&line));
}

static void say_hello_for_client(struct smtp_backend *backend)
{
    enter(backend, HELLO);
    write_hello(backend, backend->plan.client_said_ehlo ? SLICE("EHLO ") : SLICE("HELO "),
                backend->plan.client_name);
}

static void greeted(struct smtp_backend *backend)
{
    if (backend->plan.session != NULL && !backend->plan.uses_xclient) {
        say_hello_for_client(backend);
        return;
    }
    enter(backend, FRONT);
    write_hello(backend, SLICE("EHLO "), backend->plan.name);
}

static void announce(struct smtp_backend *backend)
{
    char memory[SMTP_XCLIENT_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);

    if (!smtp_xclient_write(&backend->plan.identity, backend->capabilities.xclient, &line)) {
        log_about(backend, LOG_ERROR,
                  "does not announce XCLIENT with ADDR and NAME to this host: no mail goes there "
                  "(smtpd_authorized_xclient_hosts in Postfix)");
        fail_target(backend, CLOSE_BACKEND_REFUSED);
        return;
    }
    enter(backend, ANNOUNCED);
    stream_write(backend->stream, text_slice(&line));
}

static void finish_probe(struct smtp_backend *backend)
{
    backend->plan.known[backend->target] = backend->capabilities;
    stream_write(backend->stream, SLICE("QUIT\r\n"));
    stream_close_answered(&backend->stream, LINGER_MS);
    end(backend, CLOSE_DONE, NULL);
}

void smtp_backend_learn(struct smtp_backend *backend, const struct smtp_reply *reply)
{
    smtp_capabilities_learn(&backend->capabilities, reply);
    backend->plan.known[backend->target] = backend->capabilities;
}

void smtp_backend_unlearn(struct smtp_backend *backend)
{
    smtp_capabilities_start(&backend->capabilities);
}

static void refuse_reply(struct smtp_backend *backend, const struct smtp_reply *reply)
{
    log_about(backend, LOG_ERROR, "answered \"%u %s\", waiting for %s", reply->code,
              log_escape(smtp_reply_first(reply)).text, state_words[backend->state]);
    fail_target(backend, CLOSE_BACKEND_REFUSED);
}

/* A decision about the client, not about frontd: it is the client's to hear. 550 and the like may
 * mean that this host may not use XCLIENT at all. */
static void pass_refusal(struct smtp_backend *backend, const struct smtp_reply *reply)
{
    log_about(backend, LOG_INFO, "refused the client: \"%u %s\"", reply->code,
              log_escape(smtp_reply_first(reply)).text);
    end(backend, CLOSE_BACKEND_REFUSED, reply);
}

/* The answer to the client's own greeting. */
static void take_hello(struct smtp_backend *backend, const struct smtp_reply *reply)
{
    bool is_refusal = reply->code >= 400 && reply->code != 421;

    if (is_refusal) {
        pass_refusal(backend, reply);
    } else if (reply->code != 250) {
        refuse_reply(backend, reply);
    } else {
        if (backend->plan.client_said_ehlo)
            smtp_backend_learn(backend, reply);
        else
            smtp_backend_unlearn(backend);
        enter(backend, READY);
        backend->events->ready(backend->owner);
    }
}

static void take_reply(struct smtp_backend *backend, const struct smtp_reply *reply)
{
    switch (backend->state) {
    case GREETING:
        if (reply->code != 220)
            refuse_reply(backend, reply);
        else
            greeted(backend);
        return;
    case FRONT:
        if (reply->code != 250) {
            refuse_reply(backend, reply);
            return;
        }
        smtp_capabilities_learn(&backend->capabilities, reply);
        if (backend->plan.session == NULL)
            finish_probe(backend);
        else
            announce(backend);
        return;
    case ANNOUNCED:
        if (reply->code == 220)
            say_hello_for_client(backend);
        else if (reply->code == 554)
            pass_refusal(backend, reply);
        else
            refuse_reply(backend, reply);
        return;
    case HELLO:
        take_hello(backend, reply);
        return;
    case READY:
        backend->events->replied(backend->owner, reply);
        return;
    case DIALING:
    case ENDED:
        break;
    }
    ensure(!"a reply without a connection");
}

/* What the connection brings. */

/* Before READY every command waits for its reply, so more than one reply is one too many. */
static bool is_unasked(const struct smtp_backend *backend, size_t used)
{
    return backend->state != READY && stream_input(backend->stream).len > used;
}

/* One reply, if there is a whole one. False: wait for more, or it is over. */
static bool take_next(struct smtp_backend *backend)
{
    struct slice input = stream_input(backend->stream);
    struct smtp_reply reply;
    size_t used;
    enum smtp_reply_result result = smtp_reply_parse(input, &reply, &used);
    const struct stream *stream = backend->stream;

    if (result == SMTP_REPLY_MORE)
        return false;
    if (result != SMTP_REPLY_OK || is_unasked(backend, used)) {
        log_about(backend, LOG_ERROR, "sent %s, waiting for %s: \"%s\"",
                  result == SMTP_REPLY_OK ? "more than one reply" : smtp_reply_result_words(result),
                  state_words[backend->state], log_escape(slice_part(input, 0, 60)).text);
        lose(backend, CLOSE_BACKEND_BROKEN);
        return false;
    }
    take_reply(backend, &reply);
    if (backend->stream != stream)
        return false;
    stream_consume(backend->stream, used);
    return backend->state != ENDED && input.len > used;
}

static void on_received(void *owner)
{
    struct smtp_backend *backend = owner;
    const struct stream *stream = backend->stream;

    while (take_next(backend))
        ;
    if (backend->stream != stream || backend->state == ENDED ||
        stream_end(backend->stream) == STREAM_OPEN)
        return;
    if (backend->state != READY)
        log_about(backend, LOG_ERROR, "closed the connection, waiting for %s",
                  state_words[backend->state]);
    lose(backend, CLOSE_BACKEND_GONE);
}

static void on_failed(void *owner)
{
    struct smtp_backend *backend = owner;

    log_about(backend, LOG_ERROR, "broke the connection, waiting for %s: %s",
              state_words[backend->state], stream_failure_words(backend->stream));
    lose(backend, CLOSE_BACKEND_GONE);
}

static void on_drained(void *owner)
{
    struct smtp_backend *backend = owner;

    if (backend->state == READY)
        backend->events->drained(backend->owner);
}

static const struct stream_events stream_events = {
    .received = on_received,
    .drained = on_drained,
    .failed = on_failed,
};

static void on_dialed(void *owner, enum backend_failure failure, int fd,
                      const struct address *address)
{
    struct smtp_backend *backend = owner;

    (void)address;
    backend->dial = NULL;
    if (failure != BACKEND_OK) {
        log_about(backend, LOG_ERROR, "cannot be reached: %s", backend_failure_words(failure));
        fail_target(backend, failure == BACKEND_TIMED_OUT ? CLOSE_TIMEOUT_BACKEND
                                                          : CLOSE_BACKEND_UNREACHABLE);
        return;
    }
    backend->stream = stream_new(backend->plan.worker->loop, fd, &stream_events, backend);
    enter(backend, GREETING);
}

static void start_dial(struct smtp_backend *backend)
{
    backend->state = DIALING;
    backend->dial =
        backend_dial(backend->plan.worker, &backend->plan.targets->items[backend->target].target,
                     CONNECT_MS, on_dialed, backend);
}

struct smtp_backend *smtp_backend_open(const struct smtp_backend_plan *plan,
                                       const struct smtp_backend_events *events, void *owner)
{
    struct smtp_backend *backend = memory_zero(sizeof *backend);

    backend->plan = *plan;
    backend->events = events;
    backend->owner = owner;
    backend->opened_ms = loop_now(plan->worker->loop);
    deadline_init(&backend->deadline, on_deadline, backend);
    start_dial(backend);
    return backend;
}

/* Left behind by a session that is over. */

static void unlink_left(struct smtp_backend *backend)
{
    struct smtp_backend **place = backend->list;

    while (*place != backend)
        place = &(*place)->next;
    *place = backend->next;
    backend->plan.worker->verdict_count--;
}

static void on_verdict(void *owner, const struct smtp_reply *reply)
{
    struct smtp_backend *backend = owner;
    bool is_taken = reply->code / 100 == 2;

    backend->plan.worker->counters[is_taken ? COUNTER_MAILS_ACCEPTED : COUNTER_MAILS_REFUSED]++;
    log_about(backend, LOG_NOTICE, "answered \"%u %s\" to a message whose session is over",
              reply->code, log_escape(smtp_reply_last(reply)).text);
    unlink_left(backend);
    smtp_backend_quit(&backend);
}

static void on_no_verdict(void *owner, enum close_reason reason, const struct smtp_reply *reply)
{
    struct smtp_backend *backend = owner;

    (void)reply;
    log_about(backend, LOG_ERROR, "gave no answer to a message whose session is over: %s",
              close_reason_words(reason));
    unlink_left(backend);
    smtp_backend_drop(&backend);
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static const struct smtp_backend_events left_events = {
    .replied = on_verdict,
    .drained = on_nothing,
    .ended = on_no_verdict,
};

void smtp_backend_leave(struct smtp_backend **backend, struct smtp_backend **list,
                        uint32_t timeout_ms)
{
    struct smtp_backend *left = *backend;

    ensure(left->state == READY);
    *backend = NULL;
    left->session_id = left->plan.session->id;
    left->plan.session = NULL;
    left->events = &left_events;
    left->owner = left;
    left->next = *list;
    left->list = list;
    *list = left;
    left->plan.worker->verdict_count++;
    deadline_set(left->plan.worker->loop, &left->deadline, timeout_ms);
}

void smtp_backend_drop_left(struct smtp_backend **list)
{
    while (*list != NULL)
        on_no_verdict(*list, CLOSE_FRONTD_STOPPED, NULL);
}

/* What the owner asks. */

bool smtp_backend_is_ready(const struct smtp_backend *backend)
{
    return backend != NULL && backend->state == READY;
}

void smtp_backend_write(struct smtp_backend *backend, struct slice bytes)
{
    ensure(backend->state == READY);
    stream_write(backend->stream, bytes);
}

size_t smtp_backend_queued(const struct smtp_backend *backend)
{
    return backend->stream == NULL ? 0 : stream_queued(backend->stream);
}

const struct smtp_capabilities *smtp_backend_capabilities(const struct smtp_backend *backend)
{
    return &backend->capabilities;
}

struct slice smtp_backend_target(const struct smtp_backend *backend)
{
    return backend->plan.targets->items[backend->target].text;
}
