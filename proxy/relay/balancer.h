#pragma once

#include "base/address.h"
#include "relay/backend.h"
#include "relay/balancer_health.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which of several servers gets the next request, by nginx's rules. Each worker has balancers of
 * its own and learns by itself who fails. Names are resolved at run time, again when their time is
 * over, and every address of a name is a peer. */

enum balancer_method {
    BALANCER_ROUND_ROBIN, /* smooth and weighted */
    BALANCER_LEAST_CONN,
    BALANCER_IP_HASH,
    BALANCER_HASH,      /* by a key, over the peers */
    BALANCER_RING,      /* by a key, over a ring of points: "consistent" */
    BALANCER_RANDOM,    /* by chance and weight */
    BALANCER_RANDOM_TWO /* the one of two such that has fewer connections */
};

/* One line of the configuration. */
struct balancer_server {
    struct slice name; /* as written: what BALANCER_RING places it by */
    struct backend_target target;
    uint32_t weight;
    uint32_t max_fails; /* so many failures within fail_timeout_ms put a peer aside for so long; 0:
                           never */
    uint32_t fail_timeout_ms;
    uint32_t max_conns; /* 0: any number */
    bool backup, down;
};

struct balancer_conf {
    const struct balancer_server *servers;
    size_t server_count;
    enum balancer_method method;
};

/* One address of one server. */
struct balancer_peer {
    const struct balancer_server *server;
    struct address address;
    struct backend_target target; /* the address as text: what connections are kept under */
    uint32_t id;
    int64_t weight_now, weight_effective; /* of round robin */
    uint64_t failed_ms, checked_ms;       /* loop_now of the last failure, of the last look */
    uint32_t fails, conns;
    uint32_t holders; /* the balancer's list, each attempt, and each check */
    struct balancer_health_place health;
    char host[ADDRESS_TEXT_MAX];
};

/* The peers that one request has tried already. */
#define BALANCER_TRIES_MAX 32
struct balancer_tries {
    uint32_t ids[BALANCER_TRIES_MAX];
    uint8_t count;
};

struct worker;
struct dns_resolver;
struct balancer;

/* `conf` and `health` must live as long as the balancer; `health` NULL: nobody checks. */
struct balancer *balancer_new(struct worker *worker, struct dns_resolver *resolver,
                              const struct balancer_conf *conf,
                              const struct balancer_health *health);
/* No attempt may hold a peer any more. */
void balancer_free(struct balancer *balancer);

enum balancer_answer {
    BALANCER_PICKED,
    BALANCER_WAIT,       /* names are being resolved: see balancer_wait */
    BALANCER_NONE,       /* all are down, aside, full or tried */
    BALANCER_UNRESOLVED, /* no name has an address */
};

/* Whose request it is. */
struct balancer_client {
    const struct address *address;
    struct slice key; /* of BALANCER_HASH and BALANCER_RING; empty: as round robin */
};

/* Picks a peer that `tries` does not name, adds it there, and counts a connection on it until
 * balancer_release. */
enum balancer_answer balancer_pick(struct balancer *balancer, struct balancer_tries *tries,
                                   const struct balancer_client *client,
                                   struct balancer_peer **peer);

/* Would balancer_pick find another one? */
bool balancer_has_another(struct balancer *balancer, const struct balancer_tries *tries);

enum balancer_outcome {
    BALANCER_WORKED,
    BALANCER_FAILED,
    BALANCER_UNDECIDED, /* neither: the client left, a kept connection was closed */
};

/* Ends an attempt; sets *peer NULL. */
void balancer_release(struct balancer *balancer, struct balancer_peer **peer,
                      enum balancer_outcome outcome);

/* Calls ready(owner) from the loop when a name was resolved or is known not to resolve. */
struct balancer_waiter {
    struct balancer_waiter *next, **previous; /* previous NULL: does not wait */
    void (*ready)(void *owner);
    void *owner;
};

void balancer_wait(struct balancer *balancer, struct balancer_waiter *waiter);
void balancer_stop_waiting(struct balancer_waiter *waiter);

/* For checks. Looks at the names again if it is time, and gives all peers; valid until the loop's
 * next turn. */
struct balancer_peer *const *balancer_peers(struct balancer *balancer, size_t *count);

/* The peer's memory stays until as many drops, whatever becomes of its name. */
void balancer_hold(struct balancer_peer *peer);
void balancer_drop(struct balancer_peer *peer);
