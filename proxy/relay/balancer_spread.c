#include "base/text.h"
#include "relay/balancer_private.h"
#include "relay/balancer_ring.h"

#include <sys/socket.h>
#include <zlib.h>

/* Choices that do not go round: the same client or key meets the same peer, or chance decides. */

/* nginx's numbers for ip_hash. */
#define ADDRESS_START   89
#define ADDRESS_FACTOR  113
#define ADDRESS_MODULUS 6271

/* After 20 peers that cannot be had nginx asks whose turn it is. */
#define TRIES_MAX 21

static uint64_t total_weight(const struct balancer_peers *peers)
{
    uint64_t total = 0;

    for (size_t i = 0; i < peers->count; i++)
        total += peers->items[i]->server->weight;
    return total;
}

static struct balancer_peer *at_weight(const struct balancer_peers *peers, uint64_t weight)
{
    size_t i = 0;

    while (weight >= peers->items[i]->server->weight)
        weight -= peers->items[i++]->server->weight;
    return peers->items[i];
}

/* ip_hash: the network of an IPv4 client (/24), all of an IPv6 address. */
static uint32_t hash_address(const struct address *client, uint32_t hash)
{
    size_t count = client->family == AF_INET ? 3 : sizeof client->bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash * ADDRESS_FACTOR + client->bytes[i]) % ADDRESS_MODULUS;
    return hash;
}

struct balancer_peer *balancer_by_address(const struct balancer_choice *choice,
                                          const struct address *client)
{
    uint64_t total = total_weight(choice->peers);
    uint32_t hash = ADDRESS_START;

    for (unsigned i = 0; total > 0 && i < TRIES_MAX; i++) {
        struct balancer_peer *peer;

        hash = hash_address(client, hash);
        peer = at_weight(choice->peers, hash % total);
        if (balancer_is_usable(choice, peer))
            return peer;
    }
    return NULL;
}

/* hash: the number of the try stands before the key, except in the first. */
static uint32_t hash_key(struct slice key, unsigned try)
{
    char memory[12];
    struct text number = text_in(memory, sizeof memory);
    uLong hash = crc32_z(0, NULL, 0);

    if (try > 0) {
        text_number(&number, try);
        hash = crc32_z(hash, (const Bytef *)memory, text_slice(&number).len);
    }
    return (uint32_t)crc32_z(hash, (const Bytef *)key.at, key.len) >> 16 & 0x7fff;
}

struct balancer_peer *balancer_by_key(const struct balancer_choice *choice, struct slice key)
{
    uint64_t total = total_weight(choice->peers), sum = 0;

    for (unsigned i = 0; key.len > 0 && total > 0 && i < TRIES_MAX; i++) {
        struct balancer_peer *peer;

        sum += hash_key(key, i);
        peer = at_weight(choice->peers, sum % total);
        if (balancer_is_usable(choice, peer))
            return peer;
    }
    return NULL;
}

/* Several addresses of one server take turns. */
struct balancer_peer *balancer_by_ring(const struct balancer_choice *choice, struct slice key)
{
    const struct balancer_ring *ring = choice->peers->ring;
    size_t point;

    if (key.len == 0)
        return NULL;
    point = balancer_ring_find(
        ring, (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const Bytef *)key.at, key.len));
    for (size_t i = 0; i < TRIES_MAX; i++) {
        struct slice name = balancer_ring_name(ring, point + i);
        struct balancer_peer *peer = balancer_by_turn(choice, false, &name);

        if (peer != NULL)
            return peer;
    }
    return NULL;
}

/* splitmix64: nobody gains by foreseeing which backend comes next. */
static uint64_t next_number(uint64_t *state)
{
    uint64_t number = *state += 0x9e3779b97f4a7c15;

    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

struct balancer_peer *balancer_by_chance(const struct balancer_choice *choice)
{
    const struct balancer_peers *peers = choice->peers;
    uint64_t total = total_weight(peers);
    struct balancer_peer *first = NULL;

    for (unsigned i = 0; total > 0 && i < TRIES_MAX; i++) {
        struct balancer_peer *peer = at_weight(peers, next_number(peers->chance) % total);

        if (peer == first || !balancer_is_usable(choice, peer))
            continue;
        if (peers->method == BALANCER_RANDOM)
            return peer;
        if (first != NULL)
            return balancer_has_fewer(first, peer) ? first : peer;
        first = peer;
    }
    return NULL;
}
