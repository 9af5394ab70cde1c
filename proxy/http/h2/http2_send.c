#include "base/ensure.h"
#include "http/conf/http_conf.h"
#include "http/h2/http2_private.h"
#include "relay/worker.h"

#include <unistd.h>

/* As many frames as fit leave in one write, which under TLS becomes full records. */
#define BATCH_MAX (64u << 10)
/* A WINDOW_UPDATE for less than this was not earned. */
#define EARNING_FRAME 256

struct http2_batch {
    struct stream *client;
    size_t len;
    char bytes[BATCH_MAX];
};

static void flush(struct http2_batch *batch)
{
    if (batch->len > 0)
        stream_write(batch->client, (struct slice){batch->bytes, batch->len});
    batch->len = 0;
}

static char *reserve(struct http2_batch *batch, size_t len)
{
    ensure(len <= BATCH_MAX);
    if (BATCH_MAX - batch->len < len)
        flush(batch);
    return batch->bytes + batch->len;
}

static void append(struct http2_batch *batch, const void *bytes, size_t len)
{
    memcpy(reserve(batch, len), bytes, len);
    batch->len += len;
}

static bool is_full(const struct http2_batch *batch)
{
    return batch->len + stream_queued(batch->client) >= HTTP2_SEND_QUEUE_MAX;
}

/* How much may go into one frame: first what is in memory, then the file behind it. */
static size_t available(const struct http2_exchange *exchange, size_t most)
{
    size_t queued = buffer_len(&exchange->out);

    if (queued > 0)
        return queued < most ? queued : most;
    return exchange->file_left < most ? (size_t)exchange->file_left : most;
}

static ssize_t on_read(nghttp2_session *library, int32_t stream, uint8_t *bytes, size_t most,
                       uint32_t *flags, nghttp2_data_source *source, void *owner)
{
    struct http2_exchange *exchange = nghttp2_session_get_stream_user_data(library, stream);
    size_t len;

    (void)bytes, (void)source, (void)owner;
    if (exchange == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    len = available(exchange, most);
    if (len == 0 && !exchange->base.finished) {
        exchange->is_idle = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (len > 0)
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (exchange->base.finished && len == buffer_len(&exchange->out) + exchange->file_left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

nghttp2_data_provider http2_send_provider(void)
{
    return (nghttp2_data_provider){.read_callback = on_read};
}

static void take_queued(struct http2_exchange *exchange, char *bytes, size_t len)
{
    memcpy(bytes, buffer_slice(&exchange->out).at, len);
    buffer_consume(&exchange->out, len);
    exchange->connection->queued -= len;
}

/* A file that is shorter than was promised: the stream is cut, never padded. */
static bool take_file(struct http2_exchange *exchange, char *bytes, size_t len)
{
    ssize_t got = pread(exchange->file, bytes, len, (off_t)exchange->file_offset);

    if (got < 0 || (size_t)got < len)
        return false;
    exchange->file_offset += len;
    exchange->file_left -= len;
    return true;
}

static void note_taken(struct http2_exchange *exchange)
{
    if (buffer_len(&exchange->out) > 0 || exchange->file_left > 0)
        return;
    deadline_clear(&exchange->send_deadline);
    if (exchange->wants_drained && !exchange->base.finished)
        loop_defer(exchange->base.session->worker->loop, &exchange->task);
}

static int on_send_data(nghttp2_session *library, nghttp2_frame *frame, const uint8_t *head,
                        size_t len, nghttp2_data_source *source, void *owner)
{
    struct http2_connection *connection = owner;
    struct http2_exchange *exchange =
        nghttp2_session_get_stream_user_data(library, frame->hd.stream_id);
    char *bytes;

    (void)source;
    if (exchange == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    bytes = reserve(connection->batch, HTTP2_FRAME_HEAD + len);
    memcpy(bytes, head, HTTP2_FRAME_HEAD);
    bytes += HTTP2_FRAME_HEAD;
    if (buffer_len(&exchange->out) > 0)
        take_queued(exchange, bytes, len);
    else if (!take_file(exchange, bytes, len))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    connection->batch->len += HTTP2_FRAME_HEAD + len;
    exchange->base.body_sent += len;
    if (len >= EARNING_FRAME)
        http2_floods_take_back(&connection->floods, HTTP2_FLOOD_WINDOWS, 2);
    note_taken(exchange);
    return is_full(connection->batch) ? NGHTTP2_ERR_PAUSE : 0;
}

/* The answer is complete. Of a request that is not, nobody wants the rest (RFC 9113 8.1). */
static void end_stream(struct http2_exchange *exchange)
{
    exchange->out_ended = true;
    if (!exchange->in_ended && !exchange->tunnel)
        nghttp2_submit_rst_stream(exchange->connection->library, NGHTTP2_FLAG_NONE,
                                  exchange->stream, NGHTTP2_NO_ERROR);
}

/* What the library found wrong. */
static void log_goaway(const struct http2_connection *connection, const nghttp2_goaway *frame)
{
    const struct slice words = {(const char *)frame->opaque_data, frame->opaque_data_len};

    if (frame->error_code != NGHTTP2_NO_ERROR && words.len > 0)
        session_log(connection->session, LOG_INFO, "HTTP/2: %s", log_escape(words).text);
}

static int on_frame_sent(nghttp2_session *library, const nghttp2_frame *frame, void *owner)
{
    struct http2_exchange *exchange;

    if (frame->hd.type == NGHTTP2_GOAWAY)
        log_goaway(owner, &frame->goaway);
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    exchange = nghttp2_session_get_stream_user_data(library, frame->hd.stream_id);
    if (exchange == NULL)
        return 0;
    exchange->base.bytes_sent += frame->hd.length + HTTP2_FRAME_HEAD;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        end_stream(exchange);
    return 0;
}

void http2_send_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
}

void http2_send_later(struct http2_connection *connection)
{
    if (connection->session->phase == SESSION_OPEN && !connection->is_receiving &&
        !connection->is_sending)
        loop_defer_late(connection->session->worker->loop, &connection->task);
}

bool http2_send(struct http2_connection *connection)
{
    struct http2_batch batch; /* not cleared: it is large */
    ssize_t len = 1;

    batch.client = connection->session->client;
    batch.len = 0;
    if (batch.client == NULL)
        return true;
    connection->batch = &batch;
    connection->is_sending = true;
    while (len > 0 && !is_full(&batch)) {
        const uint8_t *bytes;

        len = nghttp2_session_mem_send(connection->library, &bytes);
        if (len > 0)
            append(&batch, bytes, (size_t)len);
    }
    connection->is_sending = false;
    connection->batch = NULL;
    flush(&batch);
    if (stream_queued(batch.client) >= HTTP2_SEND_QUEUE_MAX)
        stream_tell_drained(batch.client);
    return len >= 0;
}
