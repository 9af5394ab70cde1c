#include "http/output/http_output_body.h"

#include "http/output/http_ssi.h"
#include "relay/worker.h"

/* A handler that pauses for longer than this has its bytes sent: between the deadline's precision
 * and what a reader of the page would notice. */
#define FLUSH_MS 50

static struct loop *loop_of(const struct http_exchange *exchange)
{
    return exchange->session->worker->loop;
}

static void sink(void *owner, struct slice bytes)
{
    struct http_exchange *exchange = owner;

    http_pace_write(exchange, bytes);
}

static void compress(struct http_exchange *exchange, struct slice bytes, enum http_gzip_mode mode)
{
    struct http_output *output = exchange->output;

    http_gzip_write(output->gzip, bytes, mode, sink, exchange);
    if (!http_gzip_holds_back(output->gzip))
        deadline_clear(&output->flush);
    else if (!deadline_is_set(&output->flush))
        deadline_set(loop_of(exchange), &output->flush, FLUSH_MS);
}

static void on_flush(void *owner)
{
    compress(owner, SLICE_NONE, HTTP_GZIP_FLUSH);
}

void http_output_emit(struct http_exchange *exchange, struct slice bytes)
{
    struct http_output *output = exchange->output;

    if (output->gzip == NULL)
        http_pace_write(exchange, bytes);
    else
        compress(exchange, bytes, output->is_live ? HTTP_GZIP_FLUSH : HTTP_GZIP_MORE);
}

void http_output_emit_end(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    if (output->gzip != NULL)
        compress(exchange, SLICE_NONE, HTTP_GZIP_END);
    http_pace_finish(exchange);
}

void http_output_body_write(struct http_exchange *exchange, struct slice bytes)
{
    if (exchange->output->ssi != NULL)
        http_ssi_write(exchange->output->ssi, bytes);
    else
        http_output_emit(exchange, bytes);
}

static void finish(struct http_exchange *exchange)
{
    if (exchange->output->ssi != NULL)
        http_ssi_finish(exchange->output->ssi);
    else
        http_output_emit_end(exchange);
}

void http_output_body_finish(struct http_exchange *exchange)
{
    exchange->output->is_given = true;
    if (exchange->output->sends_file)
        exchange->output->finish_waits = true;
    else
        finish(exchange);
}

static bool waits_for_include(const struct http_output *output)
{
    return output->ssi != NULL && http_ssi_is_waiting(output->ssi);
}

bool http_output_body_is_full(struct http_exchange *exchange)
{
    return waits_for_include(exchange->output) || http_pace_is_full(exchange);
}

/* Files. */

static void let_go(struct http_output *output)
{
    output->sends_file = false;
    loop_task_cancel(&output->task);
    deadline_clear(&output->flush);
    http_pace_drop(&output->pace);
    http_ssi_free(output->ssi);
}

/* False: the answer cannot become what was promised. */
static bool read_some(struct http_exchange *exchange)
{
    char memory[HTTP_FILE_PIECE_READ];
    struct slice bytes;

    if (!http_file_piece_read(&exchange->output->file, memory, &bytes))
        return false;
    http_output_body_write(exchange, bytes);
    return true;
}

static void file_is_sent(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    output->sends_file = false;
    if (output->finish_waits)
        finish(exchange);
    else if (output->reader != NULL && output->reader->drained != NULL)
        output->reader->drained(exchange);
}

static void on_task(void *owner)
{
    struct http_exchange *exchange = owner;
    struct http_output *output = exchange->output;

    for (unsigned i = 0; i < HTTP_FILE_PIECE_READS && output->file.left > 0; i++) {
        if (http_output_body_is_full(exchange)) /* http_output_go_on follows */
            return;
        if (!read_some(exchange)) {
            let_go(output);
            output->inner->abort(exchange, CLOSE_FRONTD_FILE);
            return;
        }
    }
    if (output->file.left > 0)
        loop_defer(loop_of(exchange), &output->task);
    else
        file_is_sent(exchange);
}

void http_output_body_file(struct http_exchange *exchange, int fd, uint64_t offset, uint64_t len)
{
    struct http_output *output = exchange->output;

    output->file = (struct http_file_piece){fd, offset, len};
    output->sends_file = true;
    loop_defer(loop_of(exchange), &output->task);
}

/* What the connection tells. */

static void on_body(struct http_exchange *exchange, struct slice bytes, bool last)
{
    const struct http_body_reader *reader = exchange->output->reader;

    if (reader != NULL && reader->body != NULL)
        reader->body(exchange, bytes, last);
}

static void on_aborted(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    let_go(output);
    if (output->reader != NULL && output->reader->aborted != NULL)
        output->reader->aborted(exchange);
}

void http_output_drained(struct http_exchange *exchange)
{
    if (waits_for_include(exchange->output))
        http_ssi_drained(exchange->output->ssi);
    else
        http_output_go_on(exchange);
}

void http_output_go_on(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    if (output->sends_file)
        loop_defer(loop_of(exchange), &output->task);
    else if (!output->is_given && output->reader != NULL && output->reader->drained != NULL)
        output->reader->drained(exchange);
}

static void on_ended(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    let_go(output);
    http_gzip_free(output->gzip);
    output->gzip = NULL;
    if (output->reader != NULL && output->reader->ended != NULL)
        output->reader->ended(exchange);
}

static const struct http_body_reader body_reader = {
    .body = on_body,
    .aborted = on_aborted,
    .drained = http_output_drained,
    .ended = on_ended,
};

void http_output_body_begin(struct http_exchange *exchange)
{
    struct http_output *output = exchange->output;

    deadline_init(&output->flush, on_flush, exchange);
    http_pace_begin(exchange);
    loop_task_init(&output->task, on_task, exchange);
    output->reader = exchange->reader;
    exchange->reader = &body_reader;
}
