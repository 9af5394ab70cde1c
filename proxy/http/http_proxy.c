#include "base/ensure.h"
#include "http/http1_write.h"
#include "http/http_proxy_private.h"
#include "relay/worker.h"

/* With more than this waiting for the backend, reading from the client stops. */
#define QUEUE_MAX (128u << 10)
/* 1xx answers before the real one (reference/http.md 4.5). */
#define INTERIMS_MAX 8
/* reference/http.md 4.7 */
#define TUNNEL_IDLE_MS 3600000u
/* One end of a tunnel has said goodbye. */
#define TUNNEL_END_MS 60000u

static struct worker *worker_of(const struct http_proxy *proxy)
{
    return proxy->exchange->session->worker;
}

static const struct http_location *location_of(const struct http_proxy *proxy)
{
    return proxy->exchange->location;
}

static const struct backend_target *target_of(const struct http_proxy *proxy)
{
    return &proxy->exchange->location->proxy->pass.target;
}

/* What to wait for follows from the state. While the client is the slow one, the connection's own
 * deadlines hold. */

static uint32_t time_left(const struct http_proxy *proxy)
{
    const struct http_location *location = location_of(proxy);

    switch (proxy->state) {
    case HTTP_PROXY_CONNECTING: /* the dial has its own */
    case HTTP_PROXY_DONE:
        return 0;
    case HTTP_PROXY_HEAD:
        if (proxy->request_done)
            return location->proxy->proxy_read_timeout;
        return stream_queued(proxy->backend) >= QUEUE_MAX ? location->proxy->proxy_send_timeout : 0;
    case HTTP_PROXY_BODY:
        return stream_is_paused(proxy->backend) ? 0 : location->proxy->proxy_read_timeout;
    case HTTP_PROXY_TUNNEL:
        if (proxy->client_ended || proxy->backend_ended)
            return TUNNEL_END_MS;
        return location->proxy->proxy_read_timeout > TUNNEL_IDLE_MS
                   ? location->proxy->proxy_read_timeout
                   : TUNNEL_IDLE_MS;
    }
    ensure(!"unreachable");
    return 0;
}

static void wait_for_more(struct http_proxy *proxy)
{
    uint32_t after_ms = time_left(proxy);

    proxy->queued = proxy->backend == NULL ? 0 : stream_queued(proxy->backend);
    if (after_ms == 0)
        deadline_clear(&proxy->deadline);
    else
        deadline_set(worker_of(proxy)->loop, &proxy->deadline, after_ms);
}

/* The end of an attempt. */

static bool is_reusable(const struct http_proxy *proxy)
{
    return proxy->state == HTTP_PROXY_BODY && proxy->answer.keep_alive && proxy->request_done &&
           !proxy->closes && stream_input(proxy->backend).len == 0 &&
           stream_end(proxy->backend) == STREAM_OPEN && !stream_is_paused(proxy->backend);
}

static void let_go(struct http_proxy *proxy, bool reuse)
{
    deadline_clear(&proxy->deadline);
    if (proxy->dial != NULL)
        backend_dial_cancel(&proxy->dial);
    if (proxy->backend != NULL && reuse)
        backend_pool_give(worker_of(proxy)->backends, target_of(proxy),
                          &proxy->exchange->backend_address, &proxy->backend);
    else if (proxy->backend != NULL)
        stream_close(&proxy->backend);
    proxy->state = HTTP_PROXY_DONE;
}

static void note_time(struct http_proxy *proxy)
{
    proxy->exchange->backend_ms = (uint32_t)(loop_now(worker_of(proxy)->loop) - proxy->started_ms);
}

static void log_failure(const struct http_proxy *proxy, const char *words, const char *detail)
{
    const struct http_proxy_pass *pass = &location_of(proxy)->proxy->pass;

    http_exchange_log(proxy->exchange, LOG_ERROR, "%s%s%s, backend: \"%s\", request: \"%s\"", words,
                      detail[0] == '\0' ? "" : ": ", detail, log_escape(pass->authority).text,
                      log_escape(proxy->exchange->request.line).text);
}

