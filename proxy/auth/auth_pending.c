#include "auth/auth_pending.h"

#include "auth/auth_verify.h"
#include "base/arena.h"

#include <stdlib.h>

/* As many as threads and the queue before them take: few enough to look at each. */
struct auth_pending *auth_pending_find(const struct auth_pendings *pendings,
                                       const struct auth_cache_mark *mark)
{
    struct auth_pending *pending = pendings->first;

    while (pending != NULL &&
           !auth_equal((struct slice){pending->mark.bytes, sizeof pending->mark.bytes},
                       (struct slice){mark->bytes, sizeof mark->bytes}))
        pending = pending->next;
    return pending;
}

struct auth_pending *auth_pending_add(struct auth_pendings *pendings,
                                      const struct auth_cache_mark *mark, uint32_t remember_ms)
{
    struct auth_pending *pending = memory_zero(sizeof *pending);

    *pending =
        (struct auth_pending){.next = pendings->first, .mark = *mark, .remember_ms = remember_ms};
    pendings->first = pending;
    return pending;
}

static bool is_power_of_two(size_t number)
{
    return (number & (number - 1)) == 0;
}

bool auth_pending_join(struct auth_pending *pending, struct auth_asker asker, uint32_t remember_ms)
{
    size_t count = pending->count;

    if (count == AUTH_ASKERS_MAX)
        return false;
    if (is_power_of_two(count)) /* 0 is one, too */
        pending->askers =
            memory_grow(pending->askers, (count == 0 ? 1 : 2 * count) * sizeof *pending->askers);
    pending->askers[pending->count++] = asker;
    if (remember_ms > pending->remember_ms)
        pending->remember_ms = remember_ms;
    return true;
}

void auth_pending_end(struct auth_pendings *pendings, struct auth_pending *pending)
{
    struct auth_pending **place = &pendings->first;

    while (*place != pending)
        place = &(*place)->next;
    *place = pending->next;
    free(pending->askers);
    free(pending);
}
