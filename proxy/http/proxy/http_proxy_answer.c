#include "http/message/http_rules.h"
#include "http/proxy/http_proxy_private.h"

/* The heads of a backend's answers: interim ones and the final one. */

/* 1xx answers before the real one (reference/http.md 4.5). */
#define INTERIMS_MAX 8

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

static void note_answer(struct http_proxy *proxy)
{
    proxy->attempt->status = proxy->answer.status;
    proxy->attempt->answer = &proxy->answer;
    proxy->attempt->header_ms = http_proxy_elapsed(proxy);
    http_proxy_note_bytes(proxy);
}

static void begin_answer(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    note_answer(proxy);
    if (http_proxy_try_past(proxy) || http_proxy_answers_otherwise(proxy))
        return;
    http_proxy_fill_response(proxy);
    exchange->response.framing = framing_for_client(proxy);
    exchange->response.content_length = proxy->answer.content_length;
    if (!proxy->request_done)
        stop_request(proxy);
    exchange->transport->head(exchange);
    proxy->state = HTTP_PROXY_BODY;
    proxy->body_ms = http_proxy_now(proxy);
    proxy->body_left = proxy->answer.content_length;
    if (proxy->answer.framing == HTTP_NO_BODY ||
        (proxy->answer.framing == HTTP_LENGTH && proxy->body_left == 0))
        http_proxy_complete(proxy);
}

/* 1xx: 103 goes on, 100 was ours to say, others mean nothing to the client. */
static void pass_interim(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    if (++proxy->interims > INTERIMS_MAX) {
        http_proxy_fail(proxy, 502, "backend sent too many interim answers", "");
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
    if (proxy->answer.status == 101 && proxy->upgrades) {
        note_answer(proxy);
        http_proxy_begin_tunnel(proxy);
    } else if (proxy->answer.status == 101) {
        http_proxy_fail(proxy, 502, "backend switched protocols without being asked", "");
    } else if (proxy->answer.status < 200) {
        pass_interim(proxy);
    } else {
        begin_answer(proxy);
    }
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
static bool read_head(struct http_proxy *proxy)
{
    struct slice input = stream_input(http_proxy_backend(proxy));
    struct http1_scan *scan = &proxy->scan;
    enum http_refusal refusal = HTTP_ACCEPTED;
    enum http1_result result = http1_scan_head(input, &http1_response_limits, scan, &refusal);
    size_t end = scan->at;

    if (result == HTTP1_MORE)
        return false;
    if (result == HTTP1_DONE)
        refusal = parse_answer(proxy, slice_part(input, scan->start, end - scan->start));
    if (refusal != HTTP_ACCEPTED) {
        http_proxy_attempt_failed(proxy, HTTP_FAULT_INVALID, "backend sent an invalid answer",
                                  http_refusal_words(refusal));
        return false;
    }
    stream_consume(http_proxy_backend(proxy), end);
    take_answer(proxy);
    return proxy->state == HTTP_PROXY_HEAD && proxy->has_answered;
}

void http_proxy_read_heads(struct http_proxy *proxy)
{
    if (stream_input(http_proxy_backend(proxy)).len > 0)
        proxy->has_answered = true;
    while (stream_input(http_proxy_backend(proxy)).len > 0 && read_head(proxy))
        ;
    if (proxy->state == HTTP_PROXY_BODY)
        http_proxy_read_body(proxy);
    else if (proxy->state == HTTP_PROXY_HEAD && http_proxy_backend(proxy) != NULL &&
             stream_end(http_proxy_backend(proxy)) != STREAM_OPEN)
        http_proxy_attempt_failed(proxy, HTTP_FAULT_ERROR, "backend closed the connection",
                                  "before it answered");
}