/* Ends the exchange with an error the client can see: a page, or if the answer has begun, a
 * connection that is cut. */
static void fail(struct http_proxy *proxy, unsigned status, const char *words, const char *detail)
{
    struct http_exchange *exchange = proxy->exchange;

    log_failure(proxy, words, detail);
    note_time(proxy);
    let_go(proxy, false);
    if (exchange->head_sent)
        exchange->transport->abort(exchange,
                                   status == 504 ? CLOSE_TIMEOUT_BACKEND : CLOSE_BACKEND_GONE);
    else
        http_exchange_error(exchange, status);
}

static void complete(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    note_time(proxy);
    let_go(proxy, is_reusable(proxy));
    exchange->transport->finish(exchange);
}

/* Attempts. */

static void attempt(struct http_proxy *proxy, bool from_pool);

/* Only a kept connection that was closed before a single byte of an answer, and only what may be
 * sent twice (RFC 9110 9.2.2). */
static bool may_retry(const struct http_proxy *proxy)
{
    return proxy->is_reused && proxy->state == HTTP_PROXY_HEAD && !proxy->has_answered &&
           !proxy->took_body && http_proxy_is_idempotent(&proxy->exchange->request);
}

static void backend_lost(struct http_proxy *proxy, const char *detail)
{
    if (!may_retry(proxy)) {
        fail(proxy, 502, "backend closed the connection", detail);
        return;
    }
    stream_close(&proxy->backend);
    deadline_clear(&proxy->deadline);
    proxy->exchange->transport->pause_body(proxy->exchange);
    attempt(proxy, false);
}

/* The answer's body. */

static void pause_if_full(struct http_proxy *proxy)
{
    if (proxy->backend == NULL || !proxy->exchange->transport->is_full(proxy->exchange))
        return;
    stream_pause(proxy->backend);
    stream_read_less(proxy->backend);
}

static void read_length(struct http_proxy *proxy, struct slice input)
{
    size_t len = proxy->body_left < input.len ? (size_t)proxy->body_left : input.len;

    proxy->body_left -= len;
    proxy->exchange->transport->body(proxy->exchange, slice_part(input, 0, len));
    stream_consume(proxy->backend, len);
    if (proxy->body_left == 0)
        complete(proxy);
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
            proxy->exchange->transport->body(proxy->exchange, bytes);
    } while (result == HTTP1_CHUNKED_DATA);
    stream_consume(proxy->backend, total);
    if (result == HTTP1_CHUNKED_DONE)
        complete(proxy);
    else if (result == HTTP1_CHUNKED_REFUSED)
        fail(proxy, 502, "backend sent an invalid body", http_refusal_words(refusal));
}

static void read_to_close(struct http_proxy *proxy, struct slice input)
{
    proxy->exchange->transport->body(proxy->exchange, input);
    stream_consume(proxy->backend, input.len);
    if (stream_end(proxy->backend) == STREAM_FINISHED)
        complete(proxy);
}

static void read_answer_body(struct http_proxy *proxy)
{
    struct slice input = stream_input(proxy->backend);

    if (proxy->answer.framing == HTTP_LENGTH)
        read_length(proxy, input);
    else if (proxy->answer.framing == HTTP_CHUNKED)
        read_chunked(proxy, input);
    else
        read_to_close(proxy, input);
    if (proxy->state != HTTP_PROXY_BODY)
        return;
    if (stream_end(proxy->backend) != STREAM_OPEN)
        fail(proxy, 502, "backend cut its answer short", "");
    else
        pause_if_full(proxy);
}

/* Tunnels. */

static void read_tunnel(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    struct slice input = stream_input(proxy->backend);

    exchange->transport->body(exchange, input);
    stream_consume(proxy->backend, input.len);
    if (stream_end(proxy->backend) == STREAM_OPEN) {
        pause_if_full(proxy);
        return;
    }
    proxy->backend_ended = true;
    note_time(proxy);
    exchange->transport->finish(exchange);
}

