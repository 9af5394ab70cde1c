#include "http/language/http_program.h"

#include "base/number.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/output/http_output.h"
#include "http/route/http_explain.h"
#include "http/route/http_handlers.h"

enum flow {
    FLOW_NEXT,
    FLOW_STOP,
    FLOW_ANSWERED,
};

static enum flow fail(struct http_exchange *exchange)
{
    http_exchange_error(exchange, 500);
    return FLOW_ANSWERED;
}

static void set_query(struct http_exchange *exchange, struct slice value)
{
    exchange->request.query = value;
    exchange->request.has_query = value.len > 0;
    exchange->target_changed = true;
}

/* As in nginx, what is no rate changes nothing. */
static void set_rate(struct http_exchange *exchange, struct slice value)
{
    uint64_t rate;

    if (number_parse_size(value, UINT64_MAX, &rate))
        http_output_set_rate(exchange, rate);
    else
        http_exchange_log(exchange, LOG_ERROR, "invalid $limit_rate \"%s\"",
                          log_escape(value).text);
}

static enum flow set(struct http_exchange *exchange, const struct http_set *step)
{
    struct slice value = http_evaluate(exchange, &step->value);

    if (value.at == NULL)
        value = SLICE("");
    if (step->function != NULL && !step->function(&exchange->arena, value, &value))
        return fail(exchange);
    switch (step->target) {
    case HTTP_SET_QUERY:
        set_query(exchange, value);
        break;
    case HTTP_SET_RATE:
        set_rate(exchange, value);
        break;
    case HTTP_SET_MADE:
        if (!http_variable_set(exchange, step->number, value))
            return fail(exchange);
        break;
    }
    return FLOW_NEXT;
}

static enum flow test(struct http_exchange *exchange, const struct http_step *step, size_t *at)
{
    switch (http_test_holds(exchange, step->as.test)) {
    case HTTP_TEST_NO:
        *at += step->skip;
        break;
    case HTTP_TEST_YES:
        break;
    case HTTP_TEST_FAILED:
        return fail(exchange);
    }
    return FLOW_NEXT;
}

/* *searches: the location of the path is to be looked for, unless a later step says otherwise. */
static enum flow rewrite(struct http_exchange *exchange, const struct http_rewrite *step,
                         bool *searches)
{
    switch (http_rewrite_apply(exchange, step)) {
    case HTTP_REWRITE_UNMATCHED:
        return FLOW_NEXT;
    case HTTP_REWRITE_ANSWER:
        return FLOW_ANSWERED;
    case HTTP_REWRITE_DONE:
        break;
    }
    exchange->is_internal = true; /* nginx's rule: `internal` locations are open to it */
    exchange->target_changed = true;
    if (step->is_break)
        exchange->location_unbound = true;
    *searches = !step->is_break;
    return step->is_last || step->is_break ? FLOW_STOP : FLOW_NEXT;
}

static enum flow run_step(struct http_exchange *exchange, const struct http_step *step, size_t *at,
                          bool *searches)
{
    switch (step->kind) {
    case HTTP_STEP_SET:
        return set(exchange, step->as.set);
    case HTTP_STEP_IF:
        return test(exchange, step, at);
    case HTTP_STEP_ENTER:
        http_choose_location(exchange, step->as.location);
        return FLOW_NEXT;
    case HTTP_STEP_REWRITE:
        return rewrite(exchange, step->as.rewrite, searches);
    case HTTP_STEP_RETURN:
        http_return_answer(exchange, step->as.answer);
        return FLOW_ANSWERED;
    case HTTP_STEP_BREAK:
        *searches = false;
        return FLOW_STOP;
    }
    return FLOW_STOP;
}

static enum flow run_explained(struct http_exchange *exchange, const struct http_step *step,
                               size_t *at, bool *searches)
{
    const char *path = exchange->request.path.at;
    size_t before = *at;
    enum flow flow;

    if (step->kind == HTTP_STEP_RETURN) /* it writes what it answers */
        http_explain_step(exchange, step, true);
    flow = run_step(exchange, step, at, searches);
    if (step->kind == HTTP_STEP_REWRITE)
        http_explain_step(exchange, step, exchange->request.path.at != path);
    else if (step->kind != HTTP_STEP_RETURN)
        http_explain_step(exchange, step, *at == before);
    return flow;
}

enum http_program_end http_program_run(struct http_exchange *exchange,
                                       const struct http_program *program)
{
    enum flow flow = FLOW_NEXT;
    bool searches = false;

    for (size_t at = 0; at < program->count && flow == FLOW_NEXT; at++)
        flow = exchange->explanation == NULL
                   ? run_step(exchange, &program->steps[at], &at, &searches)
                   : run_explained(exchange, &program->steps[at], &at, &searches);
    if (flow == FLOW_ANSWERED)
        return HTTP_PROGRAM_ANSWERED;
    return searches ? HTTP_PROGRAM_SEARCH : HTTP_PROGRAM_GO_ON;
}

bool http_program_always_answers(const struct http_program *program)
{
    size_t at = 0;

    while (at < program->count && program->steps[at].kind == HTTP_STEP_SET)
        at++;
    return at < program->count && program->steps[at].kind == HTTP_STEP_RETURN;
}
