#include "http/access/http_limit_conn.h"

#include "base/siphash.h"
#include "http/access/http_conn_table.h"
#include "http/access/http_limit.h"
#include "http/access/http_limit_conf.h"
#include "http/conf/http_conf.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/log/http_report.h"
#include "relay/worker.h"

#include <unistd.h>

/* A place where the exchange is counted. */
struct http_limit_held {
    struct http_limit_held *next;
    const struct shared_zone *zone;
    unsigned lane;
    uint64_t hash;
};

unsigned *http_limit_conn_lanes(const struct shared_zones *zones, struct arena *arena)
{
    unsigned *lanes = arena_zero(arena, (zones->count + 1) * sizeof *lanes);

    for (size_t i = 0; i < zones->count; i++)
        if (zones->items[i].lanes > 0)
            lanes[i] = shared_zone_claim(&zones->items[i], (uint32_t)getpid());
    return lanes;
}

static const enum log_level levels[] = {LOG_INFO, LOG_NOTICE, LOG_WARN, LOG_ERROR};

static bool refuse(struct http_exchange *exchange, struct slice zone)
{
    const struct http_limits *limits = exchange->location->limits;

    http_report(exchange, levels[limits->limit_conn_log_level],
                "limiting connections%s by zone \"%.*s\"",
                limits->limit_conn_dry_run ? ", dry run," : "", (int)zone.len, zone.at);
    http_limit_conn_release(exchange);
    exchange->limit_conn_verdict =
        limits->limit_conn_dry_run ? HTTP_LIMIT_REJECTED_DRY_RUN : HTTP_LIMIT_REJECTED;
    if (limits->limit_conn_dry_run)
        return true;
    http_exchange_error(exchange, limits->limit_conn_status);
    return false;
}

/* Counted first and looked at then: two workers at once may both refuse, never both let in. */
static bool is_within(struct http_exchange *exchange, struct slice shared, struct slice key,
                      uint32_t most)
{
    const struct shared_zones *zones = exchange->session->worker->zones;
    const struct shared_zone *zone = shared_zones_find(zones, shared);
    struct http_limit_held *held = arena_zero(&exchange->arena, sizeof *held);

    if (zone == NULL || held == NULL)
        return held != NULL;
    held->lane = http_content_of(exchange)->lanes[zone - zones->items];
    if (held->lane == SHARED_LANES)
        return true; /* more workers than lanes: not counted */
    held->zone = zone;
    held->hash = siphash(((struct shared_head *)zone->memory)->seed, key);
    if (!http_conn_table_add(zone, held->lane, held->hash))
        return false;
    held->next = exchange->held;
    exchange->held = held;
    return http_conn_table_count(zone, held->hash) <= most;
}

/* A client has all of 64 bits of IPv6 to itself. */
static struct slice address_key(const struct http_exchange *exchange)
{
    const struct address *client = http_exchange_client(exchange);

    return (struct slice){(const char *)client->bytes, client->family == AF_INET6 ? 8 : 4};
}

bool http_limit_conn_allows(struct http_exchange *exchange)
{
    const struct http_limits *limits = exchange->location->limits;

    if (exchange->limit_conn_verdict != HTTP_LIMIT_NONE)
        return true;
    for (size_t i = 0; i < limits->limit_conn.count; i++) {
        const struct http_conn_limit *limit = &limits->limit_conn.items[i];
        struct slice key = http_evaluate(exchange, &limit->zone->key);

        if (key.len == 0)
            continue;
        exchange->limit_conn_verdict = HTTP_LIMIT_PASSED;
        if (!is_within(exchange, limit->zone->shared, key, limit->most))
            return refuse(exchange, limit->zone_name);
    }
    if (limits->limit_conn_ip == 0)
        return true;
    exchange->limit_conn_verdict = HTTP_LIMIT_PASSED;
    return is_within(exchange, HTTP_LIMIT_IP_ZONE, address_key(exchange), limits->limit_conn_ip) ||
           refuse(exchange, HTTP_LIMIT_IP_ZONE);
}

void http_limit_conn_release(struct http_exchange *exchange)
{
    for (struct http_limit_held *held = exchange->held; held != NULL; held = held->next)
        http_conn_table_remove(held->zone, held->lane, held->hash);
    exchange->held = NULL;
}
