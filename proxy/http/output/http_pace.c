#include "http/output/http_pace.h"

#include "http/output/http_output_body.h"
#include "relay/worker.h"

#include <stdlib.h>
#include <string.h>

static struct loop *loop_of(const struct http_exchange *exchange)
{
    return exchange->session->worker->loop;
}

static bool is_limited(const struct http_pace *pace)
{
    return pace->rate.per_second > 0;
}

static struct slice waiting(const struct http_pace *pace)
{
    return slice_from((struct slice){pace->held, pace->held_len}, pace->held_at);
}

/* False: there is room now. */
static bool wait_for_room(struct http_exchange *exchange)
{
    struct http_pace *pace = &exchange->output->pace;
    uint32_t wait_ms = http_rate_wait(&pace->rate, pace->sent, loop_now(loop_of(exchange)));

    if (wait_ms > 0 && !deadline_is_set(&pace->pause))
        deadline_set(loop_of(exchange), &pace->pause, wait_ms);
    return wait_ms > 0;
}

/* What may leave now leaves; returns the rest. */
static struct slice send_some(struct http_exchange *exchange, struct slice bytes)
{
    struct http_pace *pace = &exchange->output->pace;
    uint64_t room = http_rate_room(&pace->rate, pace->sent, loop_now(loop_of(exchange)));
    size_t len = room < bytes.len ? (size_t)room : bytes.len;

    pace->sent += len;
    if (len > 0)
        exchange->output->inner->body(exchange, slice_part(bytes, 0, len));
    return slice_from(bytes, len);
}

static void hold(struct http_pace *pace, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    pace->held = memory_grow(pace->held, pace->held_len + bytes.len);
    memcpy(pace->held + pace->held_len, bytes.at, bytes.len);
    pace->held_len += bytes.len;
}

void http_pace_drop(struct http_pace *pace)
{
    deadline_clear(&pace->pause);
    free(pace->held);
    pace->held = NULL;
    pace->held_at = pace->held_len = 0;
}

static void on_pause_over(void *owner)
{
    struct http_exchange *exchange = owner;
    struct http_pace *pace = &exchange->output->pace;
    struct slice rest = send_some(exchange, waiting(pace));

    pace->held_at = pace->held_len - rest.len;
    if (rest.len > 0) {
        (void)wait_for_room(exchange);
        return;
    }
    http_pace_drop(pace);
    if (pace->ends)
        exchange->output->inner->finish(exchange);
    else
        http_output_drained(exchange);
}

void http_pace_begin(struct http_exchange *exchange)
{
    deadline_init(&exchange->output->pace.pause, on_pause_over, exchange);
}

void http_pace_write(struct http_exchange *exchange, struct slice bytes)
{
    struct http_pace *pace = &exchange->output->pace;

    if (!is_limited(pace)) {
        exchange->output->inner->body(exchange, bytes);
        return;
    }
    if (waiting(pace).len == 0)
        bytes = send_some(exchange, bytes);
    hold(pace, bytes);
    if (bytes.len > 0)
        (void)wait_for_room(exchange);
}

void http_pace_finish(struct http_exchange *exchange)
{
    struct http_pace *pace = &exchange->output->pace;

    if (waiting(pace).len > 0)
        pace->ends = true;
    else
        exchange->output->inner->finish(exchange);
}

bool http_pace_is_full(struct http_exchange *exchange)
{
    struct http_pace *pace = &exchange->output->pace;

    if (waiting(pace).len > 0 || (is_limited(pace) && wait_for_room(exchange)))
        return true;
    return exchange->output->inner->is_full(exchange);
}
