#include "relay/balancer.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "dns/dns.h"
#include "net/loop.h"
#include "relay/balancer_private.h"
#include "relay/balancer_ring.h"
#include "relay/worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* How often at most the resolver is asked what it remembers. */
#define REFRESH_MS 1000
/* For so long "no such name" is an answer to those who waited for it. */
#define SETTLED_MS 100

/* What a server's name means at present. */
struct balancer_name {
    struct balancer *balancer;
    const struct balancer_server *server;
    struct dns_lookup *lookup;
    bool is_address;
    bool is_settled;     /* an answer came, if only that there is none… */
    uint64_t settled_ms; /* …the last one then */
    size_t count;
    struct address addresses[DNS_ADDRESSES_MAX];
};

struct balancer {
    struct worker *worker;
    struct dns_resolver *resolver;
    struct balancer_peers peers;
    struct balancer_waiter *waiters;
    uint64_t refresh_ms; /* when to look at the names again */
    uint64_t chance;     /* where the sequence of random numbers stands */
    uint32_t next_id;
    bool has_names; /* at least one is no address */
    size_t name_count;
    struct balancer_name names[];
};

/* Peers. */

void balancer_hold(struct balancer_peer *peer)
{
    peer->holders++;
}

void balancer_drop(struct balancer_peer *peer)
{
    if (--peer->holders == 0)
        free(peer);
}

static struct balancer_peer *new_peer(struct balancer *balancer,
                                      const struct balancer_server *server,
                                      const struct address *address)
{
    struct balancer_peer *peer = memory_zero(sizeof *peer);
    struct text host = text_in(peer->host, sizeof peer->host);

    peer->server = server;
    peer->address = *address;
    peer->id = ++balancer->next_id;
    peer->weight_effective = server->weight;
    address_text(address, &host);
    peer->target = server->target;
    peer->target.host = text_slice(&host);
    if (balancer->peers.health != NULL)
        peer->health =
            balancer_health_find(balancer->peers.health, address, loop_now(balancer->worker->loop));
    return peer;
}

/* What is known of a peer stays known when the answer for another name changes. */
static struct balancer_peer *keep_peer(struct balancer *balancer,
                                       const struct balancer_server *server,
                                       const struct address *address)
{
    for (size_t i = 0; i < balancer->peers.count; i++) {
        struct balancer_peer *peer = balancer->peers.items[i];

        if (peer->server == server && address_equal(&peer->address, address))
            return peer;
    }
    return new_peer(balancer, server, address);
}

static void list_peers(struct balancer *balancer)
{
    struct balancer_peers peers = balancer->peers;
    size_t count = 0;

    peers.count = 0;
    for (size_t i = 0; i < balancer->name_count; i++)
        count += balancer->names[i].count;
    peers.items = memory_zero((count + 1) * sizeof *peers.items);
    for (size_t i = 0; i < balancer->name_count; i++) {
        const struct balancer_name *name = &balancer->names[i];

        for (size_t k = 0; k < name->count; k++) {
            struct balancer_peer *peer = keep_peer(balancer, name->server, &name->addresses[k]);

            balancer_hold(peer);
            peers.items[peers.count++] = peer;
        }
    }
    for (size_t i = 0; i < balancer->peers.count; i++)
        balancer_drop(balancer->peers.items[i]);
    free(balancer->peers.items);
    balancer->peers = peers;
}

/* Names. */

static bool has_address(const struct balancer_name *name, const struct address *address)
{
    for (size_t i = 0; i < name->count; i++)
        if (address_equal(&name->addresses[i], address))
            return true;
    return false;
}

/* Servers turn the order of their answers: that is no change. */
static bool set_addresses(struct balancer_name *name, const struct address *addresses, size_t count)
{
    bool changed = count != name->count;
    struct address fresh[DNS_ADDRESSES_MAX];

    ensure(count <= DNS_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        fresh[i] = addresses[i];
        fresh[i].port = name->server->target.port;
        changed = changed || !has_address(name, &fresh[i]);
    }
    name->is_settled = true;
    if (!changed)
        return false;
    memcpy(name->addresses, fresh, count * sizeof *fresh);
    name->count = count;
    return true;
}

/* Those that wait again do so on the balancer's own list. */
static void wake(struct balancer *balancer)
{
    struct balancer_waiter *waiters = balancer->waiters;

    balancer->waiters = NULL;
    if (waiters != NULL)
        waiters->previous = &waiters;
    while (waiters != NULL) {
        struct balancer_waiter *waiter = waiters;

        balancer_stop_waiting(waiter);
        waiter->ready(waiter->owner);
    }
}

/* While the DNS server does not answer, what it said before holds. */
static void on_resolved(void *owner, enum dns_status status, const struct address *addresses,
                        size_t count)
{
    struct balancer_name *name = owner;
    struct balancer *balancer = name->balancer;

    name->lookup = NULL;
    name->is_settled = true;
    name->settled_ms = loop_now(balancer->worker->loop);
    if (status != DNS_FAILED && set_addresses(name, addresses, status == DNS_FOUND ? count : 0))
        list_peers(balancer);
    wake(balancer);
}

static bool refresh_name(struct balancer_name *name, uint64_t now)
{
    struct dns_resolver *resolver = name->balancer->resolver;
    struct slice host = name->server->target.host;
    struct address addresses[DNS_ADDRESSES_MAX];
    size_t count;

    if (name->is_address || name->lookup != NULL ||
        (name->is_settled && now - name->settled_ms < SETTLED_MS))
        return false;
    count = dns_remembered(resolver, host, addresses, DNS_ADDRESSES_MAX);
    if (count > 0)
        return set_addresses(name, addresses, count);
    name->lookup = dns_resolve(resolver, host, on_resolved, name);
    return false;
}

