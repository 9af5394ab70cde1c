#include "relay/log_buffer.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* zlib's way to say "a gzip header and trailer" (deflateInit2). */
#define GZIP_WINDOW  (MAX_WBITS + 16)
#define MEMORY_LEVEL 8
/* What a member has besides the data: 18 bytes of header and trailer (RFC 1952), with room. */
#define MEMBER_FRAME 64

struct log_buffer {
    struct loop *loop;
    const int *fd;
    struct log_buffering settings;
    struct deadline deadline;
    size_t len;
    char *lines; /* settings.bytes; NULL while nothing is kept back */
};

/* A full disk must not stop the service, and there is nobody left to tell. */
static void write_out(const struct log_buffer *buffer, const void *bytes, size_t len)
{
    if (*buffer->fd >= 0 && write(*buffer->fd, bytes, len) < 0)
        return;
}

static void write_member(const struct log_buffer *buffer, struct slice lines)
{
    z_stream stream = {0};
    size_t room;
    unsigned char *member;

    ensure(deflateInit2(&stream, (int)buffer->settings.gzip, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                        Z_DEFAULT_STRATEGY) == Z_OK);
    room = deflateBound(&stream, (uLong)lines.len) + MEMBER_FRAME;
    member = memory_alloc(room);
    stream.next_in = (unsigned char *)(uintptr_t)lines.at;
    stream.avail_in = (uInt)lines.len;
    stream.next_out = member;
    stream.avail_out = (uInt)room;
    ensure(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    write_out(buffer, member, (size_t)stream.total_out);
    deflateEnd(&stream);
    free(member);
}

static void write_lines(const struct log_buffer *buffer, struct slice lines)
{
    if (buffer->settings.gzip > 0)
        write_member(buffer, lines);
    else
        write_out(buffer, lines.at, lines.len);
}

void log_buffer_flush(struct log_buffer *buffer)
{
    deadline_clear(&buffer->deadline);
    if (buffer->len == 0)
        return;
    write_lines(buffer, (struct slice){buffer->lines, buffer->len});
    buffer->len = 0;
    free(buffer->lines);
    buffer->lines = NULL;
}

static void on_deadline(void *owner)
{
    log_buffer_flush(owner);
}

/* An empty file is no gzip file, and readers complain of it. */
static void begin_file(const struct log_buffer *buffer)
{
    struct stat status;

    if (buffer->settings.gzip > 0 && *buffer->fd >= 0 && fstat(*buffer->fd, &status) == 0 &&
        S_ISREG(status.st_mode) && status.st_size == 0)
        write_member(buffer, SLICE(""));
}

struct log_buffer *log_buffer_new(struct loop *loop, const int *fd,
                                  const struct log_buffering *buffering)
{
    struct log_buffer *buffer = memory_zero(sizeof *buffer);

    buffer->loop = loop;
    buffer->fd = fd;
    buffer->settings = *buffering;
    deadline_init(&buffer->deadline, on_deadline, buffer);
    begin_file(buffer);
    return buffer;
}

void log_buffer_free(struct log_buffer *buffer)
{
    log_buffer_flush(buffer);
    free(buffer);
}

void log_buffer_add(struct log_buffer *buffer, struct slice line)
{
    if (line.len > buffer->settings.bytes - buffer->len)
        log_buffer_flush(buffer);
    if (line.len > buffer->settings.bytes) {
        write_lines(buffer, line);
        return;
    }
    if (buffer->lines == NULL)
        buffer->lines = memory_alloc(buffer->settings.bytes);
    memcpy(buffer->lines + buffer->len, line.at, line.len);
    buffer->len += line.len;
    if (buffer->settings.flush_ms > 0 && !deadline_is_set(&buffer->deadline))
        deadline_set(buffer->loop, &buffer->deadline, buffer->settings.flush_ms);
}

void log_buffer_reopened(struct log_buffer *buffer)
{
    begin_file(buffer);
}
