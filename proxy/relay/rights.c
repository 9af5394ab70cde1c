#include "relay/rights.h"

#include "base/arena.h"

#include <stdlib.h>

void rights_read(struct rights *rights, int fd)
{
    rights->readable =
        memory_grow(rights->readable, (rights->readable_count + 1) * sizeof *rights->readable);
    rights->readable[rights->readable_count++] = fd;
}

void rights_list(struct rights *rights, int fd)
{
    rights->listable =
        memory_grow(rights->listable, (rights->listable_count + 1) * sizeof *rights->listable);
    rights->listable[rights->listable_count++] = fd;
}

void rights_connect(struct rights *rights, uint16_t port)
{
    for (size_t i = 0; i < rights->port_count; i++)
        if (rights->ports[i] == port)
            return;
    rights->ports = memory_grow(rights->ports, (rights->port_count + 1) * sizeof *rights->ports);
    rights->ports[rights->port_count++] = port;
}

void rights_connect_any(struct rights *rights)
{
    rights->any_port = true;
}

void rights_deinit(struct rights *rights)
{
    free(rights->readable);
    free(rights->listable);
    free(rights->ports);
    *rights = (struct rights){0};
}
