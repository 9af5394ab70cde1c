#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names to addresses and back, on the loop, remembered as long as the answer's TTL says. What a DNS
 * server says is hostile: names are checked here before anybody sees them.
 *
 * By c-ares, which no other folder knows. libevent's evdns was the other choice: its getaddrinfo
 * gives no TTL, does not repeat a truncated answer over TCP, and reads /etc/hosts only once
 * (Docker's 127.0.0.11 serves both). In return c-ares has to be told of descriptors and time:
 * dns_channel.c.
 *
 * At its start it reads /etc/resolv.conf and /dev/urandom, at each question that is not remembered
 * /etc/hosts; it needs UDP and TCP sockets towards the servers. Without the files it goes on. */

struct dns_resolver;
struct dns_lookup;

struct dns_options {
    const char *servers; /* "127.0.0.1:5353,[::1]:53" instead of /etc/resolv.conf; NULL: the
                            system's; anything else in it aborts */
    uint32_t timeout_ms; /* for one question, retries included; 0: 5000 */
    uint32_t valid_ms;   /* how long an answer is remembered, whatever its TTL says; 0: the TTL */
    bool no_ipv4, no_ipv6;
};

enum dns_status {
    DNS_FOUND,
    DNS_NO_SUCH_NAME, /* NXDOMAIN, or no address of that name: an answer */
    DNS_FAILED,       /* SERVFAIL, timeout, no server: ask again later */
};

struct dns_resolver *dns_resolver_new(struct loop *loop, const struct dns_options *options);

/* Has `lost` called whenever /etc/hosts may not be read any more: a sandbox knows the file that was
 * there at its start, not one that takes its place. Nothing comes of it if it may not be read now.
 */
void dns_resolver_watch_hosts(struct dns_resolver *resolver, void (*lost)(void *owner),
                              void *owner);

/* Cancels what runs; no callbacks come. Not from inside a `done`. */
void dns_resolver_free(struct dns_resolver *resolver);

#define DNS_ADDRESSES_MAX 16

/* All addresses of `host` (a name, or an address as text), IPv4 first as /etc/gai.conf would not
 * say otherwise; /etc/hosts counts. `done` comes from the loop exactly once, never from inside this
 * call; `addresses` (port 0) is valid only during it, the lookup ends with it. At most
 * DNS_ADDRESSES_MAX. Answers are remembered for their TTL (1 s to 1 h), those of /etc/hosts for
 * 10 s, failures for 5 s, and questions under way are shared; an expired answer is used once more
 * (5 s) when the servers do not answer. A host that is neither a name nor an address is
 * NO_SUCH_NAME. */
struct dns_lookup *dns_resolve(struct dns_resolver *resolver, struct slice host,
                               void (*done)(void *owner, enum dns_status status,
                                            const struct address *addresses, size_t count),
                               void *owner);

/* What is remembered for `host` now, without asking; an address as text is always known. Number of
 * addresses written, 0: unknown or expired. */
size_t dns_remembered(struct dns_resolver *resolver, struct slice host, struct address *addresses,
                      size_t capacity);

/* The name of `address` (PTR), and whether that name's addresses include it (forward confirmation).
 * FOUND: `name` is a host name without trailing dot, at most 255 bytes, valid during the callback:
 * dns_name_valid, and what else Postfix asks of XCLIENT NAME (no label begins or ends with '-', not
 * only digits and dots). A PTR that is none counts as NO_SUCH_NAME. FAILED: `name` is empty, or it
 * is the PTR whose confirmation failed for now. PTRs are remembered for 60 s. */
struct dns_lookup *dns_reverse(struct dns_resolver *resolver, const struct address *address,
                               void (*done)(void *owner, enum dns_status status, struct slice name,
                                            bool confirmed),
                               void *owner);

/* Gives up waiting; `done` does not come. The question itself goes on for the cache's sake. */
void dns_cancel(struct dns_lookup **lookup);

/* Letters, digits, '-', '.', '_'; 1 to 255 bytes; labels 1 to 63; no leading or trailing dot. */
bool dns_name_valid(struct slice name);

/* For `frontd -t`: asks for all `names` at once and waits, at most about `timeout_ms`; on a loop of
 * its own. Each name's answer in `statuses`; returns the worst of them. */
enum dns_status dns_check_names(const struct slice *names, size_t count, uint32_t timeout_ms,
                                enum dns_status *statuses);
