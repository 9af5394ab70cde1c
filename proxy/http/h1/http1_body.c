#include "http/conf/http_conf.h"
#include "http/h1/http1_private.h"
#include "relay/worker.h"

/* The bodies of requests. */

static void deliver(struct http1_exchange *exchange, struct slice bytes, bool last)
{
    struct http_exchange *base = &exchange->base;

    base->body_received += bytes.len;
    base->body_given = true;
    if (last)
        exchange->body_done = true;
    if (exchange->has_reader && base->reader != NULL && base->reader->body != NULL)
        base->reader->body(base, bytes, last);
}

static enum close_reason reason_for(const struct http1_exchange *exchange, unsigned status)
{
    if (exchange->is_slow)
        return CLOSE_TIMEOUT_SLOW;
    return status == 408 ? CLOSE_TIMEOUT_DATA : CLOSE_CLIENT_BAD_PROTOCOL;
}

void http1_body_refuse(struct http1_exchange *exchange, unsigned status, enum http_refusal refusal)
{
    struct http_exchange *base = &exchange->base;

    exchange->is_parsed = false;
    exchange->body_done = true;
    if (exchange->has_reader && base->reader != NULL && base->reader->aborted != NULL)
        base->reader->aborted(base);
    exchange->has_reader = false;
    if (base->head_sent) {
        base->transport->abort(base, reason_for(exchange, status));
        return;
    }
    base->close_after = true;
    if (refusal != HTTP_ACCEPTED)
        http_exchange_refuse(base, refusal);
    else
        http_exchange_error(base, status);
}

static bool is_beyond_limit(const struct http1_exchange *exchange, size_t more)
{
    uint64_t limit = exchange->base.location->client_max_body_size;

    return limit > 0 && exchange->has_reader && exchange->base.body_received + more > limit;
}

static void read_length(struct http1_exchange *exchange, struct slice input)
{
    struct slice bytes = slice_part(
        input, 0, exchange->body_left < input.len ? (size_t)exchange->body_left : input.len);

    exchange->body_left -= bytes.len;
    exchange->base.request_length += bytes.len;
    deliver(exchange, bytes, exchange->body_left == 0);
    session_consume(exchange->base.session, bytes.len);
}

static void read_chunked(struct http1_exchange *exchange, struct slice input)
{
    struct slice bytes = SLICE_NONE;
    enum http_refusal refusal = HTTP_ACCEPTED;
    size_t used = 0;
    enum http1_chunked_result result =
        http1_chunked_read(&exchange->chunked, input, &used, &bytes, &refusal);

    exchange->base.request_length += used;
    if (result == HTTP1_CHUNKED_REFUSED)
        http1_body_refuse(exchange, 400, refusal);
    else if (result == HTTP1_CHUNKED_DATA && is_beyond_limit(exchange, bytes.len))
        http1_body_refuse(exchange, 413, HTTP_ACCEPTED);
    else if (result == HTTP1_CHUNKED_DATA)
        deliver(exchange, bytes, false);
    else if (result == HTTP1_CHUNKED_DONE)
        deliver(exchange, SLICE_NONE, true);
    session_consume(exchange->base.session, used);
}

bool http1_body_read(struct http1_exchange *exchange)
{
    struct session *session = exchange->base.session;
    struct slice input = session_input(session);

    if (exchange->tunnel) {
        deliver(exchange, input, input.len == 0 && http1_client_ended(session));
        session_consume(session, input.len);
        return input.len > 0 || exchange->body_done;
    }
    if (input.len == 0)
        return false;
    if (exchange->base.request.framing == HTTP_CHUNKED)
        read_chunked(exchange, input);
    else
        read_length(exchange, input);
    return true;
}

/* Waiting for more. */

static uint64_t now_for(const struct http1_exchange *exchange)
{
    return loop_now(exchange->base.session->worker->loop);
}

static bool is_awaited(const struct http1_exchange *exchange)
{
    return !exchange->body_done && exchange->reads_body && !exchange->tunnel;
}

static uint32_t time_left(struct http1_exchange *exchange)
{
    const struct http_location *location = exchange->base.location;
    uint32_t left;

    if (location->min_rate.per_second == 0)
        return location->client_body_timeout;
    http_awaited_go_on(&exchange->awaited, now_for(exchange));
    left =
        http_min_rate_left(&location->min_rate, exchange->awaited.ms, exchange->base.body_received);
    return left < location->client_body_timeout ? left : location->client_body_timeout;
}

void http1_body_wait(struct http1_exchange *exchange)
{
    struct session *session = exchange->base.session;

    if (is_awaited(exchange)) {
        exchange->waits = HTTP1_WAIT_BODY;
        session_expire_in(session, time_left(exchange));
        return;
    }
    if (exchange->awaited.is_running)
        http_awaited_stop(&exchange->awaited, now_for(exchange));
    if (exchange->waits == HTTP1_WAIT_BODY) {
        exchange->waits = HTTP1_WAIT_HANDLER;
        session_expire_never(session);
    }
}

void http1_body_expired(struct http1_exchange *exchange)
{
    struct http_exchange *base = &exchange->base;

    http_awaited_go_on(&exchange->awaited, now_for(exchange));
    exchange->is_slow = http_min_rate_is_missed(&base->location->min_rate, exchange->awaited.ms,
                                                base->body_received);
    if (exchange->is_slow)
        base->session->worker->counters[COUNTER_HTTP_SLOW]++;
    if (base->finished)
        base->transport->abort(base, reason_for(exchange, 408));
    else
        http1_body_refuse(exchange, 408, HTTP_ACCEPTED);
}
