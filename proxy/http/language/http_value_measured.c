#include "base/text.h"
#include "http/access/http_limit.h"
#include "http/http_service.h"
#include "http/language/http_value.h"
#include "http/output/http_output.h"
#include "net/stream.h"
#include "net/tcp_facts.h"
#include "relay/session.h"

/* Variables: what was measured of the connection and the answer, and what limits said. */

struct slice http_value_connection_time(struct http_exchange *exchange,
                                        const struct http_template_part *part)
{
    uint64_t now = http_value_now_us(exchange), then = exchange->session->started_us;

    (void)part;
    return http_value_of_seconds(exchange, now > then ? (now - then) / 1000 : 0);
}

static bool facts_of(const struct http_exchange *exchange, struct tcp_facts *facts)
{
    return exchange->session->client != NULL &&
           tcp_facts_of(stream_fd(exchange->session->client), facts);
}

#define FACT(function, member)                                                                     \
    struct slice function(struct http_exchange *exchange, const struct http_template_part *part)   \
    {                                                                                              \
        struct tcp_facts facts;                                                                    \
                                                                                                   \
        (void)part;                                                                                \
        return facts_of(exchange, &facts) ? http_value_of_number(exchange, facts.member)           \
                                          : SLICE_NONE;                                            \
    }

FACT(http_value_tcp_rtt, round_trip)
FACT(http_value_tcp_rttvar, round_trip_variation)
FACT(http_value_tcp_send_window, send_window)
FACT(http_value_tcp_receive_space, receive_space)

/* nginx's rounding: 2.125 is 2.13. */
struct slice http_value_gzip_ratio(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    struct http_gzip_totals totals = {0};
    uint64_t hundredths;

    (void)part;
    if (exchange->output != NULL && exchange->output->gzip != NULL)
        totals = http_gzip_totals(exchange->output->gzip);
    if (totals.out == 0)
        return SLICE_NONE;
    hundredths = (totals.in * 1000 / totals.out + 5) / 10;
    return arena_format(&exchange->arena, "%llu.%02llu", (unsigned long long)(hundredths / 100),
                        (unsigned long long)(hundredths % 100));
}

static const struct http_exchange *root_of(const struct http_exchange *exchange)
{
    while (exchange->parent != NULL)
        exchange = exchange->parent;
    return exchange;
}

static struct slice verdict(uint8_t which)
{
    static const char *const words[] = {
        [HTTP_LIMIT_PASSED] = "PASSED",
        [HTTP_LIMIT_DELAYED] = "DELAYED",
        [HTTP_LIMIT_REJECTED] = "REJECTED",
        [HTTP_LIMIT_DELAYED_DRY_RUN] = "DELAYED_DRY_RUN",
        [HTTP_LIMIT_REJECTED_DRY_RUN] = "REJECTED_DRY_RUN",
    };

    return which == HTTP_LIMIT_NONE ? SLICE_NONE : slice_of(words[which]);
}

struct slice http_value_limit_req_status(struct http_exchange *exchange,
                                         const struct http_template_part *part)
{
    (void)part;
    return verdict(root_of(exchange)->limit_req_verdict);
}

struct slice http_value_limit_conn_status(struct http_exchange *exchange,
                                          const struct http_template_part *part)
{
    (void)part;
    return verdict(root_of(exchange)->limit_conn_verdict);
}

struct slice http_value_limit_rate(struct http_exchange *exchange,
                                   const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, exchange->limit_rate);
}