static void refresh(struct balancer *balancer, uint64_t now)
{
    bool changed = false;

    if (!balancer->has_names || (balancer->peers.count > 0 && now < balancer->refresh_ms))
        return;
    balancer->refresh_ms = now + REFRESH_MS;
    for (size_t i = 0; i < balancer->name_count; i++)
        changed = refresh_name(&balancer->names[i], now) || changed;
    if (changed)
        list_peers(balancer);
}

/* Is there an answer to come that may bring another peer? */
static bool is_resolving(const struct balancer *balancer)
{
    for (size_t i = 0; i < balancer->name_count; i++)
        if (balancer->names[i].lookup != NULL)
            return true;
    return false;
}

/* Life. */

static void init_name(struct balancer *balancer, struct balancer_name *name,
                      const struct balancer_server *server)
{
    struct address address = {0};

    name->balancer = balancer;
    name->server = server;
    if (address_parse(server->target.host, &address)) {
        name->is_address = true;
        set_addresses(name, &address, 1);
    } else {
        balancer->has_names = true;
    }
}

struct balancer *balancer_new(struct worker *worker, struct dns_resolver *resolver,
                              const struct balancer_conf *conf,
                              const struct balancer_health *health)
{
    struct balancer *balancer =
        memory_zero(sizeof *balancer + conf->server_count * sizeof balancer->names[0]);

    balancer->worker = worker;
    balancer->resolver = resolver;
    balancer->peers.method = conf->method;
    balancer->peers.health = health;
    balancer->peers.chance = &balancer->chance;
    if (conf->method == BALANCER_RING)
        balancer->peers.ring = balancer_ring_new(conf->servers, conf->server_count);
    if (conf->method == BALANCER_RANDOM || conf->method == BALANCER_RANDOM_TWO)
        ensure(getrandom(&balancer->chance, sizeof balancer->chance, 0) == sizeof balancer->chance);
    balancer->name_count = conf->server_count;
    for (size_t i = 0; i < conf->server_count; i++)
        init_name(balancer, &balancer->names[i], &conf->servers[i]);
    list_peers(balancer);
    return balancer;
}

void balancer_free(struct balancer *balancer)
{
    while (balancer->waiters != NULL)
        balancer_stop_waiting(balancer->waiters);
    for (size_t i = 0; i < balancer->name_count; i++)
        dns_cancel(&balancer->names[i].lookup);
    for (size_t i = 0; i < balancer->peers.count; i++)
        balancer_drop(balancer->peers.items[i]);
    free(balancer->peers.items);
    balancer_ring_free(balancer->peers.ring);
    free(balancer);
}

/* Use. */

enum balancer_answer balancer_pick(struct balancer *balancer, struct balancer_tries *tries,
                                   const struct balancer_client *client,
                                   struct balancer_peer **peer)
{
    uint64_t now = loop_now(balancer->worker->loop);

    refresh(balancer, now);
    if (tries->count == BALANCER_TRIES_MAX)
        return BALANCER_NONE;
    *peer = balancer_choose(&balancer->peers, tries, client, now);
    if (*peer == NULL && is_resolving(balancer))
        return BALANCER_WAIT;
    if (*peer == NULL)
        return balancer->peers.count == 0 ? BALANCER_UNRESOLVED : BALANCER_NONE;
    tries->ids[tries->count++] = (*peer)->id;
    balancer_hold(*peer);
    (*peer)->conns++;
    return BALANCER_PICKED;
}

/* Who fails may have moved: the names are looked at again at once. */
bool balancer_has_another(struct balancer *balancer, const struct balancer_tries *tries)
{
    uint64_t now = loop_now(balancer->worker->loop);

    balancer->refresh_ms = 0;
    refresh(balancer, now);
    return tries->count < BALANCER_TRIES_MAX &&
           (balancer_can_choose(&balancer->peers, tries, now) || is_resolving(balancer));
}

void balancer_release(struct balancer *balancer, struct balancer_peer **handle,
                      enum balancer_outcome outcome)
{
    struct balancer_peer *peer = *handle;

    *handle = NULL;
    if (peer == NULL)
        return;
    peer->conns--;
    balancer_note(&balancer->peers, peer, outcome, loop_now(balancer->worker->loop));
    balancer_drop(peer);
}

void balancer_wait(struct balancer *balancer, struct balancer_waiter *waiter)
{
    ensure(waiter->previous == NULL);
    waiter->next = balancer->waiters;
    waiter->previous = &balancer->waiters;
    if (waiter->next != NULL)
        waiter->next->previous = &waiter->next;
    balancer->waiters = waiter;
}

void balancer_stop_waiting(struct balancer_waiter *waiter)
{
    if (waiter->previous == NULL)
        return;
    *waiter->previous = waiter->next;
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    waiter->previous = NULL;
}

/* Checks. */

struct balancer_peer *const *balancer_peers(struct balancer *balancer, size_t *count)
{
    uint64_t now = loop_now(balancer->worker->loop);

    refresh(balancer, now);
    for (size_t i = 0; i < balancer->peers.count; i++) { /* a place is lost when unused for long */
        struct balancer_peer *peer = balancer->peers.items[i];

        peer->health = balancer_health_find(balancer->peers.health, &peer->address, now);
    }
    *count = balancer->peers.count;
    return balancer->peers.items;
}
