#include "http/output/http_output.h"

#include "base/number.h"
#include "http/language/http_variables.h"
#include "http/output/http_gzip_rules.h"
#include "http/output/http_output_body.h"
#include "http/output/http_output_conf.h"
#include "http/output/http_output_fields.h"
#include "http/output/http_ssi.h"
#include "relay/worker.h"

static const struct http_transport body_transport;

static const struct http_transport *inner(const struct http_exchange *exchange)
{
    return exchange->output->inner;
}

/* gzip: what the head says of it (RFC 9110 8.4, 8.8.3, 14.3). */

static void add_vary(struct http_exchange *exchange)
{
    const struct http_response *response = &exchange->response;

    if (http_fields_have_token(response->fields, response->field_count, HTTP_FIELD_VARY,
                               SLICE("Accept-Encoding")) ||
        http_fields_have_token(response->fields, response->field_count, HTTP_FIELD_VARY,
                               SLICE("*")))
        return;
    http_exchange_add_field(exchange, SLICE("Vary"), SLICE("Accept-Encoding"));
}

/* Other bytes that mean the same: a strong tag becomes a weak one. */
static void weaken_etag(struct http_exchange *exchange)
{
    struct http_response *response = &exchange->response;

    for (size_t i = 0; i < response->field_count; i++) {
        struct http_field *field = &response->fields[i];

        if (slice_equal_fold(field->name, SLICE("ETag")) && slice_starts(field->value, SLICE("\"")))
            field->value =
                arena_format(&exchange->arena, "W/%.*s", (int)field->value.len, field->value.at);
    }
}

static bool is_event_stream(const struct http_response *response)
{
    return slice_starts_fold(
        http_field_value(response->fields, response->field_count, HTTP_FIELD_CONTENT_TYPE),
        SLICE("text/event-stream"));
}

static void begin_gzip(struct http_exchange *exchange, unsigned level)
{
    struct http_response *response = &exchange->response;
    uint64_t length =
        response->framing == HTTP_LENGTH ? response->content_length : HTTP_GZIP_LENGTH_UNKNOWN;

    exchange->output->is_live = is_event_stream(response);
    weaken_etag(exchange);
    http_output_drop_field(exchange, SLICE("Accept-Ranges"));
    http_exchange_add_field(exchange, SLICE("Content-Encoding"), SLICE("gzip"));
    response->framing = HTTP_CHUNKED;
    if (exchange->is_head_request)
        return;
    exchange->output->gzip = http_gzip_new(level, length);
}

/* What a page with commands is cannot be known before they have run. */
static void begin_ssi(struct http_exchange *exchange, const struct http_output_conf *conf)
{
    struct http_response *response = &exchange->response;

    if (!conf->ssi || !http_status_has_body(response->status) || response->status == 206 ||
        !http_ssi_applies(conf, http_field_value(response->fields, response->field_count,
                                                 HTTP_FIELD_CONTENT_TYPE)) ||
        http_output_has_field(response, SLICE("Content-Encoding")) ||
        (response->framing == HTTP_LENGTH && response->content_length == 0))
        return;
    http_output_drop_field(exchange, SLICE("Accept-Ranges"));
    if (!conf->ssi_last_modified) {
        http_output_drop_field(exchange, SLICE("Last-Modified"));
        http_output_drop_field(exchange, SLICE("ETag"));
    }
    weaken_etag(exchange);
    response->framing = HTTP_CHUNKED;
    if (!exchange->is_head_request)
        exchange->output->ssi = http_ssi_new(exchange);
}

static void choose_gzip(struct http_exchange *exchange, const struct http_output_conf *conf)
{
    struct http_gzip_choice choice;

    if (!conf->gzip && !conf->compress.on)
        return;
    choice = http_gzip_choose(exchange, conf);
    if (choice.varies)
        add_vary(exchange);
    if (choice.compresses)
        begin_gzip(exchange, choice.level);
}

/* limit_rate */

static uint64_t size_of(struct http_exchange *exchange, const struct http_rate_rule *rule)
{
    uint64_t size = rule->fixed;

    if (rule->has_template &&
        !number_parse_size(http_evaluate(exchange, &rule->text), UINT64_MAX, &size))
        size = 0;
    return size;
}

static void choose_rate(struct http_exchange *exchange, const struct http_output_conf *conf)
{
    struct http_rate *rate = &exchange->output->pace.rate;

    if (!exchange->limit_rate_set && conf != NULL)
        exchange->limit_rate = size_of(exchange, &conf->limit_rate);
    exchange->limit_rate_set = true;
    if (exchange->parent != NULL || exchange->is_head_request || exchange->response.status == 101)
        return;
    rate->per_second = exchange->limit_rate;
    rate->after = conf == NULL ? 0 : size_of(exchange, &conf->limit_rate_after);
    rate->started_ms = loop_now(exchange->session->worker->loop);
}

/* `error_page 404 =200`: such an answer may be partial, or what the client has already. */
static bool is_part_or_copy(const struct http_exchange *exchange)
{
    return exchange->error_status == 200 &&
           (exchange->response.status == 206 || exchange->response.status == 304);
}

static void on_head(struct http_exchange *exchange)
{
    const struct http_output_conf *conf = exchange->location->output;

    if (exchange->error_status != 0 && !is_part_or_copy(exchange)) {
        exchange->response.status = exchange->error_status;
        exchange->response.reason = SLICE_NONE;
    }
    if (conf != NULL) {
        http_output_add_fields(exchange, conf);
        http_output_add_charset(exchange, conf);
        begin_ssi(exchange, conf);
        choose_gzip(exchange, conf);
        if (!conf->chunked_transfer_encoding && exchange->response.framing == HTTP_CHUNKED)
            exchange->response.framing = HTTP_TO_CLOSE;
    }
    choose_rate(exchange, conf);
    if (exchange->output->gzip == NULL && exchange->output->ssi == NULL &&
        exchange->output->pace.rate.per_second == 0) {
        exchange->transport = inner(exchange);
    } else {
        exchange->transport = &body_transport;
        http_output_body_begin(exchange);
    }
    inner(exchange)->head(exchange);
}

/* Everything else goes through. */

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

static const struct http_transport body_transport = {
    .head = on_head,
    .interim = on_interim,
    .body = http_output_body_write,
    .file = http_output_body_file,
    .finish = http_output_body_finish,
    .abort = on_abort,
    .is_full = http_output_body_is_full,
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

void http_output_set_rate(struct http_exchange *exchange, uint64_t per_second)
{
    exchange->limit_rate = per_second;
    exchange->limit_rate_set = true;
    if (exchange->output == NULL && !exchange->head_sent)
        http_output_attach(exchange);
}
