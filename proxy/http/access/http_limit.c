#include "http/access/http_limit.h"

#include "base/siphash.h"
#include "http/access/http_limit_conf.h"
#include "http/conf/http_conf.h"
#include "http/language/http_variables.h"
#include "http/log/http_report.h"
#include "net/loop.h"
#include "relay/worker.h"

/* Of each limit_req that has a key here. */
struct asked {
    const struct http_req_limit *limit;
    struct http_limit_table table;
    struct http_limit_rate rate;
    uint64_t hash;
    uint32_t excess;
};

struct waiting {
    struct http_exchange *exchange;
    void (*go_on)(struct http_exchange *exchange);
    struct deadline deadline;
};

static const enum log_level levels[] = {LOG_INFO, LOG_NOTICE, LOG_WARN, LOG_ERROR};

static uint64_t now(const struct http_exchange *exchange)
{
    return loop_now(exchange->session->worker->loop);
}

/* False if its key is empty: it is not for this request. */
static bool look(struct http_exchange *exchange, const struct http_req_limit *limit,
                 struct asked *asked)
{
    const struct shared_zone *zone =
        shared_zones_find(exchange->session->worker->zones, limit->zone->shared);
    struct slice key = http_evaluate(exchange, &limit->zone->key);

    if (key.len == 0 || zone == NULL)
        return false;
    *asked = (struct asked){
        .limit = limit,
        .rate = {limit->zone->rate, limit->burst},
        .hash = siphash(((struct shared_head *)zone->memory)->seed, key)
    };
    asked->table.memory = shared_zone_body(zone, &asked->table.size);
    return true;
}

static void report(struct http_exchange *exchange, enum log_level level, const char *what,
                   const char *comma, const struct asked *asked)
{
    bool is_dry = exchange->location->limits->limit_req_dry_run;
    struct slice zone = asked->limit->zone->name;

    http_report(exchange, level, "%s%s, excess: %u.%03u%s by zone \"%.*s\"", what,
                is_dry ? ", dry run" : "", asked->excess / 1000, asked->excess % 1000, comma,
                (int)zone.len, zone.at);
}

/* How long what is above the rate takes to leak away. */
static uint64_t delay_of(const struct asked *asked)
{
    const struct http_req_limit *limit = asked->limit;

    if (limit->no_delay || asked->excess <= limit->delay)
        return 0;
    return (uint64_t)(asked->excess - limit->delay) * 1000 / limit->zone->rate;
}

static void on_waited(void *owner)
{
    struct waiting *waiting = owner;

    waiting->exchange->reader = NULL;
    waiting->exchange->handler = NULL;
    waiting->go_on(waiting->exchange);
}

static void on_gone(struct http_exchange *exchange)
{
    struct waiting *waiting = exchange->handler;

    deadline_clear(&waiting->deadline);
}

static const struct http_body_reader reader = {.aborted = on_gone, .ended = on_gone};

static void wait(struct http_exchange *exchange, uint64_t delay_ms,
                 void (*go_on)(struct http_exchange *))
{
    struct waiting *waiting = arena_zero(&exchange->arena, sizeof *waiting);

    if (waiting == NULL) {
        http_exchange_error(exchange, 500);
        return;
    }
    waiting->exchange = exchange;
    waiting->go_on = go_on;
    deadline_init(&waiting->deadline, on_waited, waiting);
    exchange->handler = waiting;
    exchange->reader = &reader;
    deadline_set(exchange->session->worker->loop, &waiting->deadline, (uint32_t)delay_ms);
}

/* Counts the request in all zones and lets it go on, or wait. */
static void admit(struct http_exchange *exchange, const struct asked *asked, size_t count,
                  void (*go_on)(struct http_exchange *))
{
    const struct http_limits *limits = exchange->location->limits;
    const struct asked *slowest = NULL;
    uint64_t delay_ms = 0;

    if (count > 0)
        exchange->limit_req_verdict = HTTP_LIMIT_PASSED;
    for (size_t i = 0; i < count; i++) {
        http_limit_table_take(&asked[i].table, asked[i].hash, &asked[i].rate, now(exchange));
        if (delay_of(&asked[i]) <= delay_ms)
            continue;
        delay_ms = delay_of(&asked[i]);
        slowest = &asked[i];
    }
    if (slowest != NULL)
        report(exchange,
               limits->limit_req_log_level == 0 ? LOG_INFO
                                                : levels[limits->limit_req_log_level - 1],
               "delaying request", ",", slowest);
    if (slowest == NULL) {
        go_on(exchange);
    } else if (limits->limit_req_dry_run) {
        exchange->limit_req_verdict = HTTP_LIMIT_DELAYED_DRY_RUN;
        go_on(exchange);
    } else {
        exchange->limit_req_verdict = HTTP_LIMIT_DELAYED;
        wait(exchange, delay_ms, go_on);
    }
}

#define LIMITS_MAX 16 /* more limits of one place than anybody needs */

static void limit(struct http_exchange *exchange, void (*go_on)(struct http_exchange *))
{
    const struct http_limits *limits = exchange->location->limits;
    struct asked asked[LIMITS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < limits->limit_req.count && count < LIMITS_MAX; i++) {
        struct asked *next = &asked[count];

        if (!look(exchange, &limits->limit_req.items[i], next))
            continue;
        count++;
        if (http_limit_table_allows(&next->table, next->hash, &next->rate, now(exchange),
                                    &next->excess))
            continue;
        report(exchange, levels[limits->limit_req_log_level], "limiting requests", "", next);
        exchange->limit_req_verdict =
            limits->limit_req_dry_run ? HTTP_LIMIT_REJECTED_DRY_RUN : HTTP_LIMIT_REJECTED;
        if (limits->limit_req_dry_run)
            go_on(exchange);
        else
            http_exchange_error(exchange, limits->limit_req_status);
        return;
    }
    admit(exchange, asked, count, go_on);
}

void http_limit_run(struct http_exchange *exchange, void (*go_on)(struct http_exchange *exchange))
{
    if (exchange->limit_req_verdict == HTTP_LIMIT_NONE)
        limit(exchange, go_on);
    else
        go_on(exchange);
}