static void begin_tunnel(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    http_proxy_fill_response(proxy);
    exchange->response.framing = HTTP_NO_BODY;
    exchange->close_after = true;
    exchange->backend_status = 101;
    exchange->transport->head(exchange);
    proxy->state = HTTP_PROXY_TUNNEL;
    exchange->transport->tunnel(exchange);
    read_tunnel(proxy);
}

/* The answer's head. */

static enum http_framing framing_for_client(const struct http_proxy *proxy)
{
    const struct http_response *answer = &proxy->answer;

    if (proxy->exchange->is_head_request)
        return http_field_value(answer->fields, answer->field_count, HTTP_FIELD_CONTENT_LENGTH)
                           .at != NULL
                   ? HTTP_LENGTH
                   : HTTP_TO_CLOSE; /* says nothing about a length, and none is sent */
    if (answer->framing == HTTP_TO_CLOSE)
        return HTTP_CHUNKED;
    return answer->framing;
}

/* An answer before the request was sent to its end: it goes to the client at once, and nothing more
 * of the request to the backend (RFC 9112 9.3). */
static void stop_request(struct http_proxy *proxy)
{
    proxy->exchange->close_after = true;
    proxy->exchange->transport->pause_body(proxy->exchange);
}

static void begin_answer(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    exchange->backend_status = proxy->answer.status;
    http_proxy_fill_response(proxy);
    exchange->response.framing = framing_for_client(proxy);
    exchange->response.content_length = proxy->answer.content_length;
    if (!proxy->request_done)
        stop_request(proxy);
    exchange->transport->head(exchange);
    proxy->state = HTTP_PROXY_BODY;
    proxy->body_left = proxy->answer.content_length;
    if (proxy->answer.framing == HTTP_NO_BODY ||
        (proxy->answer.framing == HTTP_LENGTH && proxy->body_left == 0))
        complete(proxy);
}

/* 1xx: 103 goes on, 100 was ours to say, others mean nothing to the client. */
static void pass_interim(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    if (++proxy->interims > INTERIMS_MAX) {
        fail(proxy, 502, "backend sent too many interim answers", "");
        return;
    }
    if (proxy->answer.status != 103)
        return;
    http_proxy_fill_response(proxy);
    exchange->transport->interim(exchange, &exchange->response);
    exchange->response = (struct http_response){0};
    exchange->field_room = 0;
}

static void take_answer(struct http_proxy *proxy)
{
    if (proxy->answer.status == 101 && proxy->exchange->request.wants_upgrade)
        begin_tunnel(proxy);
    else if (proxy->answer.status == 101)
        fail(proxy, 502, "backend switched protocols without being asked", "");
    else if (proxy->answer.status < 200)
        pass_interim(proxy);
    else
        begin_answer(proxy);
}

static enum http_refusal parse_answer(struct http_proxy *proxy, struct slice head)
{
    struct http_exchange *exchange = proxy->exchange;

    head = arena_keep(&exchange->arena, head);
    proxy->scan = (struct http1_scan){0};
    proxy->answer = (struct http_response){0};
    if (head.at == NULL)
        return HTTP_REFUSED_MEMORY;
    return http1_parse_response(head, exchange->is_head_request, &exchange->arena, &proxy->answer);
}

/* Reads one head; false if there is none yet, or no use for another. */
static bool read_answer_head(struct http_proxy *proxy)
{
    struct slice input = stream_input(proxy->backend);
    struct http1_scan *scan = &proxy->scan;
    enum http_refusal refusal = HTTP_ACCEPTED;
    enum http1_result result = http1_scan_head(input, &http1_response_limits, scan, &refusal);
    size_t end = scan->at;

    if (result == HTTP1_MORE)
        return false;
    if (result == HTTP1_DONE)
        refusal = parse_answer(proxy, slice_part(input, scan->start, end - scan->start));
    if (refusal != HTTP_ACCEPTED) {
        fail(proxy, 502, "backend sent an invalid answer", http_refusal_words(refusal));
        return false;
    }
    stream_consume(proxy->backend, end);
    take_answer(proxy);
    return proxy->state == HTTP_PROXY_HEAD;
}

