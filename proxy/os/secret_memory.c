#include "os/secret_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static void *map_unreadable(size_t size)
{
    void *memory = MAP_FAILED;
    int fd = (int)syscall(SYS_memfd_secret, 0);

    if (fd < 0)
        return NULL;
    if (ftruncate(fd, (off_t)size) == 0)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Between two pages that nobody may touch. */
static void *map_guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (size + page - 1) / page * page;
    char *memory = mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || mprotect(memory + page, whole, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    madvise(memory + page, whole, MADV_DONTDUMP);
    return memory + page;
}

void *secret_memory_map(size_t size, enum secret_level *level)
{
    void *memory = map_unreadable(size);

    *level = SECRET_UNREADABLE;
    if (memory == NULL) {
        memory = map_guarded(size);
        if (memory == NULL)
            return NULL;
        *level = mlock(memory, size) == 0 ? SECRET_LOCKED : SECRET_PLAIN;
    }
    madvise(memory, size, MADV_DONTFORK);
    return memory;
}
