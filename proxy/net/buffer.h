#pragma once

#include "base/slice.h"

#include <stddef.h>

/* Bytes waiting to be sent or parsed. Memory is taken when the first byte is added and returned
 * when the last one is gone. */
struct buffer {
    char *memory;
    size_t start, end, capacity;
};

static inline size_t buffer_len(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->memory + buffer->start, buffer->end - buffer->start};
}

/* Room for `len` more bytes at the end, at least; write there, then buffer_added. */
char *buffer_reserve(struct buffer *buffer, size_t len);
void buffer_added(struct buffer *buffer, size_t len);
void buffer_append(struct buffer *buffer, struct slice bytes);
void buffer_consume(struct buffer *buffer, size_t len);
void buffer_release(struct buffer *buffer); /* drops everything */
