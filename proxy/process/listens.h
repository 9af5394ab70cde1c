#pragma once

#include "conf/conf_block.h"
#include "relay/listen.h"
#include "relay/protocol_conf.h"

/* The listening addresses of all protocols together. */

/* Collects them in the order of `protocols` (NULL-terminated), the same in master and workers. An
 * address that two protocols want is an error in *report (NULL: was checked before). */
void listens_collect(const struct conf *conf, const struct protocol_conf *const *protocols,
                     struct arena *arena, struct listen_list *list, struct conf_report *report);

/* The kernel does not let one socket listen on 0.0.0.0:80 and another on 192.0.2.1:80. So only the
 * first is bound, and who accepts looks at the local address (as nginx does). Gives the index of
 * the wildcard listen that covers `index`, or `index` itself. */
size_t listens_cover(const struct listen_list *list, size_t index);

/* What a connection accepted on listens[index] with this local address belongs to. */
const struct listen *listens_choose(const struct listen_list *list, size_t index,
                                    const struct address *local);
