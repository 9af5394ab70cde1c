#include "http/output/http_gzip.h"

#include "base/arena.h"
#include "base/ensure.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define OUTPUT_SIZE  (16u << 10)
#define GZIP_WRAPPER 16 /* added to the window's bits: gzip instead of zlib's own format */
#define WINDOW_SPARE 262

struct http_gzip {
    z_stream stream;
    int level, window_bits, memory_level;
    bool is_open, holds_back;
};

/* As nginx: a window no larger than the text. */
static void fit(struct http_gzip *gzip, uint64_t length)
{
    while (gzip->window_bits > 9 && length < (1u << (gzip->window_bits - 1)) - WINDOW_SPARE) {
        gzip->window_bits--;
        if (gzip->memory_level > 1)
            gzip->memory_level--;
    }
}

struct http_gzip *http_gzip_new(unsigned level, uint64_t length)
{
    struct http_gzip *gzip = memory_zero(sizeof *gzip);

    gzip->level = (int)level;
    gzip->window_bits = MAX_WBITS;
    gzip->memory_level = MAX_MEM_LEVEL - 1;
    fit(gzip, length);
    return gzip;
}

static void shut(struct http_gzip *gzip)
{
    if (gzip->is_open)
        deflateEnd(&gzip->stream);
    gzip->is_open = false;
}

void http_gzip_free(struct http_gzip *gzip)
{
    if (gzip == NULL)
        return;
    shut(gzip);
    free(gzip);
}

static void open_stream(struct http_gzip *gzip)
{
    int result;

    if (gzip->is_open)
        return;
    result = deflateInit2(&gzip->stream, gzip->level, Z_DEFLATED, gzip->window_bits + GZIP_WRAPPER,
                          gzip->memory_level, Z_DEFAULT_STRATEGY);
    ensure(result == Z_OK); /* out of memory, or our parameters are wrong */
    gzip->is_open = true;
}

/* Runs deflate until it has taken all the input and given all it will give. */
static void run(struct http_gzip *gzip, int flush, http_gzip_sink *sink, void *owner)
{
    char output[OUTPUT_SIZE];
    int result;

    do {
        gzip->stream.next_out = (Bytef *)output;
        gzip->stream.avail_out = sizeof output;
        result = deflate(&gzip->stream, flush);
        ensure(result != Z_STREAM_ERROR);
        if (gzip->stream.avail_out < sizeof output)
            sink(owner, (struct slice){output, sizeof output - gzip->stream.avail_out});
    } while (gzip->stream.avail_out == 0);
}

void http_gzip_write(struct http_gzip *gzip, struct slice bytes, enum http_gzip_mode mode,
                     http_gzip_sink *sink, void *owner)
{
    static const int flushes[] = {
        [HTTP_GZIP_MORE] = Z_NO_FLUSH,
        [HTTP_GZIP_FLUSH] = Z_SYNC_FLUSH,
        [HTTP_GZIP_END] = Z_FINISH,
    };

    if (bytes.len == 0 && mode == HTTP_GZIP_MORE)
        return;
    ensure(bytes.len <= UINT_MAX);
    open_stream(gzip);
    gzip->stream.next_in = (z_const Bytef *)(uintptr_t)bytes.at;
    gzip->stream.avail_in = (uInt)bytes.len;
    run(gzip, flushes[mode], sink, owner);
    gzip->holds_back = mode == HTTP_GZIP_MORE;
    if (mode == HTTP_GZIP_END)
        shut(gzip);
}

bool http_gzip_holds_back(const struct http_gzip *gzip)
{
    return gzip->holds_back;
}

struct http_gzip_totals http_gzip_totals(const struct http_gzip *gzip)
{
    return (struct http_gzip_totals){gzip->stream.total_in, gzip->stream.total_out};
}
