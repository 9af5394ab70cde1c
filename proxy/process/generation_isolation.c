#include "process/generation_keys.h"
#include "process/generation_private.h"
#include "process/isolation.h"

#include <stdio.h>

/* How well the processes of a generation are confined. */

bool generation_confined(const struct generation *generation, struct child *child,
                         const struct users_choice *user)
{
    char why[ISOLATION_WHY_BYTES];

    child->isolation |= users_bits(user);
    if (!generation->isolation_required || isolation_is_enough(child->isolation, why))
        return true;
    snprintf(child->why, sizeof child->why, "%s", why);
    return false;
}

static void say_child(const char *name, const struct child *child,
                      void (*say)(void *owner, const char *who, uint32_t reached), void *owner)
{
    char who[64];

    if (child == NULL || child->phase != CHILD_READY)
        return;
    snprintf(who, sizeof who, "%s %d", name, (int)child->pid);
    say(owner, who, child->isolation);
}

void generation_isolation(const struct generation *generation,
                          void (*say)(void *owner, const char *who, uint32_t reached), void *owner)
{
    say(owner, "workers", generation->child_count == 0 ? 0 : generation->children[0].isolation);
    say_child("key holder", generation_keys_holder(generation), say, owner);
    say_child("frontd-auth", &generation->auth, say, owner);
}
