#include "process/keyholder_memory.h"

#include "base/ensure.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define UNIT        16
#define SMALL_MAX   1024               /* a class for each multiple of UNIT up to here */
#define SMALL_COUNT (SMALL_MAX / UNIT) /* then one for each power of two */
#define BIGGEST     ((size_t)SMALL_MAX << (KEY_MEMORY_CLASSES - SMALL_COUNT - 1))

/* In front of what is given out, and as long as UNIT. */
struct key_memory_block {
    size_t class;
    struct key_memory_block *next; /* while it is free */
};
_Static_assert(sizeof(struct key_memory_block) == UNIT, "keeps what is given out aligned");

static size_t class_of(size_t size)
{
    size_t class = SMALL_COUNT;

    if (size <= SMALL_MAX)
        return size == 0 ? 0 : (size - 1) / UNIT;
    while (((size_t)SMALL_MAX << (class - SMALL_COUNT + 1)) < size)
        class ++;
    return class;
}

static size_t size_of(size_t class)
{
    if (class < SMALL_COUNT)
        return (class + 1) * UNIT;
    return (size_t)SMALL_MAX << (class - SMALL_COUNT + 1);
}

void key_memory_init(struct key_memory *memory, void *at, size_t size)
{
    *memory = (struct key_memory){.next = at, .end = (char *)at + size};
    pthread_mutex_init(&memory->lock, NULL);
}

static struct key_memory_block *find(struct key_memory *memory, size_t class)
{
    struct key_memory_block *block = memory->free[class];
    size_t whole = sizeof *block + size_of(class);

    if (block != NULL) {
        memory->free[class] = block->next;
        return block;
    }
    if ((size_t)(memory->end - memory->next) < whole)
        return NULL;
    block = (struct key_memory_block *)(void *)memory->next;
    memory->next += whole;
    block->class = class;
    return block;
}

void *key_memory_take(struct key_memory *memory, size_t size)
{
    struct key_memory_block *block;

    if (size > BIGGEST)
        return NULL;
    pthread_mutex_lock(&memory->lock);
    block = find(memory, class_of(size));
    pthread_mutex_unlock(&memory->lock);
    return block == NULL ? NULL : block + 1;
}

void key_memory_give(struct key_memory *memory, void *given)
{
    struct key_memory_block *block = given;

    if (given == NULL)
        return;
    block--;
    ensure(block->class < KEY_MEMORY_CLASSES);
    explicit_bzero(given, size_of(block->class));
    pthread_mutex_lock(&memory->lock);
    block->next = memory->free[block->class];
    memory->free[block->class] = block;
    pthread_mutex_unlock(&memory->lock);
}

void *key_memory_resize(struct key_memory *memory, void *given, size_t size)
{
    const struct key_memory_block *block = given;
    void *other;

    if (given == NULL)
        return key_memory_take(memory, size);
    block--;
    if (size <= size_of(block->class))
        return given;
    other = key_memory_take(memory, size);
    if (other != NULL) {
        memcpy(other, given, size_of(block->class));
        key_memory_give(memory, given);
    }
    return other;
}
