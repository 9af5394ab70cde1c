#pragma once

#include "relay/balancer.h"

/* Between balancer.c (names, life) and balancer_choice.c (the choice, which asks nobody). */

struct balancer_peers {
    struct balancer_peer **items; /* in the order of the configuration */
    size_t count;
    enum balancer_method method;
};

/* NULL: none can be had. */
struct balancer_peer *balancer_choose(const struct balancer_peers *peers,
                                      const struct balancer_tries *tries,
                                      const struct address *client, uint64_t now);

bool balancer_can_choose(const struct balancer_peers *peers, const struct balancer_tries *tries,
                         uint64_t now);

void balancer_note(const struct balancer_peers *peers, struct balancer_peer *peer,
                   enum balancer_outcome outcome, uint64_t now);
