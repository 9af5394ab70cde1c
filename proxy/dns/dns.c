#include "dns/dns.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "dns/dns_cache.h"
#include "dns/dns_channel.h"

#include <stdlib.h>

#define ENTRIES_MAX 4096

/* An address as text needs no asking again. */
#define LIFETIME_TEXT_MS 3600000

typedef void addresses_done(void *owner, enum dns_status status, const struct address *addresses,
                            size_t count);
typedef void name_done(void *owner, enum dns_status status, struct slice name, bool confirmed);

struct dns_resolver {
    struct loop *loop;
    struct dns_channel *channel;
    struct dns_cache *cache;
    struct dns_entry *first_due, *last_due;
    struct loop_task tell; /* callbacks come from here, whoever had the answer and when */
    bool telling;
};

/* Somebody who waits at an entry. A reverse lookup waits at two, one after the other: the PTR's,
 * then that of the name it gave. */
struct dns_lookup {
    struct dns_resolver *resolver;
    struct dns_entry *entry; /* waits there; NULL: over */
    struct dns_lookup *next, *previous;
    void (*settled)(struct dns_lookup *lookup, struct dns_entry *entry);
    void *owner;
    addresses_done *addresses_done;
    name_done *name_done;
    struct address address; /* whose name is asked */
    struct slice name;
    char name_text[256];
};

static void make_due(struct dns_entry *entry)
{
    struct dns_resolver *resolver = entry->resolver;

    if (entry->is_due || entry->first == NULL)
        return;
    entry->is_due = true;
    entry->next_due = NULL;
    *(resolver->last_due != NULL ? &resolver->last_due->next_due : &resolver->first_due) = entry;
    resolver->last_due = entry;
    loop_defer(resolver->loop, &resolver->tell);
}

static void wait_at(struct dns_lookup *lookup, struct dns_entry *entry)
{
    lookup->entry = entry;
    lookup->next = NULL;
    lookup->previous = entry->last;
    *(entry->last != NULL ? &entry->last->next : &entry->first) = lookup;
    entry->last = lookup;
}

static void leave(struct dns_lookup *lookup)
{
    struct dns_entry *entry = lookup->entry;

    *(lookup->previous != NULL ? &lookup->previous->next : &entry->first) = lookup->next;
    *(lookup->next != NULL ? &lookup->next->previous : &entry->last) = lookup->previous;
    lookup->entry = NULL;
}

static void lookup_end(struct dns_lookup *lookup)
{
    if (lookup->entry != NULL)
        leave(lookup);
    loop_retire(lookup->resolver->loop, lookup);
}

/* Lookups that join meanwhile wait for the next turn of the task: a caller that asks again from its
 * callback must not keep the loop from its other work. The entry counts as in use all the time. */
static void tell_entry(struct dns_entry *entry)
{
    size_t waiting = 0;

    for (const struct dns_lookup *lookup = entry->first; lookup != NULL; lookup = lookup->next)
        waiting++;
    while (waiting-- > 0 && entry->first != NULL) {
        struct dns_lookup *lookup = entry->first;

        leave(lookup);
        lookup->settled(lookup, entry);
    }
    entry->is_due = false;
    if (!entry->asking)
        make_due(entry);
}

static void tell(void *owner)
{
    struct dns_resolver *resolver = owner;
    struct dns_entry *entry = resolver->first_due, *next;

    resolver->first_due = NULL;
    resolver->last_due = NULL;
    resolver->telling = true;
    for (; entry != NULL; entry = next) {
        next = entry->next_due;
        tell_entry(entry);
    }
    resolver->telling = false;
}

static void set_answer(struct dns_entry *entry, const struct dns_answer *answer)
{
    entry->status = answer->status;
    entry->expires = loop_now(entry->resolver->loop) + answer->lifetime_ms;
    entry->used_stale = false;
    dns_entry_set_addresses(entry, answer->addresses, answer->count);
    dns_entry_set_name(entry, answer->name);
}

static void on_answer(void *owner, const struct dns_answer *answer)
{
    struct dns_entry *entry = owner;
    bool has_stale = entry->status == DNS_FOUND && entry->expires != 0 && !entry->used_stale;

    entry->asking = false;
    if (answer->status == DNS_FAILED && has_stale) {
        entry->used_stale = true;
        entry->expires = loop_now(entry->resolver->loop) + answer->lifetime_ms;
    } else {
        set_answer(entry, answer);
    }
    make_due(entry);
}

static struct dns_entry *entry_for(struct dns_resolver *resolver, enum dns_entry_kind kind,
                                   struct slice key)
{
    struct dns_entry *entry = dns_cache_find(resolver->cache, kind, key);

    if (entry == NULL)
        entry = dns_cache_add(resolver->cache, kind, key);
    entry->resolver = resolver;
    return entry;
}

static bool is_fresh(const struct dns_entry *entry)
{
    return entry->expires > loop_now(entry->resolver->loop);
}

/* What is no name needs no asking; the empty key stands for all of them. */
static void ask_addresses(struct dns_entry *entry, struct slice host)
{
    struct address address = {0};
    struct dns_answer answer = {.status = DNS_NO_SUCH_NAME, .lifetime_ms = LIFETIME_TEXT_MS};

    if (address_parse(host, &address)) {
        answer.status = DNS_FOUND;
        answer.addresses = &address;
        answer.count = 1;
    }
    entry->asking = true;
    if (host.len == 0 || answer.count > 0)
        on_answer(entry, &answer);
    else
        dns_channel_ask_addresses(entry->resolver->channel, host, on_answer, entry);
}

