#pragma once

#include "auth/auth_cache.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hashes under way: who asks for the same name and password meanwhile (a browser opens half a dozen
 * connections at once) waits for the same one. */

#define AUTH_ASKERS_MAX 1024 /* for one hash, beside the first */

struct auth_asker {
    uint64_t client, id;
};

struct auth_pending {
    struct auth_pending *next;
    struct auth_cache_mark mark;
    uint32_t remember_ms; /* the longest that was asked for */
    struct auth_asker *askers;
    size_t count;
};

struct auth_pendings {
    struct auth_pending *first;
};

/* NULL: nobody computes that. */
struct auth_pending *auth_pending_find(const struct auth_pendings *pendings,
                                       const struct auth_cache_mark *mark);

struct auth_pending *auth_pending_add(struct auth_pendings *pendings,
                                      const struct auth_cache_mark *mark, uint32_t remember_ms);

/* False: too many wait already. */
bool auth_pending_join(struct auth_pending *pending, struct auth_asker asker, uint32_t remember_ms)
    __attribute__((warn_unused_result));

void auth_pending_end(struct auth_pendings *pendings, struct auth_pending *pending);
