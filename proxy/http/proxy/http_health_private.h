#pragma once

#include "base/slice.h"
#include "http/proxy/http_health_conf.h"
#include "net/loop.h"
#include "relay/balancer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between http_health.c (when, and what follows) and http_health_probe.c (one check). */

struct http_health_probe;
struct tls_client;
struct worker;

/* An upstream that is checked. */
struct http_health {
    struct http_health *next;
    const struct http_health_use *use;
    struct worker *worker;
    struct balancer *balancer;
    struct balancer_health shared;
    struct tls_client *tls; /* NULL with is_tls: cannot be had, as for requests */
    struct slice tls_name;
    bool is_tls, says_name;
    struct slice request;             /* all of it */
    struct deadline look;             /* when to look again who is due */
    struct http_health_probe *probes; /* under way */
    size_t probe_count;
    uint64_t jitter_seed[2];
    uint64_t jitter_count;
};

/* For so long a check reads on after its verdict, at most. */
#define HTTP_HEALTH_LINGER_MS 1000

/* Begins a check of the peer; http_health_note and http_health_probed come from the loop. */
void http_health_probe(struct http_health *health, struct balancer_peer *peer, uint64_t lease);

/* Ends one without a verdict: the next worker that looks may begin another at once. */
void http_health_probe_cancel(struct http_health_probe *probe);

/* The verdict: `why` it failed, NULL: it passed. */
void http_health_note(struct http_health *health, const struct balancer_peer *peer,
                      const char *why);

/* The check is over; `lease` as http_health_probe got it. Drops the peer. */
void http_health_probed(struct http_health *health, struct balancer_peer *peer, uint64_t lease);
