#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who a process is, and how it gives up being more. */

#define PRIVILEGES_GROUPS_MAX 32

struct privileges_identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[PRIVILEGES_GROUPS_MAX]; /* supplementary, as /etc/group gives them */
    size_t group_count;
};

enum privileges_lookup {
    PRIVILEGES_FOUND,
    PRIVILEGES_NO_USER,
    PRIVILEGES_NO_GROUP,
};

/* `group` empty: the group named like the user, else the user's own. */
enum privileges_lookup privileges_find(struct slice user, struct slice group,
                                       struct privileges_identity *identity);

/* Empties the set of capabilities that an exec could give. Without CAP_SETPCAP it stays as it is,
 * which no_new_privs makes harmless. */
bool privileges_cut_bounding(void) __attribute__((warn_unused_result));

/* Becomes `identity` for good, and makes sure that there is no way back. False with errno; the
 * caller must exit then. Needs root; who is that user already keeps its groups where nobody may
 * change them (a user namespace of one user, root without capabilities). */
bool privileges_become(const struct privileges_identity *identity)
    __attribute__((warn_unused_result));

/* Whether privileges_become would succeed: 0, or its errno. A process that ends at once tries. */
int privileges_try(const struct privileges_identity *identity);

/* Whether processes of other users may be ended, which root without CAP_KILL may not. */
bool privileges_may_kill(void);

/* What needs no privilege: no core files, no gain by exec, not to be traced or read by others of
 * the same uid. To be done last: a change of uid undoes part of it. */
bool privileges_harden(void) __attribute__((warn_unused_result));

/* Raises the limit of open descriptors to `wanted`, or as far as the hard limit allows; root raises
 * that, too. Returns what it is now. */
size_t privileges_raise_descriptors(size_t wanted);
