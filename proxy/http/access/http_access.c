#include "http/access/http_access.h"

#include "http/access/http_access_conf.h"
#include "http/access/http_auth.h"
#include "http/access/http_auth_request.h"
#include "http/access/http_limit.h"
#include "http/access/http_limit_conn.h"
#include "http/access/http_path_policy.h"
#include "http/conf/http_conf.h"
#include "http/http_service.h"
#include "http/log/http_report.h"
#include "http/route/http_realip.h"
#include "net/loop.h"
#include "relay/worker.h"

struct http_access_state {
    struct http_exchange *exchange;
    void (*go_on)(struct http_exchange *exchange);
    struct deadline delay; /* auth_delay */
    struct slice challenge;
    unsigned refused; /* satisfy any: what a step said against it */
    uint8_t steps;    /* those that have not begun */
};

/* Address rules. */

static bool has_rules(const struct http_location *location)
{
    return location->access->rule_count > 0;
}

static bool fits(const struct http_access_rule *rule, const struct address *client)
{
    return rule->is_for_all || network_has(&rule->network, client);
}

static bool is_any_enough(const struct http_exchange *exchange)
{
    return exchange->location->access->satisfy == HTTP_SATISFY_ANY;
}

static void begin_rules(struct http_exchange *exchange)
{
    const struct http_access *access = exchange->location->access;
    const struct address *client = http_exchange_client(exchange);
    size_t i = 0;

    while (i < access->rule_count && !fits(&access->rules[i], client))
        i++;
    if (i == access->rule_count) {
        http_access_decide(exchange, HTTP_ACCESS_NO_OPINION);
    } else if (access->rules[i].allows) {
        http_access_decide(exchange, HTTP_ACCESS_GRANTED);
    } else {
        if (!is_any_enough(exchange))
            http_report(exchange, LOG_ERROR, "access forbidden by rule");
        http_access_decide(exchange, 403);
    }
}

/* The steps in nginx's order, after our own. */
static const struct http_access_step steps[] = {
    {http_path_policy_applies,  http_path_policy_begin },
    {has_rules,                 begin_rules            },
    {http_location_asks,        http_auth_begin        },
    {http_auth_request_applies, http_auth_request_begin},
};

uint8_t http_access_steps(const struct http_location *location)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].applies(location))
            bits |= (uint8_t)(1u << i);
    return bits;
}

/* The end. */

static void answer(struct http_exchange *exchange, unsigned status)
{
    struct slice challenge = exchange->access->challenge;

    exchange->reader = NULL;
    exchange->handler = NULL;
    if (status == 401 && challenge.at != NULL)
        http_exchange_add_field(exchange, SLICE("WWW-Authenticate"), challenge);
    http_exchange_error(exchange, status);
}

static void on_delayed(void *owner)
{
    struct http_access_state *state = owner;

    answer(state->exchange, 401);
}

static void on_gone(struct http_exchange *exchange)
{
    deadline_clear(&exchange->access->delay);
}

static const struct http_body_reader delay_reader = {.aborted = on_gone, .ended = on_gone};

static void refuse(struct http_exchange *exchange, unsigned status)
{
    uint32_t delay_ms = exchange->location->auth_delay;

    if (status != 401 || delay_ms == 0) {
        answer(exchange, status);
        return;
    }
    http_report(exchange, LOG_INFO, "delaying unauthorized request");
    exchange->reader = &delay_reader;
    deadline_set(exchange->session->worker->loop, &exchange->access->delay, delay_ms);
}

static void next_step(struct http_exchange *exchange)
{
    struct http_access_state *state = exchange->access;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if ((state->steps & 1u << i) == 0)
            continue;
        state->steps &= (uint8_t) ~(1u << i);
        steps[i].begin(exchange);
        return;
    }
    if (state->refused == 0) {
        state->go_on(exchange);
        return;
    }
    if (state->refused == 403)
        http_report(exchange, LOG_ERROR, "access forbidden by rule");
    refuse(exchange, state->refused);
}

void http_access_decide(struct http_exchange *exchange, unsigned verdict)
{
    struct http_access_state *state = exchange->access;
    bool any = is_any_enough(exchange);

    if (verdict == HTTP_ACCESS_NO_OPINION || (verdict == HTTP_ACCESS_GRANTED && !any)) {
        next_step(exchange);
    } else if (verdict == HTTP_ACCESS_GRANTED) {
        state->go_on(exchange);
    } else if (any && (verdict == 401 || verdict == 403)) {
        if (state->refused != 401) /* the client may do something about that */
            state->refused = verdict;
        next_step(exchange);
    } else {
        refuse(exchange, verdict);
    }
}

void http_access_challenge(struct http_exchange *exchange, struct slice challenge)
{
    exchange->access->challenge = challenge;
}

static void check(struct http_exchange *exchange)
{
    struct http_access_state *state = exchange->access;

    if (exchange->location->limits != NULL && !http_limit_conn_allows(exchange))
        return;
    state->exchange = exchange;
    deadline_init(&state->delay, on_delayed, state);
    next_step(exchange);
}

void http_access_run(struct http_exchange *exchange, void (*go_on)(struct http_exchange *exchange))
{
    const struct http_location *location = exchange->location;
    uint8_t bits = http_content_of(exchange)->locations[location->number].access_steps;

    http_realip_apply(exchange, location);
    if ((bits == 0 && location->limits == NULL) || exchange->parent != NULL) {
        go_on(exchange);
        return;
    }
    exchange->access = arena_zero(&exchange->arena, sizeof *exchange->access);
    if (exchange->access == NULL) {
        http_exchange_error(exchange, 500);
        return;
    }
    exchange->access->go_on = go_on;
    exchange->access->steps = bits;
    if (location->limits != NULL)
        http_limit_run(exchange, check);
    else
        check(exchange);
}