static void read_answer_heads(struct http_proxy *proxy)
{
    if (stream_input(proxy->backend).len > 0)
        proxy->has_answered = true;
    while (stream_input(proxy->backend).len > 0 && read_answer_head(proxy))
        ;
    if (proxy->state == HTTP_PROXY_BODY)
        read_answer_body(proxy);
    else if (proxy->state == HTTP_PROXY_HEAD && stream_end(proxy->backend) != STREAM_OPEN)
        backend_lost(proxy, "before it answered");
}

/* The backend connection's events. */

static void on_received(void *owner)
{
    struct http_proxy *proxy = owner;

    if (proxy->state == HTTP_PROXY_HEAD)
        read_answer_heads(proxy);
    else if (proxy->state == HTTP_PROXY_BODY)
        read_answer_body(proxy);
    else if (proxy->state == HTTP_PROXY_TUNNEL)
        read_tunnel(proxy);
    wait_for_more(proxy);
}

static void on_drained(void *owner)
{
    struct http_proxy *proxy = owner;

    if (proxy->state == HTTP_PROXY_TUNNEL ||
        (proxy->state == HTTP_PROXY_HEAD && !proxy->request_done))
        proxy->exchange->transport->read_body(proxy->exchange);
    wait_for_more(proxy);
}

static void on_failed(void *owner)
{
    struct http_proxy *proxy = owner;

    if (proxy->state == HTTP_PROXY_TUNNEL)
        fail(proxy, 502, "tunnel broken by the backend", stream_failure_words(proxy->backend));
    else
        backend_lost(proxy, stream_failure_words(proxy->backend));
}

static const struct stream_events backend_events = {
    .received = on_received,
    .drained = on_drained,
    .failed = on_failed,
};

/* A backend that takes the request slowly is not one that does not answer. */
static bool is_taking(const struct http_proxy *proxy)
{
    size_t queued = stream_queued(proxy->backend);

    return proxy->state == HTTP_PROXY_HEAD && queued > 0 && queued < proxy->queued;
}

static void on_deadline(void *owner)
{
    struct http_proxy *proxy = owner;

    if (is_taking(proxy)) {
        wait_for_more(proxy);
        return;
    }
    if (proxy->state == HTTP_PROXY_TUNNEL) {
        note_time(proxy);
        proxy->exchange->transport->abort(proxy->exchange, CLOSE_TIMEOUT_IDLE);
        return;
    }
    fail(proxy, 504, "backend timed out",
         proxy->state == HTTP_PROXY_BODY ? "inside its answer" : "before it answered");
}

/* Connected: the request goes. */
static void begin(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    stream_set_owner(proxy->backend, &backend_events, proxy);
    proxy->scan = (struct http1_scan){0};
    proxy->state = HTTP_PROXY_HEAD;
    stream_write(proxy->backend, proxy->head);
    if (http_exchange_framing(exchange) == HTTP_NO_BODY)
        proxy->request_done = true;
    else
        exchange->transport->read_body(exchange);
    wait_for_more(proxy);
}

static void on_dialled(void *owner, enum backend_failure failure, int fd,
                       const struct address *address)
{
    struct http_proxy *proxy = owner;

    proxy->dial = NULL;
    if (failure != BACKEND_OK) {
        fail(proxy, failure == BACKEND_TIMED_OUT ? 504 : 502, "no backend could be reached",
             backend_failure_words(failure));
        return;
    }
    proxy->exchange->backend_address = *address;
    proxy->backend = stream_new(worker_of(proxy)->loop, fd, &backend_events, proxy);
    begin(proxy);
}

