#include "http/http_auth.h"

#include "auth/auth_client.h"
#include "auth/auth_list.h"
#include "base/text.h"
#include "http/http_basic.h"
#include "http/http_conf.h"
#include "http/http_service.h"
#include "http/http_variables.h"
#include "relay/worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct http_auth {
    struct http_exchange *exchange;
    void (*accepted)(struct http_exchange *exchange);
    struct auth_ticket *ticket; /* NULL: nothing is asked */
    struct deadline delay;      /* of a refusal */
    struct slice user;
};

/* Log lines. */

#define REQUEST_SHOWN 600
#define FIELD_SHOWN   240

/* The end of the line is what programs that read the log look for: of a long target, the rest is
 * left out, not the version. */
static struct slice shown_request(const struct http_exchange *exchange, char *memory)
{
    struct slice line = exchange->request.line;
    size_t last = slice_find_last(line, ' ');
    struct text text = text_in(memory, REQUEST_SHOWN);
    struct text ending = text_in(memory, REQUEST_SHOWN);

    text_escape(&text, line);
    if (!text.overflow || last == SLICE_NOT_FOUND)
        return text_slice(&text);
    text_escape(&ending, slice_part(line, 0, last < 140 ? last : 140));
    text_add(&ending, SLICE("..."));
    text_escape(&ending, slice_from(line, last));
    return text_slice(&ending);
}

/* Without blanks: what reads the log expects none there, and a client that sends one must not get
 * past it. */
static void add_field(struct text *text, const char *name, struct slice value)
{
    struct log_escaped escaped = log_escape(value);
    size_t end;

    if (value.len == 0)
        return;
    text_add(text, SLICE(", "));
    text_add(text, slice_of(name));
    text_add(text, SLICE(": \""));
    end = text->len + FIELD_SHOWN;
    for (const char *byte = escaped.text; *byte != '\0' && text->len < end; byte++)
        text_add(text, *byte == ' ' ? SLICE("\\x20") : (struct slice){byte, 1});
    text_byte(text, '"');
}

/* Byte for byte as nginx writes it, since fail2ban's nginx-http-auth filter reads it. */
__attribute__((format(printf, 3, 4))) static void
log_refusal(const struct http_exchange *exchange, enum log_level level, const char *format, ...)
{
    const struct session *session = exchange->session;
    const struct http_request *request = &exchange->request;
    struct slice host = http_field_value(request->fields, request->field_count, HTTP_FIELD_HOST);
    struct slice referer =
        http_field_value(request->fields, request->field_count, HTTP_FIELD_REFERER);
    char words[800], line[REQUEST_SHOWN], ending[2 * (FIELD_SHOWN + 20)];
    struct text text = text_in(ending, sizeof ending);
    struct slice shown;
    va_list arguments;

    if (!log_wants(exchange->log, level))
        return;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    add_field(&text, "host", host);
    add_field(&text, "referrer", referer);
    shown = shown_request(exchange, line);
    log_line(exchange->log, level, session->id,
             "%s, client: %s, server: %.*s, request: \"%.*s\"%.*s", words,
             address_print(&session->address).text, (int)exchange->server->name.len,
             exchange->server->name.at, (int)shown.len, shown.at, (int)text.len, text.at);
}

/* The end of waiting. */

static void let_go(struct http_auth *auth)
{
    auth_client_cancel(&auth->ticket);
    deadline_clear(&auth->delay);
}

static void on_gone(struct http_exchange *exchange)
{
    let_go(exchange->handler);
}

static const struct http_body_reader reader = {.aborted = on_gone, .ended = on_gone};

static void answer_unauthorized(struct http_exchange *exchange)
{
    struct slice realm = http_evaluate(exchange, &exchange->location->auth_basic.text);
    size_t capacity = sizeof "Basic realm=\"\"" + realm.len;
    char *memory = arena_alloc(&exchange->arena, capacity);
    struct text text = text_in(memory, memory == NULL ? 0 : capacity);

    text_add(&text, SLICE("Basic realm=\""));
    text_add(&text, realm);
    text_byte(&text, '"');
    http_exchange_add_field(exchange, SLICE("WWW-Authenticate"), text_slice(&text));
    http_exchange_error(exchange, 401);
}

static void on_delayed(void *owner)
{
    struct http_auth *auth = owner;

    answer_unauthorized(auth->exchange);
}

static void refuse(struct http_auth *auth)
{
    struct http_exchange *exchange = auth->exchange;
    uint32_t delay_ms = exchange->location->auth_delay;

    if (delay_ms == 0) {
        answer_unauthorized(exchange);
        return;
    }
    log_refusal(exchange, LOG_INFO, "delaying unauthorized request");
    deadline_set(exchange->session->worker->loop, &auth->delay, delay_ms);
}

