#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the sessions of a worker need of the world: said by each protocol's start, before the worker
 * confines itself to it (os/sandbox.h). */

struct rights {
    int *readable; /* directories and files, open with O_PATH; whoever opened them closes them */
    size_t readable_count;
    int *listable; /* directories whose names are shown: the same */
    size_t listable_count;
    uint16_t *ports; /* of backends */
    size_t port_count;
    bool any_port; /* which ones is known only when requests come */

    /* NULL: this process is not confined. Asks for workers with new rights in the place of this
     * one: a directory stands where it may read below another. May be called often. */
    void (*renew)(void *owner);
    void *owner;
};

void rights_read(struct rights *rights, int fd);
void rights_list(struct rights *rights, int fd);
void rights_connect(struct rights *rights, uint16_t port);
void rights_connect_any(struct rights *rights);
void rights_deinit(struct rights *rights);
