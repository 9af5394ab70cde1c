#include "base/arena.h"

#include "base/ensure.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* One chunk holds the head and a few fields of an ordinary request. */
#define CHUNK_SIZE 4000

struct arena_chunk {
    struct arena_chunk *older;
    max_align_t data[];
};

void *memory_alloc(size_t size)
{
    void *memory = malloc(size);

    ensure(memory != NULL || size == 0);
    return memory;
}

void *memory_zero(size_t size)
{
    void *memory = calloc(1, size);

    ensure(memory != NULL || size == 0);
    return memory;
}

void *memory_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    ensure(grown != NULL || size == 0);
    return grown;
}

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_deinit(struct arena *arena)
{
    while (arena->chunk != NULL) {
        struct arena_chunk *older = arena->chunk->older;

        free(arena->chunk);
        arena->chunk = older;
    }
    arena_init(arena, arena->limit);
}

void arena_recycle(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;

    if (chunk == NULL || chunk->older != NULL || arena->end - (char *)chunk->data != CHUNK_SIZE) {
        arena_deinit(arena);
        return;
    }
    arena->next = (char *)chunk->data;
    arena->taken = 0;
}

static void add_chunk(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = memory_alloc(sizeof *chunk + size);

    chunk->older = arena->chunk;
    arena->chunk = chunk;
    arena->next = (char *)chunk->data;
    arena->end = arena->next + size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    void *memory;

    if (rounded < size || rounded > arena->limit || arena->taken > arena->limit - rounded)
        return NULL;
    if (arena->chunk == NULL || (size_t)(arena->end - arena->next) < rounded)
        add_chunk(arena, rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE);
    memory = arena->next;
    arena->next += rounded;
    arena->taken += rounded;
    return memory;
}

void *arena_zero(struct arena *arena, size_t size)
{
    void *memory = arena_alloc(arena, size);

    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

struct slice arena_keep(struct arena *arena, struct slice s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    if (copy == NULL)
        return SLICE_NONE;
    if (s.len > 0)
        memcpy(copy, s.at, s.len);
    copy[s.len] = '\0';
    return (struct slice){copy, s.len};
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    va_list list, again;
    char *text;
    int len;

    va_start(list, format);
    va_copy(again, list);
    len = vsnprintf(NULL, 0, format, list);
    va_end(list);
    ensure(len >= 0);
    text = arena_alloc(arena, (size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text == NULL ? SLICE_NONE : (struct slice){text, (size_t)len};
}
