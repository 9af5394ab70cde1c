#include "relay/listen.h"

#include "base/arena.h"
#include "relay/protocol_conf.h"

/* Slots for two listens each at least, so that a free one is never far. */
#define FIRST_LISTENS 8

/* FNV-1a. */
static size_t hash_of(const struct address *address)
{
    uint32_t hash = 2166136261u ^ address->port;

    for (size_t i = 0; i < sizeof address->bytes; i++)
        hash = (hash ^ address->bytes[i]) * 16777619u;
    return hash;
}

/* Where the address is, or the free slot where it would be. */
static uint32_t *slot_of(const struct listen_list *list, const struct address *address)
{
    size_t mask = list->slot_count - 1;
    size_t at = hash_of(address) & mask;

    while (list->slots[at] != 0 &&
           !address_equal(&list->listens[list->slots[at] - 1].address, address))
        at = (at + 1) & mask;
    return &list->slots[at];
}

struct listen *listen_list_find(const struct listen_list *list, const struct address *address)
{
    uint32_t index = list->count == 0 ? 0 : *slot_of(list, address);

    return index == 0 ? NULL : &list->listens[index - 1];
}

static void grow(struct listen_list *list, struct arena *arena)
{
    size_t capacity = list->count == 0 ? FIRST_LISTENS : 2 * list->count;
    struct listen *grown = arena_zero(arena, capacity * sizeof *grown);

    if (list->count > 0)
        memcpy(grown, list->listens, list->count * sizeof *grown);
    list->listens = grown;
    list->slot_count = 2 * capacity;
    list->slots = arena_zero(arena, list->slot_count * sizeof *list->slots);
    for (uint32_t i = 0; i < list->count; i++)
        *slot_of(list, &grown[i].address) = i + 1;
}

struct listen *listen_list_add(struct listen_list *list, struct arena *arena,
                               const struct address *address)
{
    struct listen *listen = listen_list_find(list, address);

    if (listen != NULL)
        return listen;
    if (2 * list->count == list->slot_count)
        grow(list, arena);
    listen = &list->listens[list->count];
    listen->address = *address;
    *slot_of(list, address) = (uint32_t)++list->count;
    return listen;
}

/* The array has room for a power of two. */
void *listen_add_server(struct listen *listen, struct arena *arena, size_t size, size_t at)
{
    size_t count = listen->server_count++;
    char *servers = listen->servers;

    if ((count & (count - 1)) == 0) {
        servers = arena_zero(arena, (count == 0 ? 1 : 2 * count) * size);
        if (count > 0)
            memcpy(servers, listen->servers, count * size);
        listen->servers = servers;
    }
    memmove(servers + (at + 1) * size, servers + at * size, (count - at) * size);
    return memset(servers + at * size, 0, size);
}
