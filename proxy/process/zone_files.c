#include "process/zone_files.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "os/descriptor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static bool are_same(const struct shared_zone *a, const struct shared_zone *b)
{
    return slice_equal(a->name, b->name) && a->size == b->size && a->lanes == b->lanes;
}

static struct shared_zone *find(const struct shared_zones *zones, const struct shared_zone *like)
{
    for (size_t i = 0; i < zones->count; i++)
        if (are_same(&zones->items[i], like))
            return &zones->items[i];
    return NULL;
}

/* Kept for as long as this process lives, or until it is trimmed. */
static bool make(struct shared_zones *kept, const struct shared_zone *wanted)
{
    struct shared_zone zone = *wanted;
    struct shared_head *head;
    char *name;

    zone.fd = descriptor_share_all("frontd-zone", zone.size, &zone.memory);
    if (zone.fd < 0)
        return false;
    head = zone.memory;
    ensure(getrandom(head->seed, sizeof head->seed, 0) == sizeof head->seed);
    name = memory_alloc(wanted->name.len + 1);
    memcpy(name, wanted->name.at, wanted->name.len);
    zone.name = (struct slice){name, wanted->name.len};
    if (kept->count == kept->capacity) {
        kept->capacity = kept->capacity == 0 ? 4 : 2 * kept->capacity;
        kept->items = memory_grow(kept->items, kept->capacity * sizeof *kept->items);
    }
    kept->items[kept->count++] = zone;
    return true;
}

bool zone_files_open(struct shared_zones *kept, struct shared_zones *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (find(kept, &wanted->items[i]) == NULL && !make(kept, &wanted->items[i]))
            return false;
        wanted->items[i].fd = find(kept, &wanted->items[i])->fd;
    }
    return true;
}

static void close_zone(struct shared_zone *zone)
{
    munmap(zone->memory, zone->size);
    close(zone->fd);
    free((void *)(uintptr_t)zone->name.at);
}

void zone_files_trim(struct shared_zones *kept, const struct shared_zones *wanted)
{
    size_t count = 0;

    for (size_t i = 0; i < kept->count; i++)
        if (find(wanted, &kept->items[i]) != NULL)
            kept->items[count++] = kept->items[i];
        else
            close_zone(&kept->items[i]);
    kept->count = count;
}

void zone_files_reaped(const struct shared_zones *kept, uint32_t process)
{
    for (size_t i = 0; i < kept->count; i++)
        shared_zone_release(&kept->items[i], process);
}

void zone_files_free(struct shared_zones *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        close_zone(&kept->items[i]);
    free(kept->items);
    *kept = (struct shared_zones){0};
}
