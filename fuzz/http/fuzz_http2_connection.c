/* A whole connection of HTTP/2. The first byte chooses what the backend answers, the second into
 * what pieces the rest is cut: what the client says behind its preface. Nothing may break, memory
 * stays bounded, the backend (backend.c) believes nothing, and what the client hears is HTTP/2. */
#include "base/arena.h"
#include "base/chars.h"
#include "base/ensure.h"
#include "base/number.h"
#include "http/h2/http2_connection.h"
#include "http/h2/http2_private.h"
#include "relay/session.h"
#include "world.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been heard of a stream. */
enum { HEARD_HEAD = 1, HEARD_BODY = 2, HEARD_END = 4, HEARD_RESET = 8 };
#define STREAMS_MAX 4096

struct hearing {
    nghttp2_hd_inflater *inflater;
    uint8_t streams[STREAMS_MAX]; /* by number / 2; of others only each frame is looked at */
    unsigned frames;
};

static uint32_t number_at(const char *at, size_t len)
{
    uint32_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static void check_field(struct slice name, struct slice value, bool is_first)
{
    ensure(name.len > 0 && (slice_equal(name, SLICE(":status")) == is_first));
    for (size_t i = is_first; i < name.len; i++)
        ensure(chars_is(name.at[i], CHARS_TOKEN) && chars_lower(name.at[i]) == name.at[i]);
    ensure(chars_all(value, CHARS_FIELD));
    ensure(!slice_equal(name, SLICE("connection")) && !slice_equal(name, SLICE("upgrade")) &&
           !slice_equal(name, SLICE("transfer-encoding")) &&
           !slice_equal(name, SLICE("keep-alive")));
}

/* The status. */
static unsigned check_fields(struct hearing *hearing, struct slice block)
{
    const uint8_t *at = (const uint8_t *)block.at;
    size_t left = block.len;
    uint64_t status = 0;
    int flags = 0;

    for (bool is_first = true; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
        nghttp2_nv field;
        ssize_t len = nghttp2_hd_inflate_hd2(hearing->inflater, &field, &flags, at, left, 1);

        ensure(len >= 0);
        at += len;
        left -= (size_t)len;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            struct slice value = {(const char *)field.value, field.valuelen};

            check_field((struct slice){(const char *)field.name, field.namelen}, value, is_first);
            ensure(!is_first || number_parse(value, 599, &status));
            is_first = false;
        }
    }
    nghttp2_hd_inflate_end_headers(hearing->inflater);
    ensure(left == 0 && status >= 100 && status != 101);
    return (unsigned)status;
}

static void check_stream_frame(struct hearing *hearing, uint8_t type, uint8_t flags,
                               uint32_t stream, struct slice payload)
{
    uint8_t other = type == NGHTTP2_DATA ? HEARD_HEAD : 0;
    uint8_t *state = stream / 2 < STREAMS_MAX ? &hearing->streams[stream / 2] : &other;

    ensure((stream & 1) == 1);
    ensure((*state & HEARD_RESET) == 0); /* nothing comes behind it */
    if (type == NGHTTP2_HEADERS) {
        ensure(flags == (NGHTTP2_FLAG_END_HEADERS | (flags & NGHTTP2_FLAG_END_STREAM)));
        ensure((*state & (HEARD_HEAD | HEARD_END)) == 0);
        if (check_fields(hearing, payload) >= 200)
            *state |= HEARD_HEAD;
        else
            ensure((flags & NGHTTP2_FLAG_END_STREAM) == 0);
    } else if (type == NGHTTP2_DATA) {
        ensure((*state & HEARD_HEAD) != 0 && (*state & HEARD_END) == 0);
        *state |= HEARD_BODY;
    } else if (type == NGHTTP2_RST_STREAM) {
        ensure(payload.len == 4);
        *state |= HEARD_RESET;
    }
    if ((type == NGHTTP2_HEADERS || type == NGHTTP2_DATA) && (flags & NGHTTP2_FLAG_END_STREAM) != 0)
        *state |= HEARD_END;
}

static void check_frame(struct hearing *hearing, uint8_t type, uint8_t flags, uint32_t stream,
                        struct slice payload)
{
    switch (type) {
    case NGHTTP2_SETTINGS:
        ensure(stream == 0 && payload.len % 6 == 0);
        break;
    case NGHTTP2_PING:
        ensure(stream == 0 && payload.len == 8 && (flags & NGHTTP2_FLAG_ACK) != 0);
        break;
    case NGHTTP2_GOAWAY:
        ensure(stream == 0 && payload.len >= 8);
        break;
    case NGHTTP2_WINDOW_UPDATE:
        ensure(payload.len == 4 && number_at(payload.at, 4) > 0);
        break;
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
    case NGHTTP2_RST_STREAM:
        check_stream_frame(hearing, type, flags, stream, payload);
        break;
    default:
        ensure(!"a frame that frontd never sends");
    }
    ensure(hearing->frames > 0 || type == NGHTTP2_SETTINGS);
    hearing->frames++;
}

/* What is left over is a frame of which more has yet to come. */
static void check_frames(struct slice heard)
{
    struct hearing hearing = {0};

    ensure(nghttp2_hd_inflate_new(&hearing.inflater) == 0);
    while (heard.len >= HTTP2_FRAME_HEAD) {
        size_t len = number_at(heard.at, 3);

        ensure(len <= 16384);
        if (heard.len < HTTP2_FRAME_HEAD + len)
            break;
        check_frame(&hearing, (uint8_t)heard.at[3], (uint8_t)heard.at[4],
                    number_at(heard.at + 5, 4), slice_part(heard, HTTP2_FRAME_HEAD, len));
        heard = slice_from(heard, HTTP2_FRAME_HEAD + len);
    }
    nghttp2_hd_inflate_del(hearing.inflater);
}

/* Memory is bounded by what the windows and queues allow. */
static void check_memory(const struct session *session)
{
    const struct http2_connection *connection;
    size_t waiting = 0, queued = 0;

    if (session == NULL || session->protocol != &http2_protocol)
        return;
    connection = session->state;
    for (const struct http2_exchange *each = connection->exchanges; each != NULL;
         each = each->next) {
        waiting += buffer_len(&each->in);
        queued += buffer_len(&each->out);
    }
    ensure(waiting <= HTTP2_CONNECTION_WINDOW);
    ensure(queued == connection->queued && queued <= 2 * HTTP2_CONNECTION_QUEUE_MAX);
    ensure(stream_queued(session->client) <= 2 * HTTP2_SEND_QUEUE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice said = {(const char *)data, size};
    size_t piece;

    if (size < 2)
        return 0;
    piece = data[1] == 0 ? SIZE_MAX : (size_t)data[1] * 4;
    said = slice_from(said, 2);
    world_begin(data[0]);
    world_say(HTTP2_PREFACE);
    while (said.len > 0 && !world_is_over()) {
        world_say(slice_part(said, 0, piece));
        check_memory(world_session());
        said = slice_from(said, piece < said.len ? piece : said.len);
    }
    check_frames(world_heard());
    world_end();
    return 0;
}
