#include "http/access/http_auth.h"

#include "auth/auth_client.h"
#include "auth/auth_list.h"
#include "base/text.h"
#include "http/access/http_access.h"
#include "http/conf/http_conf.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/log/http_report.h"
#include "http/message/http_basic.h"
#include "relay/worker.h"

#include <errno.h>
#include <string.h>

struct http_auth {
    struct http_exchange *exchange;
    struct auth_ticket *ticket; /* NULL: nothing is asked */
    struct slice user;
};

/* The end of waiting. */

static void on_gone(struct http_exchange *exchange)
{
    struct http_auth *auth = exchange->handler;

    auth_client_cancel(&auth->ticket);
}

static const struct http_body_reader reader = {.aborted = on_gone, .ended = on_gone};

static void decide(struct http_exchange *exchange, unsigned verdict)
{
    exchange->reader = NULL;
    exchange->handler = NULL;
    http_access_decide(exchange, verdict);
}

static void refuse(struct http_exchange *exchange)
{
    struct slice realm = http_evaluate(exchange, &exchange->location->auth_basic.text);
    size_t capacity = sizeof "Basic realm=\"\"" + realm.len;
    char *memory = arena_alloc(&exchange->arena, capacity);
    struct text text = text_in(memory, memory == NULL ? 0 : capacity);

    text_add(&text, SLICE("Basic realm=\""));
    text_add(&text, realm);
    text_byte(&text, '"');
    http_access_challenge(exchange, text_slice(&text));
    decide(exchange, 401);
}

/* As nginx: a file that is not there protects what nobody may see; another failure is a failure. */
static void report_file(struct http_exchange *exchange, int error)
{
    struct slice path = exchange->location->auth_basic_user_file.path;
    bool is_missing = error == ENOENT;

    http_report(exchange, is_missing ? LOG_ERROR : LOG_CRIT, "open() \"%.*s\" failed (%d: %s)",
                (int)path.len, path.at, error, strerror(error));
    decide(exchange, is_missing ? 403 : 500);
}

static void report_busy(struct http_exchange *exchange, const char *why)
{
    http_report(exchange, LOG_ERROR, "password cannot be verified now: %s", why);
    decide(exchange, 503);
}

static void report_mismatch(struct http_auth *auth)
{
    http_report(auth->exchange, LOG_ERROR, "user \"%s\": password mismatch",
                log_escape(auth->user).text);
    refuse(auth->exchange);
}

static void report_unknown(struct http_auth *auth)
{
    struct slice path = auth->exchange->location->auth_basic_user_file.path;

    http_report(auth->exchange, LOG_ERROR, "user \"%s\" was not found in \"%.*s\"",
                log_escape(auth->user).text, (int)path.len, path.at);
    refuse(auth->exchange);
}

/* Nothing was computed. The words are those that fail2ban's filter counts, too. */
static void report_throttled(struct http_auth *auth, uint32_t wait_s)
{
    struct slice wait = arena_format(&auth->exchange->arena, "%u", wait_s);

    http_report(auth->exchange, LOG_ERROR,
                "user \"%s\": not verified, too many logins failed before, says \"auth_throttle\": "
                "password mismatch",
                log_escape(auth->user).text);
    http_exchange_add_field(auth->exchange, SLICE("Retry-After"), wait);
    decide(auth->exchange, 429);
}

static uint32_t file_of(const struct http_exchange *exchange)
{
    return http_content_of(exchange)->locations[exchange->location->number].password_file;
}

static void grant(struct http_auth *auth, bool was_remembered)
{
    http_report(auth->exchange, LOG_DEBUG, "user \"%s\" accepted%s", log_escape(auth->user).text,
                was_remembered ? " without a hash" : "");
    auth->exchange->password_file = file_of(auth->exchange) + 1;
    decide(auth->exchange, HTTP_ACCESS_GRANTED);
}

static void on_answered(void *owner, const struct auth_answer *answer)
{
    struct http_auth *auth = owner;

    auth->ticket = NULL;
    switch (answer->verdict) {
    case AUTH_ACCEPTED:
    case AUTH_REMEMBERED:
        grant(auth, answer->verdict == AUTH_REMEMBERED);
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
    case AUTH_THROTTLED:
        report_throttled(auth, answer->wait_s);
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
        .file = file_of(exchange),
        .remember_ms = location->auth_cache,
        .rate = location->auth_throttle,
        .client = *http_exchange_client(exchange),
        .user = basic->user,
        .password = basic->password,
    };

    auth->ticket = auth_client_ask(exchange->session->worker->auth, &question, on_answered, auth);
    if (auth->ticket == NULL)
        report_busy(exchange, "too many are waiting");
}

static struct http_auth *begin(struct http_exchange *exchange)
{
    struct http_auth *auth = arena_zero(&exchange->arena, sizeof *auth);

    if (auth == NULL)
        return NULL;
    auth->exchange = exchange;
    exchange->handler = auth;
    exchange->reader = &reader;
    return auth;
}

static void check(struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    struct http_auth *auth = begin(exchange);
    struct http_basic basic;

    if (auth == NULL) {
        decide(exchange, 500);
    } else if (!http_basic_parse(http_field_value(request->fields, request->field_count,
                                                  HTTP_FIELD_AUTHORIZATION),
                                 &basic)) {
        http_report(exchange, LOG_INFO, "no user/password was provided for basic authentication");
        refuse(exchange);
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

/* An internal redirect, to an index file above all, costs no second look at the password. */
void http_auth_begin(struct http_exchange *exchange)
{
    if (exchange->password_file == file_of(exchange) + 1)
        http_access_decide(exchange, HTTP_ACCESS_GRANTED);
    else
        check(exchange);
}
