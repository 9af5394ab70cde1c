#include "http/message/http_rules.h"
#include "http/proxy/http_proxy_private.h"
#include "relay/worker.h"

/* What follows a head: the answer's body, or the bytes of a tunnel. */

static void pass(struct http_proxy *proxy, struct slice bytes)
{
    proxy->attempt->length += bytes.len;
    proxy->exchange->transport->body(proxy->exchange, bytes);
}

static void pause_if_full(struct http_proxy *proxy)
{
    struct stream *backend = http_proxy_backend(proxy);

    if (backend == NULL || !proxy->exchange->transport->is_full(proxy->exchange))
        return;
    stream_pause(backend);
    stream_read_less(backend);
}

static void read_length(struct http_proxy *proxy, struct slice input)
{
    size_t len = proxy->body_left < input.len ? (size_t)proxy->body_left : input.len;

    proxy->body_left -= len;
    pass(proxy, slice_part(input, 0, len));
    stream_consume(http_proxy_backend(proxy), len);
    if (proxy->body_left == 0)
        http_proxy_complete(proxy);
}

static void read_chunked(struct http_proxy *proxy, struct slice input)
{
    struct slice bytes = SLICE_NONE;
    enum http_refusal refusal = HTTP_ACCEPTED;
    enum http1_chunked_result result;
    size_t used, total = 0;

    do {
        result =
            http1_chunked_read(&proxy->chunked, slice_from(input, total), &used, &bytes, &refusal);
        total += used;
        if (result == HTTP1_CHUNKED_DATA)
            pass(proxy, bytes);
    } while (result == HTTP1_CHUNKED_DATA);
    stream_consume(http_proxy_backend(proxy), total);
    if (result == HTTP1_CHUNKED_DONE)
        http_proxy_complete(proxy);
    else if (result == HTTP1_CHUNKED_REFUSED)
        http_proxy_fail(proxy, 502, "backend sent an invalid body", http_refusal_words(refusal));
}

static void read_to_close(struct http_proxy *proxy, struct slice input)
{
    pass(proxy, input);
    stream_consume(http_proxy_backend(proxy), input.len);
    if (stream_end(http_proxy_backend(proxy)) == STREAM_FINISHED)
        http_proxy_complete(proxy);
}

/* nginx's way: what may come by the end of the present second is let through, then it waits. */
static void pace(struct http_proxy *proxy)
{
    uint64_t seconds = (http_proxy_now(proxy) - proxy->body_ms) / 1000 + 1;
    uint64_t passed = proxy->attempt->length;
    uint64_t after_ms;

    if (proxy->rate == 0 || passed <= proxy->rate * seconds)
        return;
    after_ms = (passed - proxy->rate * seconds) * 1000 / proxy->rate + 1;
    stream_pause(http_proxy_backend(proxy));
    stream_read_less(http_proxy_backend(proxy));
    proxy->is_pacing = true;
    deadline_set(http_proxy_worker(proxy)->loop, &proxy->deadline,
                 after_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)after_ms);
}

void http_proxy_read_body(struct http_proxy *proxy)
{
    struct slice input = stream_input(http_proxy_backend(proxy));

    if (proxy->answer.framing == HTTP_LENGTH)
        read_length(proxy, input);
    else if (proxy->answer.framing == HTTP_CHUNKED)
        read_chunked(proxy, input);
    else
        read_to_close(proxy, input);
    if (proxy->state != HTTP_PROXY_BODY)
        return;
    if (stream_end(http_proxy_backend(proxy)) != STREAM_OPEN)
        http_proxy_fail(proxy, 502, "backend cut its answer short", "");
    else
        pace(proxy);
    if (proxy->state == HTTP_PROXY_BODY)
        pause_if_full(proxy);
}

void http_proxy_read_tunnel(struct http_proxy *proxy)
{
    struct stream *backend = http_proxy_backend(proxy);
    struct slice input = stream_input(backend);

    pass(proxy, input);
    stream_consume(backend, input.len);
    if (stream_end(backend) == STREAM_OPEN) {
        pause_if_full(proxy);
        return;
    }
    proxy->backend_ended = true;
    proxy->attempt->response_ms = http_proxy_elapsed(proxy);
    proxy->exchange->transport->finish(proxy->exchange);
}

void http_proxy_begin_tunnel(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    http_proxy_fill_response(proxy);
    exchange->response.framing = HTTP_NO_BODY;
    exchange->close_after = true;
    exchange->transport->head(exchange);
    proxy->state = HTTP_PROXY_TUNNEL;
    exchange->transport->tunnel(exchange);
    http_proxy_read_tunnel(proxy);
}
