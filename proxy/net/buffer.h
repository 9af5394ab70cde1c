#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes waiting to be sent or parsed. Memory is taken when the first byte is added and returned
 * when the last one is gone, so an idle connection holds none. A zeroed struct is an empty buffer.
 */
struct buffer {
    char *memory;
    uint32_t start, end, capacity;
};

/* No buffer grows beyond this: producers stop long before (see stream_queued). */
#define BUFFER_MAX (64u << 20)

static inline size_t buffer_len(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    if (buffer->memory == NULL)
        return SLICE_NONE;
    return (struct slice){buffer->memory + buffer->start, buffer->end - buffer->start};
}

/* Room for `len` more bytes at the end, at least; write there, then buffer_added. */
char *buffer_reserve(struct buffer *buffer, size_t len);
void buffer_added(struct buffer *buffer, size_t len);
void buffer_append(struct buffer *buffer, struct slice bytes);
void buffer_consume(struct buffer *buffer, size_t len);
void buffer_release(struct buffer *buffer); /* drops everything */
