#include "relay/backend_memory.h"

static size_t find(const struct backend_memory *memory, const struct address *address)
{
    size_t i = 0;

    while (i < BACKEND_MEMORY_SIZE &&
           (memory->failed[i].until == 0 || !address_equal(&memory->failed[i].address, address)))
        i++;
    return i;
}

void backend_memory_failed(struct backend_memory *memory, const struct address *address,
                           uint64_t now)
{
    size_t place = find(memory, address);

    if (place == BACKEND_MEMORY_SIZE) {
        place = memory->next;
        memory->next = (memory->next + 1) % BACKEND_MEMORY_SIZE;
    }
    memory->failed[place].address = *address;
    memory->failed[place].until = now + BACKEND_MEMORY_MS;
}

void backend_memory_worked(struct backend_memory *memory, const struct address *address)
{
    size_t place = find(memory, address);

    if (place < BACKEND_MEMORY_SIZE)
        memory->failed[place].until = 0;
}

static bool has_failed(const struct backend_memory *memory, const struct address *address,
                       uint64_t now)
{
    size_t place = find(memory, address);

    return place < BACKEND_MEMORY_SIZE && memory->failed[place].until > now;
}

/* Insertion: a handful of addresses. */
void backend_memory_sort(const struct backend_memory *memory, struct address *addresses,
                         size_t count, uint64_t now)
{
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        struct address address = addresses[i];

        if (has_failed(memory, &address, now))
            continue;
        memmove(&addresses[good + 1], &addresses[good], (i - good) * sizeof address);
        addresses[good++] = address;
    }
}
