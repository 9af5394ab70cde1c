#include "relay/balancer_ring.h"

#include "base/arena.h"
#include "relay/balancer.h"

#include <stdlib.h>
#include <zlib.h>

#define POINTS 160 /* for each unit of weight */

struct point {
    uint32_t hash;
    uint32_t server;
};

struct balancer_ring {
    const struct balancer_server *servers;
    size_t count;
    struct point points[];
};

static uLong add_bytes(uLong hash, struct slice bytes)
{
    return bytes.len == 0 ? hash : crc32_z(hash, (const Bytef *)bytes.at, bytes.len);
}

/* "host:port" without its port, if it ends in one. */
static size_t host_len(struct slice name)
{
    size_t len = name.len;

    while (len > 0 && name.at[len - 1] >= '0' && name.at[len - 1] <= '9')
        len--;
    return len > 0 && name.at[len - 1] == ':' ? len - 1 : name.len;
}

/* Over HOST \0 PORT and the point before. */
static void add_server(struct balancer_ring *ring, uint32_t number)
{
    const struct balancer_server *server = &ring->servers[number];
    size_t len = host_len(server->name);
    uLong base = add_bytes(crc32_z(0, NULL, 0), slice_part(server->name, 0, len));
    uint32_t hash = 0;

    base = add_bytes(base, (struct slice){"", 1});
    if (len < server->name.len)
        base = add_bytes(base, slice_from(server->name, len + 1));
    for (size_t i = 0; i < (size_t)server->weight * POINTS; i++) {
        unsigned char before[] = {(unsigned char)hash, (unsigned char)(hash >> 8),
                                  (unsigned char)(hash >> 16), (unsigned char)(hash >> 24)};

        hash = (uint32_t)crc32_z(base, before, sizeof before);
        ring->points[ring->count++] = (struct point){hash, number};
    }
}

/* Of two at one point the server that is written first has it. */
static int compare(const void *a, const void *b)
{
    const struct point *first = a, *second = b;

    if (first->hash != second->hash)
        return first->hash < second->hash ? -1 : 1;
    return first->server < second->server ? -1 : first->server > second->server;
}

static void drop_doubles(struct balancer_ring *ring)
{
    size_t kept = 0;

    for (size_t i = 0; i < ring->count; i++)
        if (kept == 0 || ring->points[i].hash != ring->points[kept - 1].hash)
            ring->points[kept++] = ring->points[i];
    ring->count = kept;
}

struct balancer_ring *balancer_ring_new(const struct balancer_server *servers, size_t count)
{
    struct balancer_ring *ring;
    size_t weight = 0;

    for (size_t i = 0; i < count; i++)
        weight += servers[i].weight;
    ring = memory_zero(sizeof *ring + weight * POINTS * sizeof ring->points[0]);
    ring->servers = servers;
    for (size_t i = 0; i < count; i++)
        add_server(ring, (uint32_t)i);
    qsort(ring->points, ring->count, sizeof ring->points[0], compare);
    drop_doubles(ring);
    return ring;
}

void balancer_ring_free(struct balancer_ring *ring)
{
    free(ring);
}

size_t balancer_ring_find(const struct balancer_ring *ring, uint32_t hash)
{
    size_t least = 0, most = ring->count;

    while (least < most) {
        size_t middle = least + (most - least) / 2;

        if (ring->points[middle].hash < hash)
            least = middle + 1;
        else
            most = middle;
    }
    return least;
}

struct slice balancer_ring_name(const struct balancer_ring *ring, size_t point)
{
    return ring->servers[ring->points[point % ring->count].server].name;
}
