#include "relay/listen.h"

#include "base/arena.h"
#include "relay/protocol_conf.h"

struct listen *listen_list_add(struct listen_list *list, struct arena *arena,
                               const struct address *address)
{
    struct listen *grown;

    for (size_t i = 0; i < list->count; i++)
        if (address_equal(&list->listens[i].address, address))
            return &list->listens[i];
    grown = arena_zero(arena, (list->count + 1) * sizeof *grown);
    if (list->count > 0)
        memcpy(grown, list->listens, list->count * sizeof *grown);
    list->listens = grown;
    grown[list->count].address = *address;
    return &grown[list->count++];
}
