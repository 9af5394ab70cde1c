#include "base/ensure.h"
#include "http/proxy/http_kept_body.h"
#include "http/proxy/http_proxy_private.h"
#include "http/proxy/http_upstream.h"
#include "relay/worker.h"

/* reference/http.md 4.7 */
#define TUNNEL_IDLE_MS 3600000u
/* One end of a tunnel has said goodbye. */
#define TUNNEL_END_MS 60000u

struct worker *http_proxy_worker(const struct http_proxy *proxy)
{
    return proxy->exchange->session->worker;
}

uint64_t http_proxy_now(const struct http_proxy *proxy)
{
    return loop_now(http_proxy_worker(proxy)->loop);
}

/* While the client is the slow one, the connection's own deadlines hold. */
static uint32_t time_left(const struct http_proxy *proxy)
{
    const struct http_proxy_conf *conf = proxy->conf;
    struct stream *backend = http_proxy_backend(proxy);

    switch (proxy->state) {
    case HTTP_PROXY_CONNECTING: /* has its own */
    case HTTP_PROXY_SPOOLING:
    case HTTP_PROXY_DONE:
        return 0;
    case HTTP_PROXY_HEAD:
        if (proxy->request_done)
            return conf->proxy_read_timeout;
        return stream_queued(backend) >= HTTP_PROXY_QUEUE_MAX ? conf->proxy_send_timeout : 0;
    case HTTP_PROXY_BODY:
        return stream_is_paused(backend) ? 0 : conf->proxy_read_timeout;
    case HTTP_PROXY_TUNNEL:
        if (proxy->client_ended || proxy->backend_ended)
            return TUNNEL_END_MS;
        return conf->proxy_read_timeout > TUNNEL_IDLE_MS ? conf->proxy_read_timeout
                                                         : TUNNEL_IDLE_MS;
    }
    ensure(!"unreachable");
    return 0;
}

void http_proxy_wait(struct http_proxy *proxy)
{
    uint32_t after_ms;

    if (proxy->state == HTTP_PROXY_CONNECTING || proxy->is_pacing)
        return;
    after_ms = time_left(proxy);
    proxy->queued =
        http_proxy_backend(proxy) == NULL ? 0 : stream_queued(http_proxy_backend(proxy));
    if (after_ms == 0)
        deadline_clear(&proxy->deadline);
    else
        deadline_set(http_proxy_worker(proxy)->loop, &proxy->deadline, after_ms);
}

/* The end. */

static bool is_young(const struct http_proxy *proxy)
{
    const struct http_upstream *upstream = proxy->target.upstream;

    return upstream == NULL ||
           (proxy->connection.requests < upstream->requests_max &&
            http_proxy_now(proxy) - proxy->connection.since_ms < upstream->age_max);
}

static bool is_reusable(const struct http_proxy *proxy)
{
    struct stream *backend = http_proxy_backend(proxy);

    return proxy->state == HTTP_PROXY_BODY && proxy->answer.keep_alive && proxy->request_done &&
           !proxy->closes && stream_input(backend).len == 0 && stream_end(backend) == STREAM_OPEN &&
           !stream_is_paused(backend) && is_young(proxy);
}

static void give_back(struct http_proxy *proxy)
{
    static const struct backend_keep usual = {.idle_max = 128, .idle_ms = 60000};
    const struct http_upstream *upstream = proxy->target.upstream;

    backend_pool_give(http_proxy_worker(proxy)->backends, &proxy->target.backend,
                      upstream == NULL ? &usual : &upstream->keep, &proxy->connection);
}