static void attempt(struct http_proxy *proxy, bool from_pool)
{
    struct worker *worker = worker_of(proxy);

    proxy->is_reused = false;
    if (from_pool)
        proxy->backend = backend_pool_take(worker->backends, target_of(proxy),
                                           &proxy->exchange->backend_address);
    if (proxy->backend != NULL) {
        proxy->is_reused = true;
        begin(proxy);
        return;
    }
    proxy->state = HTTP_PROXY_CONNECTING;
    proxy->dial = backend_dial(worker, target_of(proxy),
                               location_of(proxy)->proxy->proxy_connect_timeout, on_dialled, proxy);
}

/* The client's side. */

static void write_chunk(struct http_proxy *proxy, struct slice bytes)
{
    char memory[HTTP1_CHUNK_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);

    if (bytes.len == 0)
        return;
    http1_write_chunk_line(&line, bytes.len);
    stream_write(proxy->backend, text_slice(&line));
    stream_write(proxy->backend, bytes);
    stream_write(proxy->backend, SLICE("\r\n"));
}

static void write_body(struct http_proxy *proxy, struct slice bytes, bool last)
{
    if (bytes.len > 0)
        proxy->took_body = true;
    if (proxy->exchange->request.framing == HTTP_CHUNKED) {
        write_chunk(proxy, bytes);
        if (last)
            stream_write(proxy->backend, HTTP1_LAST_CHUNK);
    } else {
        stream_write(proxy->backend, bytes);
    }
    if (last)
        proxy->request_done = true;
}

static void on_client_body(struct http_exchange *exchange, struct slice bytes, bool last)
{
    struct http_proxy *proxy = exchange->handler;

    if (proxy->state == HTTP_PROXY_HEAD) {
        write_body(proxy, bytes, last);
    } else if (proxy->state == HTTP_PROXY_TUNNEL) {
        stream_write(proxy->backend, bytes);
        proxy->client_ended = last;
        if (last)
            stream_finish(proxy->backend);
    } else {
        return;
    }
    if (!last && stream_queued(proxy->backend) >= QUEUE_MAX) {
        exchange->transport->pause_body(exchange);
        stream_tell_drained(proxy->backend);
    }
    wait_for_more(proxy);
}

static void on_client_drained(struct http_exchange *exchange)
{
    struct http_proxy *proxy = exchange->handler;

    if (proxy->backend == NULL)
        return;
    stream_resume(proxy->backend);
    wait_for_more(proxy);
}

static void on_over(struct http_exchange *exchange)
{
    struct http_proxy *proxy = exchange->handler;

    if (proxy->state == HTTP_PROXY_DONE)
        return;
    note_time(proxy);
    if (proxy->state == HTTP_PROXY_TUNNEL && proxy->client_ended && proxy->backend != NULL)
        stream_close_after(&proxy->backend, 0); /* the client's last bytes may still wait */
    let_go(proxy, false);
}

static const struct http_body_reader proxy_reader = {
    .body = on_client_body,
    .aborted = on_over,
    .drained = on_client_drained,
    .ended = on_over,
};

void http_proxy_handle(struct http_exchange *exchange)
{
    struct http_proxy *proxy = arena_zero(&exchange->arena, sizeof *proxy);

    if (proxy == NULL) {
        http_exchange_error(exchange, 500);
        return;
    }
    proxy->exchange = exchange;
    proxy->state = HTTP_PROXY_DONE;
    proxy->started_ms = loop_now(worker_of(proxy)->loop);
    deadline_init(&proxy->deadline, on_deadline, proxy);
    proxy->head = http_proxy_request_head(proxy);
    if (proxy->head.at == NULL) {
        http_exchange_error(exchange, 500);
        return;
    }
    exchange->handler = proxy;
    exchange->reader = &proxy_reader;
    attempt(proxy, !proxy->closes && !exchange->request.wants_upgrade);
}
