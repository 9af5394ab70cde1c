#include "relay/backend.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "dns/dns.h"
#include "net/dial.h"
#include "relay/backend_memory.h"
#include "relay/backend_private.h"
#include "relay/worker.h"

#include <errno.h>

struct backend_dial {
    struct worker *worker;
    void (*done)(void *owner, enum backend_failure failure, int fd, const struct address *address);
    void *owner;
    uint16_t port;
    uint64_t until;               /* the end of all attempts */
    struct dns_lookup *lookup;    /* first this… */
    struct deadline lookup_until; /* …at most so long; dials have their own deadline */
    struct dial *dial;            /* …then this, for addresses[next - 1] */
    bool timed_out;               /* at least one address did not answer */
    size_t count, next;
    struct address addresses[];
};

const char *backend_failure_words(enum backend_failure failure)
{
    static const char *const words[] = {
        [BACKEND_OK] = "connected",
        [BACKEND_NOT_RESOLVED] = "host not found",
        [BACKEND_REFUSED] = "connection refused",
        [BACKEND_TIMED_OUT] = "connection timed out",
    };

    return words[failure];
}

static struct backend_memory *memory_of(const struct backend_dial *dial)
{
    return dial->worker->backends == NULL ? NULL : backend_pool_memory(dial->worker->backends);
}

/* Releases everything but tells nobody. */
static void end(struct backend_dial *dial)
{
    dns_cancel(&dial->lookup);
    dial_cancel(&dial->dial);
    deadline_clear(&dial->lookup_until);
    loop_retire(dial->worker->loop, dial);
}

static void fail(struct backend_dial *dial, enum backend_failure failure)
{
    dial->worker->counters[COUNTER_BACKEND_FAILURES]++;
    end(dial);
    dial->done(dial->owner, failure, -1, NULL);
}

static void try_next(struct backend_dial *dial);

static void on_dialled(void *owner, int fd, int error)
{
    struct backend_dial *dial = owner;
    const struct address *address = &dial->addresses[dial->next - 1];
    struct backend_memory *memory = memory_of(dial);

    dial->dial = NULL;
    if (fd >= 0) {
        if (memory != NULL)
            backend_memory_worked(memory, address);
        dial->worker->counters[COUNTER_BACKEND_CONNECTS]++;
        end(dial);
        dial->done(dial->owner, BACKEND_OK, fd, address);
        return;
    }
    if (memory != NULL)
        backend_memory_failed(memory, address, loop_now(dial->worker->loop));
    dial->timed_out = dial->timed_out || error == ETIMEDOUT;
    if (dial->next < dial->count)
        try_next(dial);
    else
        fail(dial, dial->timed_out ? BACKEND_TIMED_OUT : BACKEND_REFUSED);
}

/* Each address gets its share of the time that is left, so that one that never answers leaves some
 * to the others. */
static void try_next(struct backend_dial *dial)
{
    struct loop *loop = dial->worker->loop;
    uint64_t now = loop_now(loop);
    uint64_t left_ms = now < dial->until ? dial->until - now : 0;
    uint64_t share_ms = left_ms / (dial->count - dial->next);

    dial->dial =
        dial_start(loop, &dial->addresses[dial->next++], (uint32_t)share_ms, on_dialled, dial);
}

static struct backend_dial *dial_new(struct worker *worker, uint16_t port, size_t capacity,
                                     uint32_t timeout_ms)
{
    struct backend_dial *dial = memory_zero(sizeof *dial + capacity * sizeof dial->addresses[0]);

    dial->worker = worker;
    dial->port = port;
    dial->until = loop_now(worker->loop) + timeout_ms;
    return dial;
}

static void start(struct backend_dial *dial, const struct address *addresses, size_t count)
{
    const struct backend_memory *memory = memory_of(dial);

    ensure(count > 0);
    for (size_t i = 0; i < count; i++) {
        dial->addresses[i] = addresses[i];
        dial->addresses[i].port = dial->port;
    }
    dial->count = count;
    if (memory != NULL && count > 1)
        backend_memory_sort(memory, dial->addresses, count, loop_now(dial->worker->loop));
    try_next(dial);
}

static void on_resolved(void *owner, enum dns_status status, const struct address *addresses,
                        size_t count)
{
    struct backend_dial *dial = owner;

    dial->lookup = NULL;
    deadline_clear(&dial->lookup_until);
    if (status != DNS_FOUND)
        fail(dial, BACKEND_NOT_RESOLVED);
    else
        start(dial, addresses, count);
}

static void on_lookup_timeout(void *owner)
{
    fail(owner, BACKEND_NOT_RESOLVED);
}

static void resolve(struct backend_dial *dial, struct dns_resolver *resolver, struct slice host,
                    uint32_t timeout_ms)
{
    deadline_init(&dial->lookup_until, on_lookup_timeout, dial);
    deadline_set(dial->worker->loop, &dial->lookup_until, timeout_ms);
    dial->lookup = dns_resolve(resolver, host, on_resolved, dial);
}

/* What is known without asking: one address as text, or what the resolver remembers. */
static size_t known_addresses(struct dns_resolver *resolver, struct slice host,
                              struct address *addresses)
{
    addresses[0] = (struct address){0};
    if (address_parse(host, &addresses[0]))
        return 1;
    return dns_remembered(resolver, host, addresses, DNS_ADDRESSES_MAX);
}

struct backend_dial *backend_dial(struct worker *worker, const struct backend_target *target,
                                  uint32_t timeout_ms,
                                  void (*done)(void *owner, enum backend_failure failure, int fd,
                                               const struct address *address),
                                  void *owner)
{
    struct address addresses[DNS_ADDRESSES_MAX];
    struct dns_resolver *resolver = target->resolver == NULL ? worker->resolver : target->resolver;
    size_t known = known_addresses(resolver, target->host, addresses);
    struct backend_dial *dial =
        dial_new(worker, target->port, known > 0 ? known : DNS_ADDRESSES_MAX, timeout_ms);

    dial->done = done;
    dial->owner = owner;
    if (known > 0)
        start(dial, addresses, known);
    else
        resolve(dial, resolver, target->host, timeout_ms);
    return dial;
}

void backend_dial_cancel(struct backend_dial **handle)
{
    struct backend_dial *dial = *handle;

    *handle = NULL;
    if (dial != NULL)
        end(dial);
}
