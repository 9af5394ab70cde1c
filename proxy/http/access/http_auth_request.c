#include "http/access/http_auth_request.h"

#include "http/access/http_access.h"
#include "http/conf/http_conf.h"
#include "http/http_subrequest.h"
#include "http/language/http_variables.h"
#include "http/log/http_report.h"

struct asking {
    struct http_exchange *exchange;
    struct http_subrequest *subrequest;
};

bool http_auth_request_applies(const struct http_location *location)
{
    return location->auth_request != NULL;
}

static void on_gone(struct http_exchange *exchange)
{
    struct asking *asking = exchange->handler;

    http_subrequest_cancel(&asking->subrequest);
}

static const struct http_body_reader reader = {.aborted = on_gone, .ended = on_gone};

static void decide(struct http_exchange *exchange, unsigned verdict)
{
    exchange->reader = NULL;
    exchange->handler = NULL;
    http_access_decide(exchange, verdict);
}

/* Only the head says something; whatever its body is, nobody waits for it. */
static void on_head(void *owner, const struct http_response *answer)
{
    struct asking *asking = owner;

    (void)answer;
    http_subrequest_end(asking->subrequest);
}

static void on_body(void *owner, struct slice bytes)
{
    (void)owner;
    (void)bytes;
}

/* The child's fields go with it. */
static void set_variables(struct http_exchange *exchange, struct http_exchange *child)
{
    const struct http_auth_sets *sets = &exchange->location->auth_request->auth_request_set;

    for (size_t i = 0; i < sets->count; i++) {
        struct slice value = http_evaluate(child, &sets->items[i].value);

        if (!http_variable_set(exchange, sets->items[i].variable,
                               arena_keep(&exchange->arena, value)))
            return;
    }
}

static void pass_challenge_on(struct http_exchange *exchange, const struct http_response *answer)
{
    for (size_t i = 0; i < answer->field_count; i++) {
        struct slice challenge;

        if (!slice_equal_fold(answer->fields[i].name, SLICE("WWW-Authenticate")))
            continue;
        challenge = arena_keep(&exchange->arena, answer->fields[i].value);
        if (challenge.at != NULL)
            http_access_challenge(exchange, challenge);
        return;
    }
}

static unsigned verdict_of(struct http_exchange *exchange, unsigned status)
{
    if (status >= 200 && status < 300)
        return HTTP_ACCESS_GRANTED;
    if (status == 401 || status == 403)
        return status;
    http_report(exchange, LOG_ERROR, "auth request unexpected status: %u", status);
    return 500;
}

static void on_done(void *owner, struct http_exchange *child, bool whole)
{
    struct asking *asking = owner;
    struct http_exchange *exchange = asking->exchange;
    unsigned status = child->head_sent ? child->response.status : 502;

    (void)whole;
    asking->subrequest = NULL;
    set_variables(exchange, child);
    if (status == 401)
        pass_challenge_on(exchange, &child->response);
    decide(exchange, verdict_of(exchange, status));
}

static const struct http_subrequest_events events = {
    .head = on_head, .body = on_body, .done = on_done};

void http_auth_request_begin(struct http_exchange *exchange)
{
    const struct http_auth_uri *uri = &exchange->location->auth_request->auth_request;
    struct asking *asking = arena_zero(&exchange->arena, sizeof *asking);

    if (asking != NULL) {
        asking->exchange = exchange;
        asking->subrequest =
            http_subrequest_start(exchange, uri->path, uri->query, &events, asking);
    }
    if (asking == NULL || asking->subrequest == NULL) {
        http_access_decide(exchange, 500);
        return;
    }
    exchange->handler = asking;
    exchange->reader = &reader;
}
