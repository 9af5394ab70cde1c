#include "relay/shared_zone.h"

#include "base/arena.h"

#include <string.h>

#define LINE 64 /* bytes that processors hand one another at once */

struct shared_zone *shared_zones_find(const struct shared_zones *zones, struct slice name)
{
    for (size_t i = 0; i < zones->count; i++)
        if (slice_equal(zones->items[i].name, name))
            return &zones->items[i];
    return NULL;
}

struct shared_zone *shared_zones_add(struct shared_zones *zones, struct slice name, size_t size,
                                     unsigned lanes)
{
    struct shared_zone *zone = shared_zones_find(zones, name);

    if (zone != NULL)
        return zone;
    if (zones->count == zones->capacity) {
        zones->capacity = zones->capacity == 0 ? 4 : 2 * zones->capacity;
        zones->items = memory_grow(zones->items, zones->capacity * sizeof *zones->items);
    }
    zone = &zones->items[zones->count++];
    *zone = (struct shared_zone){.name = name, .size = size, .lanes = lanes, .fd = -1};
    return zone;
}

static size_t head_size(void)
{
    return (sizeof(struct shared_head) + LINE - 1) / LINE * LINE;
}

void *shared_zone_body(const struct shared_zone *zone, size_t *len)
{
    *len = zone->size - head_size();
    return (char *)zone->memory + head_size();
}

void *shared_zone_lane(const struct shared_zone *zone, unsigned lane, size_t *len)
{
    size_t whole;
    char *body = shared_zone_body(zone, &whole);

    *len = whole / zone->lanes / LINE * LINE;
    return body + lane * *len;
}

static void clear(const struct shared_zone *zone, unsigned lane)
{
    size_t len;
    void *memory = shared_zone_lane(zone, lane, &len);

    memset(memory, 0, len);
}

unsigned shared_zone_claim(const struct shared_zone *zone, uint32_t process)
{
    struct shared_head *head = zone->memory;

    for (unsigned i = 0; i < zone->lanes; i++) {
        uint32_t nobody = 0;

        if (!atomic_compare_exchange_strong(&head->owners[i], &nobody, process))
            continue;
        clear(zone, i);
        return i;
    }
    return SHARED_LANES;
}

void shared_zone_release(const struct shared_zone *zone, uint32_t process)
{
    struct shared_head *head = zone->memory;

    for (unsigned i = 0; i < zone->lanes; i++) {
        if (atomic_load(&head->owners[i]) != process)
            continue;
        clear(zone, i);
        atomic_store(&head->owners[i], 0);
    }
}
