#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Lines of a log kept back, to be written many at a time, perhaps compressed. What leaves is whole
 * lines, or one whole gzip member (RFC 1952 2.2), in one write(2): a reader that looks in between,
 * or several workers that write the same file, never see a torn one (reference/operations.md F3).
 */
struct log_buffer;
struct loop;

struct log_buffering {
    size_t bytes;      /* 0: each line is written at once */
    uint32_t flush_ms; /* how old a line may become; 0: until the buffer is full */
    uint32_t gzip;     /* level 1 to 9; 0: plain */
};

/* `*fd` is where it writes; it may change. Makes an empty file of compressed lines one that is
 * valid: an empty member. */
struct log_buffer *log_buffer_new(struct loop *loop, const int *fd,
                                  const struct log_buffering *buffering);
void log_buffer_free(struct log_buffer *buffer); /* flushes */

void log_buffer_add(struct log_buffer *buffer, struct slice line);
void log_buffer_flush(struct log_buffer *buffer);

/* *fd is another file now. */
void log_buffer_reopened(struct log_buffer *buffer);
