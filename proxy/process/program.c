#include "process/program.h"

#include "base/arena.h"
#include "process/core_conf.h"
#include "relay/relay_conf.h"
#include "tls/tls_conf.h"

#define GROUPS_MAX 64

static size_t add(const struct conf_group **groups, size_t count, const struct conf_group *group)
{
    for (size_t i = 0; i < count; i++)
        if (groups[i] == group)
            return count;
    if (count < GROUPS_MAX)
        groups[count++] = group;
    return count;
}

const struct conf_group **program_groups(const struct protocol_conf *const *protocols)
{
    const struct conf_group **groups = memory_zero((GROUPS_MAX + 1) * sizeof *groups);
    size_t count = add(groups, 0, &core_group);

    count = add(groups, count, &core_events_group);
    count = add(groups, count, &relay_log_group);
    count = add(groups, count, &tls_conf_group);
    for (; *protocols != NULL; protocols++)
        for (const struct conf_group *const *group = (*protocols)->groups; *group != NULL; group++)
            count = add(groups, count, *group);
    return groups;
}