static void go_on(struct http_auth *auth)
{
    struct http_exchange *exchange = auth->exchange;

    exchange->reader = NULL;
    exchange->handler = NULL;
    auth->accepted(exchange);
}

/* As nginx: a file that is not there protects what nobody may see; another failure is a failure. */
static void report_file(struct http_exchange *exchange, int error)
{
    struct slice path = exchange->location->auth_basic_user_file.path;
    bool is_missing = error == ENOENT;

    log_refusal(exchange, is_missing ? LOG_ERROR : LOG_CRIT, "open() \"%.*s\" failed (%d: %s)",
                (int)path.len, path.at, error, strerror(error));
    http_exchange_error(exchange, is_missing ? 403 : 500);
}

static void report_busy(struct http_exchange *exchange, const char *why)
{
    log_refusal(exchange, LOG_ERROR, "password cannot be verified now: %s", why);
    http_exchange_error(exchange, 503);
}

static void report_mismatch(struct http_auth *auth)
{
    log_refusal(auth->exchange, LOG_ERROR, "user \"%s\": password mismatch",
                log_escape(auth->user).text);
    refuse(auth);
}

static void report_unknown(struct http_auth *auth)
{
    struct slice path = auth->exchange->location->auth_basic_user_file.path;

    log_refusal(auth->exchange, LOG_ERROR, "user \"%s\" was not found in \"%.*s\"",
                log_escape(auth->user).text, (int)path.len, path.at);
    refuse(auth);
}

static void on_answered(void *owner, const struct auth_answer *answer)
{
    struct http_auth *auth = owner;

    auth->ticket = NULL;
    switch (answer->verdict) {
    case AUTH_ACCEPTED:
    case AUTH_REMEMBERED:
        log_refusal(auth->exchange, LOG_DEBUG, "user \"%s\" accepted%s",
                    log_escape(auth->user).text,
                    answer->verdict == AUTH_REMEMBERED ? " without a hash" : "");
        go_on(auth);
        break;
    case AUTH_MISMATCH:
        report_mismatch(auth);
        break;
    case AUTH_NOT_FOUND:
        report_unknown(auth);
        break;
    case AUTH_NO_FILE:
        report_file(auth->exchange, answer->error);
        break;
    case AUTH_BUSY:
        report_busy(auth->exchange, "too many are being verified");
        break;
    case AUTH_LOST:
        report_busy(auth->exchange, "frontd-auth does not answer");
        break;
    }
}

static void ask(struct http_auth *auth, const struct http_basic *basic)
{
    struct http_exchange *exchange = auth->exchange;
    const struct http_location *location = exchange->location;
    const struct auth_question question = {
        .file = http_content_of(exchange)->locations[location->number].password_file,
        .remember_ms = location->auth_cache,
        .user = basic->user,
        .password = basic->password,
    };

    auth->ticket = auth_client_ask(exchange->session->worker->auth, &question, on_answered, auth);
    if (auth->ticket == NULL)
        report_busy(exchange, "too many are waiting");
}

static struct http_auth *begin(struct http_exchange *exchange,
                               void (*accepted)(struct http_exchange *))
{
    struct http_auth *auth = arena_zero(&exchange->arena, sizeof *auth);

    if (auth == NULL)
        return NULL;
    auth->exchange = exchange;
    auth->accepted = accepted;
    deadline_init(&auth->delay, on_delayed, auth);
    exchange->handler = auth;
    exchange->reader = &reader;
    return auth;
}

void http_auth_handle(struct http_exchange *exchange,
                      void (*accepted)(struct http_exchange *exchange))
{
    const struct http_request *request = &exchange->request;
    struct http_auth *auth = begin(exchange, accepted);
    struct http_basic basic;

    if (auth == NULL) {
        http_exchange_error(exchange, 500);
    } else if (!http_basic_parse(http_field_value(request->fields, request->field_count,
                                                  HTTP_FIELD_AUTHORIZATION),
                                 &basic)) {
        log_refusal(exchange, LOG_INFO, "no user/password was provided for basic authentication");
        refuse(auth);
    } else {
        auth->user = arena_keep(&exchange->arena, basic.user);
        if (basic.user.len > AUTH_USER_MAX)
            report_unknown(auth);
        else if (basic.password.len > AUTH_WORD_MAX)
            report_mismatch(auth);
        else
            ask(auth, &basic);
        explicit_bzero(&basic, sizeof basic);
    }
}
