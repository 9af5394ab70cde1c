#include "dns/dns_cache.h"

#include "base/arena.h"
#include "base/chars.h"
#include "base/ensure.h"

#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 1024

struct dns_cache {
    struct dns_entry *buckets[BUCKETS];
    struct dns_entry *newest, *oldest;
    size_t count, limit;
    uint64_t seed; /* names come from strangers' PTR records: no fixed place in the table */
};

struct dns_cache *dns_cache_new(size_t limit)
{
    struct dns_cache *cache = memory_zero(sizeof *cache);

    cache->limit = limit;
    if (getrandom(&cache->seed, sizeof cache->seed, GRND_NONBLOCK) < 0)
        cache->seed = (uintptr_t)cache;
    return cache;
}

static void entry_free(struct dns_entry *entry)
{
    free(entry->addresses);
    free(entry->name);
    free(entry);
}

void dns_cache_free(struct dns_cache *cache)
{
    while (cache->newest != NULL) {
        struct dns_entry *entry = cache->newest;

        cache->newest = entry->older;
        entry_free(entry);
    }
    free(cache);
}

size_t dns_cache_count(const struct dns_cache *cache)
{
    return cache->count;
}

void dns_cache_each(struct dns_cache *cache, void (*visit)(struct dns_entry *entry))
{
    for (struct dns_entry *entry = cache->newest; entry != NULL; entry = entry->older)
        visit(entry);
}

/* FNV-1a over the lower-case key. */
static uint64_t hash_key(const struct dns_cache *cache, enum dns_entry_kind kind, struct slice key)
{
    uint64_t hash = 14695981039346656037U ^ cache->seed ^ (uint64_t)kind;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)chars_lower(key.at[i])) * 1099511628211U;
    return hash;
}

static struct dns_entry **bucket_of(struct dns_cache *cache, uint64_t hash)
{
    return &cache->buckets[(hash ^ hash >> 32) % BUCKETS];
}

static struct slice key_of(const struct dns_entry *entry)
{
    return (struct slice){entry->key, entry->key_len};
}

static void unlink_by_use(struct dns_cache *cache, struct dns_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct dns_cache *cache, struct dns_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct dns_cache *cache, struct dns_entry *entry)
{
    struct dns_entry **place = bucket_of(cache, entry->hash);

    while (*place != entry)
        place = &(*place)->next_in_bucket;
    *place = entry->next_in_bucket;
    unlink_by_use(cache, entry);
    cache->count--;
    entry_free(entry);
}

static bool is_in_use(const struct dns_entry *entry)
{
    return entry->asking || entry->first != NULL || entry->is_due;
}

/* Those in use are as many as sessions wait for, which is bounded elsewhere: when the oldest few
 * are all in use, the limit is passed until a later call finds better. */
static void make_room(struct dns_cache *cache)
{
    for (int looks = 8; cache->count >= cache->limit && looks > 0; looks--) {
        struct dns_entry *oldest = cache->oldest;

        if (is_in_use(oldest)) {
            unlink_by_use(cache, oldest);
            link_newest(cache, oldest);
        } else {
            drop(cache, oldest);
        }
    }
}

struct dns_entry *dns_cache_find(struct dns_cache *cache, enum dns_entry_kind kind,
                                 struct slice key)
{
    uint64_t hash = hash_key(cache, kind, key);
    struct dns_entry *entry = *bucket_of(cache, hash);

    while (entry != NULL &&
           (entry->hash != hash || entry->kind != kind || !slice_equal_fold(key_of(entry), key)))
        entry = entry->next_in_bucket;
    if (entry != NULL && entry != cache->newest) {
        unlink_by_use(cache, entry);
        link_newest(cache, entry);
    }
    return entry;
}

struct dns_entry *dns_cache_add(struct dns_cache *cache, enum dns_entry_kind kind, struct slice key)
{
    struct dns_entry *entry, **bucket;

    ensure(key.len < sizeof entry->key);
    make_room(cache);
    entry = memory_zero(sizeof *entry);
    entry->kind = kind;
    for (size_t i = 0; i < key.len; i++)
        entry->key[i] = chars_lower(key.at[i]);
    entry->key_len = key.len;
    entry->hash = hash_key(cache, kind, key);
    bucket = bucket_of(cache, entry->hash);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->count++;
    return entry;
}

void dns_entry_set_addresses(struct dns_entry *entry, const struct address *addresses, size_t count)
{
    free(entry->addresses);
    entry->addresses = NULL;
    entry->count = count;
    if (count == 0)
        return;
    entry->addresses = memory_alloc(count * sizeof *addresses);
    memcpy(entry->addresses, addresses, count * sizeof *addresses);
}

void dns_entry_set_name(struct dns_entry *entry, struct slice name)
{
    free(entry->name);
    entry->name = NULL;
    entry->name_len = name.len;
    if (name.len == 0)
        return;
    entry->name = memory_alloc(name.len);
    memcpy(entry->name, name.at, name.len);
}
