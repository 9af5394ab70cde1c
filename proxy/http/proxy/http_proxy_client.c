#include "http/h1/http1_write.h"
#include "http/proxy/http_proxy_private.h"

/* The client's side: its body on the way to the backend, its leaving. */

/* The longest body that is gathered before it is sent. */
#define SPOOL_MAX (1u << 20)

/* Writing. */

static void write_chunk(struct http_proxy *proxy, struct slice bytes)
{
    struct stream *backend = http_proxy_backend(proxy);
    char memory[HTTP1_CHUNK_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);

    if (bytes.len == 0)
        return;
    http1_write_chunk_line(&line, bytes.len);
    stream_write(backend, text_slice(&line));
    stream_write(backend, bytes);
    stream_write(backend, SLICE("\r\n"));
}

static void write_body(struct http_proxy *proxy, struct slice bytes, bool last)
{
    if (bytes.len > 0)
        proxy->took_body = true;
    if (proxy->framing == HTTP_CHUNKED) {
        write_chunk(proxy, bytes);
        if (last)
            stream_write(http_proxy_backend(proxy), HTTP1_LAST_CHUNK);
    } else {
        stream_write(http_proxy_backend(proxy), bytes);
    }
    if (last)
        proxy->request_done = true;
}

void http_proxy_send_body(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    if (proxy->framing == HTTP_NO_BODY) {
        proxy->request_done = true;
        return;
    }
    if (buffer_len(&proxy->spool) > 0)
        write_body(proxy, buffer_slice(&proxy->spool), proxy->is_spooled);
    if (proxy->is_spooled)
        proxy->request_done = true;
    else
        exchange->transport->read_body(exchange);
}

/* Gathering. */

/* HTTP/1.0 knows no chunks: a body of unknown length must be had whole first. */
static bool needs_length(const struct http_proxy *proxy)
{
    return proxy->framing == HTTP_CHUNKED && proxy->conf->proxy_http_version == HTTP_PROXY_1_0;
}

bool http_proxy_must_spool(const struct http_proxy *proxy)
{
    return proxy->framing != HTTP_NO_BODY && proxy->conf->proxy_pass_request_body &&
           (proxy->conf->proxy_request_buffering || needs_length(proxy));
}

void http_proxy_spool(struct http_proxy *proxy)
{
    proxy->state = HTTP_PROXY_SPOOLING;
    proxy->exchange->transport->read_body(proxy->exchange);
}

void http_proxy_go_on_spooled(struct http_proxy *proxy)
{
    proxy->is_spooled = true;
    proxy->framing = HTTP_LENGTH;
    proxy->content_length = buffer_len(&proxy->spool);
    http_proxy_attempt(proxy);
}

/* Too long to be held: what is here goes, the rest follows as it comes. */
static void stop_spooling(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    if (needs_length(proxy)) {
        http_proxy_let_go(proxy, false, BALANCER_UNDECIDED);
        exchange->close_after = true;
        http_exchange_error(exchange, 411);
        return;
    }
    exchange->transport->pause_body(exchange);
    http_proxy_attempt(proxy);
}

static void gather(struct http_proxy *proxy, struct slice bytes, bool last)
{
    buffer_append(&proxy->spool, bytes);
    if (last)
        http_proxy_go_on_spooled(proxy);
    else if (buffer_len(&proxy->spool) >= SPOOL_MAX)
        stop_spooling(proxy);
}

/* Events. */

static void on_body(struct http_exchange *exchange, struct slice bytes, bool last)
{
    struct http_proxy *proxy = exchange->handler;
    struct stream *backend = http_proxy_backend(proxy);

    if (proxy->state == HTTP_PROXY_SPOOLING) {
        gather(proxy, bytes, last);
        return;
    }
    if (proxy->state == HTTP_PROXY_HEAD) {
        write_body(proxy, bytes, last);
    } else if (proxy->state == HTTP_PROXY_TUNNEL) {
        stream_write(backend, bytes);
        proxy->client_ended = last;
        if (last)
            stream_finish(backend);
    } else {
        return;
    }
    if (!last && stream_queued(backend) >= HTTP_PROXY_QUEUE_MAX) {
        exchange->transport->pause_body(exchange);
        stream_tell_drained(backend);
    }
    http_proxy_wait(proxy);
}

static void on_drained(struct http_exchange *exchange)
{
    struct http_proxy *proxy = exchange->handler;

    if (http_proxy_backend(proxy) == NULL || proxy->is_pacing)
        return;
    stream_resume(http_proxy_backend(proxy));
    http_proxy_wait(proxy);
}

/* proxy_ignore_client_abort: what a program does when its output has nowhere to go may be half
 * done.
 */
static bool lets_backend_finish(const struct http_proxy *proxy)
{
    return proxy->conf->proxy_ignore_client_abort && proxy->request_done &&
           http_proxy_backend(proxy) != NULL &&
           (proxy->state == HTTP_PROXY_HEAD || proxy->state == HTTP_PROXY_BODY);
}

static void on_over(struct http_exchange *exchange)
{
    struct http_proxy *proxy = exchange->handler;

    if (proxy->state == HTTP_PROXY_DONE)
        return;
    if (proxy->state == HTTP_PROXY_TUNNEL && proxy->client_ended)
        stream_close_after(&proxy->connection.stream, 0); /* the client's last bytes may wait */
    if (lets_backend_finish(proxy) &&
        !backend_drain(http_proxy_worker(proxy), &proxy->connection.stream,
                       proxy->conf->proxy_read_timeout))
        http_exchange_log(
            exchange, LOG_WARN,
            "too many answers are read for clients that have left: a backend is cut off");
    http_proxy_let_go(proxy, false, BALANCER_UNDECIDED);
}

const struct http_body_reader http_proxy_reader = {
    .body = on_body,
    .aborted = on_over,
    .drained = on_drained,
    .ended = on_over,
};
