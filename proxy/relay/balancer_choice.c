#include "relay/balancer_private.h"

#include <sys/socket.h>

/* nginx's numbers for ip_hash. */
#define HASH_START     89
#define HASH_FACTOR    113
#define HASH_MODULUS   6271
#define HASH_TRIES_MAX 20

static bool was_tried(const struct balancer_tries *tries, const struct balancer_peer *peer)
{
    for (size_t i = 0; i < tries->count; i++)
        if (tries->ids[i] == peer->id)
            return true;
    return false;
}

static bool is_aside(const struct balancer_peer *peer, uint64_t now)
{
    const struct balancer_server *server = peer->server;

    return server->max_fails > 0 && peer->fails >= server->max_fails &&
           now - peer->checked_ms <= server->fail_timeout_ms;
}

/* The only peer there is gets every request, however often it failed: there is nothing better. */
static bool is_usable(const struct balancer_peers *peers, const struct balancer_peer *peer,
                      const struct balancer_tries *tries, uint64_t now)
{
    const struct balancer_server *server = peer->server;

    if (server->down || (server->max_conns > 0 && peer->conns >= server->max_conns) ||
        was_tried(tries, peer))
        return false;
    return peers->count == 1 || !is_aside(peer, now);
}

/* One step of a peer's weight towards what it was before it failed, and of its turn. */
static void advance(struct balancer_peer *peer, int64_t *total)
{
    peer->weight_now += peer->weight_effective;
    *total += peer->weight_effective;
    if (peer->weight_effective < peer->server->weight)
        peer->weight_effective++;
}

/* Has `a` fewer connections than `b` for its weight? */
static bool has_fewer(const struct balancer_peer *a, const struct balancer_peer *b)
{
    return (uint64_t)a->conns * b->server->weight < (uint64_t)b->conns * a->server->weight;
}

static const struct balancer_peer *find_least(const struct balancer_peers *peers, bool backup,
                                              const struct balancer_tries *tries, uint64_t now)
{
    const struct balancer_peer *least = NULL;

    for (size_t i = 0; i < peers->count; i++)
        if (peers->items[i]->server->backup == backup &&
            is_usable(peers, peers->items[i], tries, now) &&
            (least == NULL || has_fewer(peers->items[i], least)))
            least = peers->items[i];
    return least;
}

/* Smooth weighted round robin: the peer whose turn is most due. With least_conn only among those
 * that have as few connections as the best. */
static struct balancer_peer *by_turn(const struct balancer_peers *peers, bool backup,
                                     const struct balancer_tries *tries, uint64_t now)
{
    const struct balancer_peer *least =
        peers->method == BALANCER_LEAST_CONN ? find_least(peers, backup, tries, now) : NULL;
    struct balancer_peer *best = NULL;
    int64_t total = 0;

    for (size_t i = 0; i < peers->count; i++) {
        struct balancer_peer *peer = peers->items[i];

        if (peer->server->backup != backup || !is_usable(peers, peer, tries, now) ||
            (least != NULL && has_fewer(least, peer)))
            continue;
        advance(peer, &total);
        if (best == NULL || peer->weight_now > best->weight_now)
            best = peer;
    }
    if (best != NULL)
        best->weight_now -= total;
    return best;
}

/* The network of an IPv4 client (/24), all of an IPv6 address. */
static uint32_t hash_of(const struct address *client, uint32_t hash)
{
    size_t count = client->family == AF_INET ? 3 : sizeof client->bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash * HASH_FACTOR + client->bytes[i]) % HASH_MODULUS;
    return hash;
}

static struct balancer_peer *at_weight(const struct balancer_peers *peers, uint64_t weight)
{
    size_t i = 0;

    while (weight >= peers->items[i]->server->weight)
        weight -= peers->items[i++]->server->weight;
    return peers->items[i];
}

/* The same client meets the same peer as long as that can be had. */
static struct balancer_peer *by_client(const struct balancer_peers *peers,
                                       const struct balancer_tries *tries,
                                       const struct address *client, uint64_t now)
{
    uint32_t hash = HASH_START;
    uint64_t total = 0;

    for (size_t i = 0; i < peers->count; i++)
        total += peers->items[i]->server->weight;
    for (unsigned i = 0; total > 0 && i < HASH_TRIES_MAX; i++) {
        struct balancer_peer *peer;

        hash = hash_of(client, hash);
        peer = at_weight(peers, hash % total);
        if (is_usable(peers, peer, tries, now))
            return peer;
    }
    return by_turn(peers, false, tries, now);
}

struct balancer_peer *balancer_choose(const struct balancer_peers *peers,
                                      const struct balancer_tries *tries,
                                      const struct address *client, uint64_t now)
{
    struct balancer_peer *peer = peers->method == BALANCER_IP_HASH
                                     ? by_client(peers, tries, client, now)
                                     : by_turn(peers, false, tries, now);

    if (peer == NULL)
        peer = by_turn(peers, true, tries, now);
    if (peer != NULL && now - peer->checked_ms > peer->server->fail_timeout_ms)
        peer->checked_ms = now; /* one request finds out; the others go elsewhere meanwhile */
    return peer;
}

bool balancer_can_choose(const struct balancer_peers *peers, const struct balancer_tries *tries,
                         uint64_t now)
{
    for (size_t i = 0; i < peers->count; i++)
        if (is_usable(peers, peers->items[i], tries, now))
            return true;
    return false;
}

static void note_failure(struct balancer_peer *peer, uint64_t now)
{
    const struct balancer_server *server = peer->server;

    peer->fails++;
    peer->failed_ms = now;
    peer->checked_ms = now;
    if (server->max_fails > 0)
        peer->weight_effective -= server->weight / server->max_fails;
    if (peer->weight_effective < 0)
        peer->weight_effective = 0;
}

void balancer_note(const struct balancer_peers *peers, struct balancer_peer *peer,
                   enum balancer_outcome outcome, uint64_t now)
{
    if (peers->count == 1)
        return;
    if (outcome == BALANCER_FAILED)
        note_failure(peer, now);
    else if (outcome == BALANCER_WORKED && peer->failed_ms < peer->checked_ms)
        peer->fails = 0;
}
