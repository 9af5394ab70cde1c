#include "net/buffer.h"

#include "base/arena.h"
#include "base/ensure.h"

#include <stdlib.h>

#define SMALLEST 512

static void move_to_front(struct buffer *buffer)
{
    memmove(buffer->memory, buffer->memory + buffer->start, buffer_len(buffer));
    buffer->end -= buffer->start;
    buffer->start = 0;
}

char *buffer_reserve(struct buffer *buffer, size_t len)
{
    size_t needed = buffer_len(buffer) + len, capacity;

    ensure(len <= BUFFER_MAX && needed <= BUFFER_MAX);
    if (buffer->capacity - buffer->end >= len)
        return buffer->memory + buffer->end;
    if (buffer->start > 0)
        move_to_front(buffer);
    if (buffer->capacity < needed) {
        capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity;
        while (capacity < needed)
            capacity *= 2;
        buffer->memory = memory_grow(buffer->memory, capacity);
        buffer->capacity = (uint32_t)capacity;
    }
    return buffer->memory + buffer->end;
}

void buffer_added(struct buffer *buffer, size_t len)
{
    ensure(len <= buffer->capacity - buffer->end);
    buffer->end += (uint32_t)len;
}

void buffer_append(struct buffer *buffer, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    memcpy(buffer_reserve(buffer, bytes.len), bytes.at, bytes.len);
    buffer_added(buffer, bytes.len);
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    ensure(len <= buffer_len(buffer));
    buffer->start += (uint32_t)len;
    if (buffer->start == buffer->end)
        buffer_release(buffer);
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->memory);
    *buffer = (struct buffer){0};
}