void http_proxy_let_go(struct http_proxy *proxy, bool reuse, enum balancer_outcome outcome)
{
    deadline_clear(&proxy->deadline);
    proxy->is_pacing = false;
    balancer_stop_waiting(&proxy->waiter);
    if (proxy->dial != NULL)
        backend_dial_cancel(&proxy->dial);
    http_proxy_note_bytes(proxy);
    if (http_proxy_backend(proxy) != NULL && reuse)
        give_back(proxy);
    else if (http_proxy_backend(proxy) != NULL)
        stream_close(&proxy->connection.stream);
    if (proxy->peer != NULL)
        balancer_release(proxy->balancer, &proxy->peer, outcome);
    if (proxy->attempt != NULL && proxy->attempt->response_ms == HTTP_ATTEMPT_UNKNOWN)
        proxy->attempt->response_ms = http_proxy_elapsed(proxy);
    if (proxy->is_spooled && !proxy->exchange->head_sent)
        http_kept_body_put(proxy->exchange, &proxy->spool);
    else
        buffer_release(&proxy->spool);
    proxy->is_spooled = false;
    proxy->state = HTTP_PROXY_DONE;
}

static void log_failure(const struct http_proxy *proxy, const char *words, const char *detail)
{
    http_exchange_log(proxy->exchange, LOG_ERROR, "%s%s%s, backend: \"%s\", request: \"%s\"", words,
                      detail[0] == '\0' ? "" : ": ", detail,
                      log_escape(proxy->target.authority).text,
                      log_escape(proxy->exchange->request.line).text);
}

void http_proxy_fail(struct http_proxy *proxy, unsigned status, const char *words,
                     const char *detail)
{
    struct http_exchange *exchange = proxy->exchange;

    log_failure(proxy, words, detail);
    if (proxy->attempt != NULL && proxy->attempt->status == 0)
        proxy->attempt->status = (uint16_t)status;
    http_proxy_let_go(proxy, false, BALANCER_FAILED);
    if (exchange->head_sent)
        exchange->transport->abort(exchange,
                                   status == 504 ? CLOSE_TIMEOUT_BACKEND : CLOSE_BACKEND_GONE);
    else
        http_exchange_error(exchange, status);
}

void http_proxy_complete(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    http_proxy_let_go(proxy, is_reusable(proxy), BALANCER_WORKED);
    exchange->transport->finish(exchange);
}

/* The backend connection's events. */

static void on_received(void *owner)
{
    struct http_proxy *proxy = owner;

    if (proxy->state == HTTP_PROXY_HEAD)
        http_proxy_read_heads(proxy);
    else if (proxy->state == HTTP_PROXY_BODY)
        http_proxy_read_body(proxy);
    else if (proxy->state == HTTP_PROXY_TUNNEL)
        http_proxy_read_tunnel(proxy);
    http_proxy_wait(proxy);
}

static void on_drained(void *owner)
{
    struct http_proxy *proxy = owner;

    if (proxy->state == HTTP_PROXY_TUNNEL ||
        (proxy->state == HTTP_PROXY_HEAD && !proxy->request_done))
        proxy->exchange->transport->read_body(proxy->exchange);
    http_proxy_wait(proxy);
}

static void on_failed(void *owner)
{
    struct http_proxy *proxy = owner;
    const char *words = stream_failure_words(http_proxy_backend(proxy));

    if (proxy->state == HTTP_PROXY_TUNNEL)
        http_proxy_fail(proxy, 502, "tunnel broken by the backend", words);
    else if (proxy->state == HTTP_PROXY_CONNECTING)
        http_proxy_attempt_failed(proxy, HTTP_FAULT_ERROR, "TLS with the backend failed", words);
    else if (proxy->state == HTTP_PROXY_HEAD)
        http_proxy_attempt_failed(proxy, HTTP_FAULT_ERROR, "backend closed the connection", words);
    else
        http_proxy_fail(proxy, 502, "backend closed the connection", words);
}

static void on_secured(void *owner)
{
    http_proxy_secured(owner);
}

void http_proxy_own_stream(struct http_proxy *proxy)
{
    static const struct stream_events events = {
        .received = on_received,
        .drained = on_drained,
        .secured = on_secured,
        .failed = on_failed,
    };

    stream_set_owner(http_proxy_backend(proxy), &events, proxy);
}

