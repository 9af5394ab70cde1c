#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names to addresses and back, on the loop, remembered as long as the answer's TTL says. The only
 * folder that knows c-ares. What a DNS server says is hostile: names are checked here
 * (dns_name_valid) before anybody sees them. */

struct dns_resolver;
struct dns_lookup;

struct dns_options {
    const char
        *servers; /* "127.0.0.1:5353,[::1]:53" instead of /etc/resolv.conf; NULL: the system's */
    uint32_t timeout_ms; /* for one question, retries included; 0: 5000 */
};

enum dns_status {
    DNS_FOUND,
    DNS_NO_SUCH_NAME, /* NXDOMAIN, or no address of that name: an answer */
    DNS_FAILED,       /* SERVFAIL, timeout, no server: ask again later */
};

struct dns_resolver *dns_resolver_new(struct loop *loop, const struct dns_options *options);
void dns_resolver_free(struct dns_resolver *resolver); /* cancels what runs; no callbacks come */

#define DNS_ADDRESSES_MAX 16

/* All addresses of `host` (a name, or an address as text), IPv4 first as /etc/gai.conf would not
 * say otherwise; /etc/hosts counts. `done` comes from the loop exactly once, never from inside this
 * call; `addresses` (port 0) is valid only during it. At most DNS_ADDRESSES_MAX. Answers are
 * remembered for their TTL (1 s to 1 h), failures for 5 s, and questions under way are shared; an
 * expired answer is used once more when the servers do not answer. */
struct dns_lookup *dns_resolve(struct dns_resolver *resolver, struct slice host,
                               void (*done)(void *owner, enum dns_status status,
                                            const struct address *addresses, size_t count),
                               void *owner);

/* What is remembered for `host` now, without asking; an address as text is always known. Number of
 * addresses written, 0: unknown or expired. */
size_t dns_remembered(struct dns_resolver *resolver, struct slice host, struct address *addresses,
                      size_t capacity);

/* The name of `address` (PTR), and whether that name's addresses include it (forward confirmation).
 * FOUND: `name` is a valid host name without trailing dot, at most 255 bytes, valid during the
 * callback. A PTR that is no host name counts as NO_SUCH_NAME. */
struct dns_lookup *dns_reverse(struct dns_resolver *resolver, const struct address *address,
                               void (*done)(void *owner, enum dns_status status, struct slice name,
                                            bool confirmed),
                               void *owner);

/* Gives up waiting; `done` does not come. The question itself goes on for the cache's sake. */
void dns_cancel(struct dns_lookup **lookup);

/* Letters, digits, '-', '.', '_'; 1 to 255 bytes; labels 1 to 63; no leading or trailing dot. */
bool dns_name_valid(struct slice name);
