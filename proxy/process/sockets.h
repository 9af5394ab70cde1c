#pragma once

#include "conf/conf_report.h"
#include "relay/listen.h"

#include <stdbool.h>
#include <stddef.h>

/* The listening sockets of the master. They live as long as some configuration wants their address,
 * so a reload closes none that goes on and no queued connection is lost. */

struct bound_socket {
    struct address address;
    int fd;
    bool is_new; /* bound for the configuration being loaded, not yet in force */
};

struct sockets {
    struct bound_socket *items;
    size_t count;
};

/* Has a socket for each of `list` (but those that a wildcard covers): the one there is, or a new
 * one bound and listening. False with an error in *report for each that failed; new ones are closed
 * by sockets_abandon. */
bool sockets_bind(struct sockets *sockets, const struct listen_list *list,
                  struct conf_report *report) __attribute__((warn_unused_result));

/* The descriptor for listens[index], -1 if it is covered. */
int sockets_fd(const struct sockets *sockets, const struct listen_list *list, size_t index);

void sockets_abandon(struct sockets *sockets); /* closes the new ones */

/* From now on only `list` counts (NULL: nothing does): closes all others. */
void sockets_commit(struct sockets *sockets, const struct listen_list *list);
void sockets_deinit(struct sockets *sockets);
