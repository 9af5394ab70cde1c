#pragma once

#include "relay/balancer.h"

/* Between balancer.c (names, life), balancer_choice.c (the choice, which asks nobody) and
 * balancer_spread.c (those that follow from a hash or from chance). */

struct balancer_ring;

struct balancer_peers {
    struct balancer_peer **items; /* in the order of the configuration */
    size_t count;
    enum balancer_method method;
    struct balancer_ring *ring;           /* of BALANCER_RING; else NULL */
    const struct balancer_health *health; /* NULL: nobody checks */
    uint64_t *chance;                     /* for balancer_by_chance: any number at first */
};

/* NULL: none can be had. */
struct balancer_peer *balancer_choose(const struct balancer_peers *peers,
                                      const struct balancer_tries *tries,
                                      const struct balancer_client *client, uint64_t now);

bool balancer_can_choose(const struct balancer_peers *peers, const struct balancer_tries *tries,
                         uint64_t now);

void balancer_note(const struct balancer_peers *peers, struct balancer_peer *peer,
                   enum balancer_outcome outcome, uint64_t now);

/* One request's choice so far. */
struct balancer_choice {
    const struct balancer_peers *peers;
    const struct balancer_tries *tries;
    uint64_t now;
};

bool balancer_is_usable(const struct balancer_choice *choice, const struct balancer_peer *peer);

/* Smooth weighted round robin among those that can be had and, if `name` is not NULL, are written
 * so; NULL: there is none. */
struct balancer_peer *balancer_by_turn(const struct balancer_choice *choice, bool backup,
                                       const struct slice *name);

/* Has `a` fewer connections than `b` for its weight? */
bool balancer_has_fewer(const struct balancer_peer *a, const struct balancer_peer *b);

/* By nginx's rules and with its numbers, so that the same peers are found. NULL: none in as many
 * tries as nginx makes; whose turn it is gets the request then. */
struct balancer_peer *balancer_by_address(const struct balancer_choice *choice,
                                          const struct address *client);
struct balancer_peer *balancer_by_key(const struct balancer_choice *choice, struct slice key);
struct balancer_peer *balancer_by_ring(const struct balancer_choice *choice, struct slice key);
struct balancer_peer *balancer_by_chance(const struct balancer_choice *choice);
