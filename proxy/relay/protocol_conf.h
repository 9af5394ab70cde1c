#pragma once

#include "auth/auth_list.h"
#include "base/arena.h"
#include "base/text.h"
#include "conf/conf_block.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/shared_zone.h"

/* All that the master (and `frontd -t`) knows of a protocol: its directives and what follows from
 * them. Linked without the protocol's network code. */
struct protocol_conf {
    const char *name;                       /* the same as struct protocol's */
    const char *tls_name;                   /* what people call it with TLS from the first byte */
    const struct conf_group *const *groups; /* NULL-terminated */

    /* Adds each address to listen on once; servers that share one are put together in
     * listen->servers. The same in master and worker, in the same order. */
    void (*listens)(const struct conf *conf, struct arena *arena, struct listen_list *list);

    /* Adds every log file the protocol will write to. */
    void (*logs)(const struct conf *conf, struct log_files *files);

    /* Adds every password file the protocol will ask for. NULL: none ever. */
    void (*passwords)(const struct conf *conf, struct auth_list *list);

    /* Adds all memory that its sessions share between workers. NULL: none ever. */
    void (*zones)(const struct conf *conf, struct shared_zones *zones);

    /* Reports what is allowed and hardly ever meant; everything is read, and good. For `frontd -t`
     * alone: it looks at the disk. NULL: nothing. */
    void (*lint)(struct conf *conf, struct conf_report *report);

    /* Lines for the picture that a successful `frontd -t` prints: "ok  14 sites      a, b, …". */
    void (*summary)(const struct conf *conf, struct text *text);
};

/* Adds a listen for `address` to the list, or finds the one that is there. Earlier results are
 * invalid after the next call. */
struct listen *listen_list_add(struct listen_list *list, struct arena *arena,
                               const struct address *address);

/* Room for one more server of `size` bytes, cleared, at index `at` of listen->servers, which has
 * that many already; those behind it move. `size` is always the same for one listen. */
void *listen_add_server(struct listen *listen, struct arena *arena, size_t size, size_t at);
