#pragma once

#include "base/address.h"
#include "dns/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of names and addresses, and who waits to know it. */

enum dns_entry_kind { DNS_ENTRY_ADDRESSES, DNS_ENTRY_NAME };

struct dns_entry {
    struct dns_entry *next_in_bucket;
    struct dns_entry *newer, *older; /* by last use */
    uint64_t hash;
    enum dns_entry_kind kind;
    char key[256]; /* lower case; of a PTR the address as text */
    size_t key_len;

    enum dns_status status;
    struct address *addresses;
    size_t count;
    char *name;
    size_t name_len;
    uint64_t expires; /* loop_now; 0: nothing known yet */
    bool used_stale;  /* has been served once after its time */

    struct dns_resolver *resolver;
    bool asking;
    struct dns_lookup *first, *last; /* waiting, in the order they came */
    struct dns_entry *next_due;      /* settled, with lookups to tell */
    bool is_due;
};

struct dns_cache;

/* `limit`: entries beyond which the one not used for the longest time goes, unless it is asking or
 * waited for. */
struct dns_cache *dns_cache_new(size_t limit);
void dns_cache_free(struct dns_cache *cache);

/* The entry for `key` (any case, at most 255 bytes); NULL if there is none. */
struct dns_entry *dns_cache_find(struct dns_cache *cache, enum dns_entry_kind kind,
                                 struct slice key);
struct dns_entry *dns_cache_add(struct dns_cache *cache, enum dns_entry_kind kind,
                                struct slice key);
size_t dns_cache_count(const struct dns_cache *cache);

/* Calls `visit` for every entry. */
void dns_cache_each(struct dns_cache *cache, void (*visit)(struct dns_entry *entry));

void dns_entry_set_addresses(struct dns_entry *entry, const struct address *addresses,
                             size_t count);
void dns_entry_set_name(struct dns_entry *entry, struct slice name);