static void wait_for_addresses(struct dns_lookup *lookup, struct slice host)
{
    struct address address;
    struct dns_entry *entry;

    if (!address_parse(host, &address) && !dns_name_valid(host))
        host = SLICE_NONE;
    entry = entry_for(lookup->resolver, DNS_ENTRY_ADDRESSES, host);
    wait_at(lookup, entry);
    if (entry->asking)
        return;
    if (is_fresh(entry))
        make_due(entry);
    else
        ask_addresses(entry, host);
}

static void wait_for_name(struct dns_lookup *lookup)
{
    struct address_print key = address_print(&lookup->address);
    struct dns_entry *entry = entry_for(lookup->resolver, DNS_ENTRY_NAME, slice_of(key.text));

    wait_at(lookup, entry);
    if (entry->asking)
        return;
    if (is_fresh(entry)) {
        make_due(entry);
    } else {
        entry->asking = true;
        dns_channel_ask_name(entry->resolver->channel, &lookup->address, on_answer, entry);
    }
}

static struct dns_lookup *lookup_new(struct dns_resolver *resolver, void *owner)
{
    struct dns_lookup *lookup = memory_zero(sizeof *lookup);

    lookup->resolver = resolver;
    lookup->owner = owner;
    return lookup;
}

static void on_addresses(struct dns_lookup *lookup, struct dns_entry *entry)
{
    lookup_end(lookup);
    lookup->addresses_done(lookup->owner, entry->status, entry->addresses, entry->count);
}

static void on_name_confirmed(struct dns_lookup *lookup, struct dns_entry *entry)
{
    enum dns_status status = entry->status == DNS_FAILED ? DNS_FAILED : DNS_FOUND;
    bool confirmed = false;

    for (size_t i = 0; i < entry->count; i++)
        confirmed = confirmed || address_same_host(&entry->addresses[i], &lookup->address);
    lookup_end(lookup);
    lookup->name_done(lookup->owner, status, lookup->name, confirmed);
}

static void on_name(struct dns_lookup *lookup, struct dns_entry *entry)
{
    if (entry->status != DNS_FOUND) {
        lookup_end(lookup);
        lookup->name_done(lookup->owner, entry->status, SLICE_NONE, false);
        return;
    }
    memcpy(lookup->name_text, entry->name, entry->name_len);
    lookup->name = (struct slice){lookup->name_text, entry->name_len};
    lookup->settled = on_name_confirmed;
    wait_for_addresses(lookup, lookup->name);
}

struct dns_resolver *dns_resolver_new(struct loop *loop, const struct dns_options *options)
{
    struct dns_resolver *resolver = memory_zero(sizeof *resolver);

    resolver->loop = loop;
    resolver->channel = dns_channel_new(loop, options);
    resolver->cache = dns_cache_new(ENTRIES_MAX);
    loop_task_init(&resolver->tell, tell, resolver);
    return resolver;
}

void dns_resolver_watch_hosts(struct dns_resolver *resolver, void (*lost)(void *owner), void *owner)
{
    dns_channel_watch_hosts(resolver->channel, lost, owner);
}

static void end_lookups(struct dns_entry *entry)
{
    while (entry->first != NULL)
        lookup_end(entry->first);
}

void dns_resolver_free(struct dns_resolver *resolver)
{
    ensure(!resolver->telling);
    loop_task_cancel(&resolver->tell);
    dns_channel_free(resolver->channel);
    dns_cache_each(resolver->cache, end_lookups);
    dns_cache_free(resolver->cache);
    free(resolver);
}

struct dns_lookup *dns_resolve(struct dns_resolver *resolver, struct slice host,
                               addresses_done *done, void *owner)
{
    struct dns_lookup *lookup = lookup_new(resolver, owner);

    lookup->addresses_done = done;
    lookup->settled = on_addresses;
    wait_for_addresses(lookup, host);
    return lookup;
}

size_t dns_remembered(struct dns_resolver *resolver, struct slice host, struct address *addresses,
                      size_t capacity)
{
    struct address address = {0};
    const struct dns_entry *entry;
    size_t count;

    if (capacity > 0 && address_parse(host, &address)) {
        addresses[0] = address;
        return 1;
    }
    entry = dns_cache_find(resolver->cache, DNS_ENTRY_ADDRESSES, host);
    if (entry == NULL || !is_fresh(entry) || entry->count == 0)
        return 0;
    count = entry->count < capacity ? entry->count : capacity;
    memcpy(addresses, entry->addresses, count * sizeof *addresses);
    return count;
}

struct dns_lookup *dns_reverse(struct dns_resolver *resolver, const struct address *address,
                               name_done *done, void *owner)
{
    struct dns_lookup *lookup = lookup_new(resolver, owner);

    lookup->name_done = done;
    lookup->address = *address;
    lookup->settled = on_name;
    wait_for_name(lookup);
    return lookup;
}

void dns_cancel(struct dns_lookup **handle)
{
    struct dns_lookup *lookup = *handle;

    *handle = NULL;
    if (lookup != NULL && lookup->entry != NULL)
        lookup_end(lookup);
}
