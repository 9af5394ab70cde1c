#include "http/http_output.h"

#include "http/http_output_conf.h"
#include "http/http_output_fields.h"

static const struct http_transport *inner(const struct http_exchange *exchange)
{
    return exchange->output->inner;
}

static void on_head(struct http_exchange *exchange)
{
    const struct http_output_conf *conf = exchange->location->output;

    if (exchange->error_status != 0) {
        exchange->response.status = exchange->error_status;
        exchange->response.reason = SLICE_NONE;
    }
    if (conf != NULL) {
        http_output_add_fields(exchange, conf);
        if (!conf->chunked_transfer_encoding && exchange->response.framing == HTTP_CHUNKED)
            exchange->response.framing = HTTP_TO_CLOSE;
    }
    exchange->transport = inner(exchange);
    exchange->transport->head(exchange);
}

/* Before the head everything else goes through. */

static void on_interim(struct http_exchange *exchange, const struct http_response *response)
{
    inner(exchange)->interim(exchange, response);
}

static void on_body(struct http_exchange *exchange, struct slice bytes)
{
    inner(exchange)->body(exchange, bytes);
}

static void on_file(struct http_exchange *exchange, int fd, uint64_t offset, uint64_t len)
{
    inner(exchange)->file(exchange, fd, offset, len);
}

static void on_finish(struct http_exchange *exchange)
{
    inner(exchange)->finish(exchange);
}

static void on_abort(struct http_exchange *exchange, enum close_reason reason)
{
    inner(exchange)->abort(exchange, reason);
}

static bool on_is_full(struct http_exchange *exchange)
{
    return inner(exchange)->is_full(exchange);
}

static void on_read_body(struct http_exchange *exchange)
{
    inner(exchange)->read_body(exchange);
}

static void on_pause_body(struct http_exchange *exchange)
{
    inner(exchange)->pause_body(exchange);
}

static void on_tunnel(struct http_exchange *exchange)
{
    inner(exchange)->tunnel(exchange);
}

static void on_located(struct http_exchange *exchange)
{
    if (inner(exchange)->located != NULL)
        inner(exchange)->located(exchange);
}

static const struct http_transport output_transport = {
    .head = on_head,
    .interim = on_interim,
    .body = on_body,
    .file = on_file,
    .finish = on_finish,
    .abort = on_abort,
    .is_full = on_is_full,
    .read_body = on_read_body,
    .pause_body = on_pause_body,
    .tunnel = on_tunnel,
    .located = on_located,
};

/* An exchange whose arena is full keeps the connection's transport: its answer is an error page. */
void http_output_attach(struct http_exchange *exchange)
{
    struct http_output *output = arena_zero(&exchange->arena, sizeof *output);

    if (output == NULL)
        return;
    output->inner = exchange->transport;
    exchange->output = output;
    exchange->transport = &output_transport;
}
