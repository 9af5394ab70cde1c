#pragma once

#include "base/address.h"
#include "dns/dns.h"

#include <stddef.h>
#include <stdint.h>

/* c-ares on the loop: one question, one answer, nothing remembered. /etc/hosts is asked first, then
 * the servers. */

struct dns_channel;

struct dns_answer {
    enum dns_status status;
    const struct address *addresses; /* IPv4 first, none twice */
    size_t count;
    struct slice name; /* PTR; dns_name_is_host */
    uint32_t lifetime_ms;
};

#define DNS_LIFETIME_FAILURE_MS 5000

typedef void dns_answered(void *owner, const struct dns_answer *answer);

struct dns_channel *dns_channel_new(struct loop *loop, const struct dns_options *options);
void dns_channel_watch_hosts(struct dns_channel *channel, void (*lost)(void *owner), void *owner);
void dns_channel_free(struct dns_channel *channel); /* no callbacks come any more */

/* `done` comes exactly once, from the loop or from INSIDE the call (/etc/hosts needs no waiting);
 * `answer` is valid during it. `name` is dns_name_valid. */
void dns_channel_ask_addresses(struct dns_channel *channel, struct slice name, dns_answered *done,
                               void *owner);
void dns_channel_ask_name(struct dns_channel *channel, const struct address *address,
                          dns_answered *done, void *owner);
