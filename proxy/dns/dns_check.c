#include "dns/dns_check.h"

#include "base/arena.h"

#include <stdlib.h>

struct check {
    struct loop *loop;
    size_t waiting;
};

/* One name of a check. */
struct check_name {
    struct check *check;
    enum dns_status *status;
};

static void on_checked(void *owner, enum dns_status status, const struct address *addresses,
                       size_t count)
{
    const struct check_name *name = owner;

    (void)addresses;
    (void)count;
    *name->status = status;
    if (--name->check->waiting == 0)
        loop_stop(name->check->loop);
}

static enum dns_status worst_of(const enum dns_status *statuses, size_t count)
{
    enum dns_status worst = DNS_FOUND;

    for (size_t i = 0; i < count; i++)
        if (statuses[i] > worst)
            worst = statuses[i];
    return worst;
}

enum dns_status dns_check_names_at(const struct dns_options *options, const struct slice *names,
                                   size_t count, enum dns_status *statuses)
{
    struct check check = {.waiting = count};
    struct dns_resolver *resolver;
    struct check_name *owners;

    if (count == 0)
        return DNS_FOUND;
    check.loop = loop_new();
    resolver = dns_resolver_new(check.loop, options);
    owners = memory_alloc(count * sizeof *owners);
    for (size_t i = 0; i < count; i++) {
        owners[i] = (struct check_name){&check, &statuses[i]};
        dns_resolve(resolver, names[i], on_checked, &owners[i]);
    }
    loop_run(check.loop);
    dns_resolver_free(resolver);
    loop_free(check.loop);
    free(owners);
    return worst_of(statuses, count);
}

enum dns_status dns_check_names(const struct slice *names, size_t count, uint32_t timeout_ms,
                                enum dns_status *statuses)
{
    struct dns_options options = {.timeout_ms = timeout_ms};

    return dns_check_names_at(&options, names, count, statuses);
}
