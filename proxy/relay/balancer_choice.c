#include "base/ensure.h"
#include "relay/balancer_private.h"

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

static bool fails_checks(const struct balancer_peers *peers, const struct balancer_peer *peer)
{
    return peers->health != NULL && !balancer_health_allows(peers->health, &peer->health);
}

/* The only peer there is gets every request, however often it failed: there is nothing better.
 * Unless it fails its checks. */
bool balancer_is_usable(const struct balancer_choice *choice, const struct balancer_peer *peer)
{
    const struct balancer_server *server = peer->server;

    if (server->down || (server->max_conns > 0 && peer->conns >= server->max_conns) ||
        was_tried(choice->tries, peer) || fails_checks(choice->peers, peer))
        return false;
    return choice->peers->count == 1 || !is_aside(peer, choice->now);
}

/* One step of a peer's weight towards what it was before it failed, and of its turn. */
static void advance(struct balancer_peer *peer, int64_t *total)
{
    peer->weight_now += peer->weight_effective;
    *total += peer->weight_effective;
    if (peer->weight_effective < peer->server->weight)
        peer->weight_effective++;
}

bool balancer_has_fewer(const struct balancer_peer *a, const struct balancer_peer *b)
{
    return (uint64_t)a->conns * b->server->weight < (uint64_t)b->conns * a->server->weight;
}

static const struct balancer_peer *find_least(const struct balancer_choice *choice, bool backup)
{
    const struct balancer_peers *peers = choice->peers;
    const struct balancer_peer *least = NULL;

    for (size_t i = 0; i < peers->count; i++)
        if (peers->items[i]->server->backup == backup &&
            balancer_is_usable(choice, peers->items[i]) &&
            (least == NULL || balancer_has_fewer(peers->items[i], least)))
            least = peers->items[i];
    return least;
}

/* The peer whose turn is most due. With least_conn only among those that have as few connections as
 * the best. */
struct balancer_peer *balancer_by_turn(const struct balancer_choice *choice, bool backup,
                                       const struct slice *name)
{
    const struct balancer_peers *peers = choice->peers;
    const struct balancer_peer *least =
        peers->method == BALANCER_LEAST_CONN ? find_least(choice, backup) : NULL;
    struct balancer_peer *best = NULL;
    int64_t total = 0;

    for (size_t i = 0; i < peers->count; i++) {
        struct balancer_peer *peer = peers->items[i];

        if (peer->server->backup != backup ||
            (name != NULL && !slice_equal(peer->server->name, *name)) ||
            !balancer_is_usable(choice, peer) || (least != NULL && balancer_has_fewer(least, peer)))
            continue;
        advance(peer, &total);
        if (best == NULL || peer->weight_now > best->weight_now)
            best = peer;
    }
    if (best != NULL)
        best->weight_now -= total;
    return best;
}

static struct balancer_peer *by_method(const struct balancer_choice *choice,
                                       const struct balancer_client *client)
{
    switch (choice->peers->method) {
    case BALANCER_ROUND_ROBIN:
    case BALANCER_LEAST_CONN:
        return NULL;
    case BALANCER_IP_HASH:
        return balancer_by_address(choice, client->address);
    case BALANCER_HASH:
        return balancer_by_key(choice, client->key);
    case BALANCER_RING:
        return balancer_by_ring(choice, client->key);
    case BALANCER_RANDOM:
    case BALANCER_RANDOM_TWO:
        return balancer_by_chance(choice);
    }
    ensure(!"unreachable");
    return NULL;
}

struct balancer_peer *balancer_choose(const struct balancer_peers *peers,
                                      const struct balancer_tries *tries,
                                      const struct balancer_client *client, uint64_t now)
{
    struct balancer_choice choice = {peers, tries, now};
    struct balancer_peer *peer = by_method(&choice, client);

    if (peer == NULL)
        peer = balancer_by_turn(&choice, false, NULL);
    if (peer == NULL)
        peer = balancer_by_turn(&choice, true, NULL);
    if (peer != NULL && now - peer->checked_ms > peer->server->fail_timeout_ms)
        peer->checked_ms = now; /* one request finds out; the others go elsewhere meanwhile */
    return peer;
}

bool balancer_can_choose(const struct balancer_peers *peers, const struct balancer_tries *tries,
                         uint64_t now)
{
    struct balancer_choice choice = {peers, tries, now};

    for (size_t i = 0; i < peers->count; i++)
        if (balancer_is_usable(&choice, peers->items[i]))
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