/* A backend that takes the request slowly is not one that does not answer. */
static bool is_taking(const struct http_proxy *proxy)
{
    size_t queued;

    if (proxy->state != HTTP_PROXY_HEAD)
        return false;
    queued = stream_queued(http_proxy_backend(proxy));
    return queued > 0 && queued < proxy->queued;
}

/* Paced long enough; a client that is slower still waits for its own reasons. */
static void go_on(struct http_proxy *proxy)
{
    proxy->is_pacing = false;
    if (!proxy->exchange->transport->is_full(proxy->exchange))
        stream_resume(http_proxy_backend(proxy));
    http_proxy_wait(proxy);
}

static void on_deadline(void *owner)
{
    struct http_proxy *proxy = owner;

    if (is_taking(proxy)) {
        http_proxy_wait(proxy);
        return;
    }
    switch (proxy->state) {
    case HTTP_PROXY_TUNNEL:
        proxy->exchange->transport->abort(proxy->exchange, CLOSE_TIMEOUT_IDLE);
        break;
    case HTTP_PROXY_CONNECTING: /* a dial has its own deadline */
        if (http_proxy_backend(proxy) == NULL)
            http_proxy_fail(proxy, 502, "no backend could be reached", "host not found");
        else
            http_proxy_attempt_failed(proxy, HTTP_FAULT_TIMEOUT, "backend timed out",
                                      "while TLS began");
        break;
    case HTTP_PROXY_BODY:
        if (proxy->is_pacing)
            go_on(proxy);
        else
            http_proxy_fail(proxy, 504, "backend timed out", "inside its answer");
        break;
    default:
        http_proxy_attempt_failed(proxy, HTTP_FAULT_TIMEOUT, "backend timed out",
                                  "before it answered");
        http_proxy_wait(proxy);
    }
}

/* A request that means something else without its body, which another backend has had. */
static bool misses_body(const struct http_exchange *exchange)
{
    enum http_method method = exchange->request.method;

    return exchange->drops_body && exchange->request.framing != HTTP_NO_BODY &&
           method != HTTP_GET && method != HTTP_HEAD;
}

static void refuse_without_body(struct http_exchange *exchange)
{
    unsigned status = exchange->response.status;

    http_exchange_log(exchange, LOG_ERROR,
                      "the body is gone that another backend would need, request: \"%s\"",
                      log_escape(exchange->request.line).text);
    exchange->at_last_error_page = true; /* none that would lead here again */
    http_exchange_error(exchange, status >= 400 ? status : 502);
}

void http_proxy_handle(struct http_exchange *exchange)
{
    struct http_proxy *proxy = arena_zero(&exchange->arena, sizeof *proxy);

    if (misses_body(exchange)) {
        refuse_without_body(exchange);
        return;
    }
    if (proxy == NULL) {
        http_exchange_error(exchange, 500);
        return;
    }
    proxy->exchange = exchange;
    proxy->conf = exchange->location->proxy;
    proxy->state = HTTP_PROXY_DONE;
    proxy->started_ms = http_proxy_now(proxy);
    if (proxy->conf->proxy_pass_request_body)
        proxy->framing = http_exchange_framing(exchange);
    proxy->content_length = exchange->request.content_length;
    deadline_init(&proxy->deadline, on_deadline, proxy);
    if (!http_proxy_choose_target(proxy) || http_proxy_goes_round(proxy))
        return;
    exchange->proxy_target = &proxy->target;
    exchange->handler = proxy;
    exchange->reader = &http_proxy_reader;
    if (proxy->framing != HTTP_NO_BODY && http_kept_body_take(exchange, &proxy->spool))
        http_proxy_go_on_spooled(proxy);
    else if (http_proxy_must_spool(proxy))
        http_proxy_spool(proxy);
    else
        http_proxy_attempt(proxy);
}
