#pragma once

#include <pthread.h>
#include <stddef.h>

/* A small allocator over one run of memory: what is freed is wiped, and nothing is given back. */

#define KEY_MEMORY_CLASSES 96

struct key_memory {
    char *next, *end; /* never given out yet */
    struct key_memory_block *free[KEY_MEMORY_CLASSES];
    pthread_mutex_t lock;
};

void key_memory_init(struct key_memory *memory, void *at, size_t size);

/* Like malloc and its family; NULL when the run is used up. */
void *key_memory_take(struct key_memory *memory, size_t size) __attribute__((warn_unused_result));
void *key_memory_resize(struct key_memory *memory, void *block, size_t size)
    __attribute__((warn_unused_result));
void key_memory_give(struct key_memory *memory, void *block);
