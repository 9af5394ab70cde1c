#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Memory given out bit by bit and freed all at once, with a hard ceiling: what dies together lives
 * in one arena. An arena in its initial state holds no memory. */
struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *next, *end;          /* free part of `chunk` */
    size_t taken;              /* bytes given out, chunk heads not counted */
    size_t limit;
};

#define ARENA_UNLIMITED SIZE_MAX

/* `limit`: bytes after which arena_alloc returns NULL. */
void arena_init(struct arena *arena, size_t limit);

/* Frees everything; the arena can be used again. */
void arena_deinit(struct arena *arena);

/* The same; if one chunk was enough it is kept for what comes next. */
void arena_recycle(struct arena *arena);

/* `size` bytes aligned for any type, not cleared; NULL only when the ceiling is reached (the
 * machine running out of memory aborts). With ARENA_UNLIMITED the result is never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* The same, cleared. */
void *arena_zero(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* A copy of `s` that lives as long as the arena; a NUL follows it, not counted in its length. On
 * the ceiling: a slice with at == NULL. */
struct slice arena_keep(struct arena *arena, struct slice s) __attribute__((warn_unused_result));

/* printf into the arena; for text that is ours. */
struct slice arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* malloc, calloc and realloc that abort when the machine has no memory left. */
void *memory_alloc(size_t size) __attribute__((warn_unused_result, malloc));
void *memory_zero(size_t size) __attribute__((warn_unused_result, malloc));
void *memory_grow(void *memory, size_t size) __attribute__((warn_unused_result));
