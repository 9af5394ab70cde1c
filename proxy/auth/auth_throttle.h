#pragma once

#include "auth/auth_rate.h"
#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* How many logins have failed lately, in a table of fixed size. Counted are
 *
 * - a user name from an address (IPv6: from its /64), up to the rate;
 * - a net, /24 or IPv6's /48, with whatever names, up to ten times the rate.
 *
 * Never a name alone: anybody anywhere could lock anybody out. A failure is forgotten little by
 * little: with 5/m one each 12 seconds. Where the table is full, who would be free first is
 * forgotten first; and its hash is keyed, so nobody can choose whom to push out.
 *
 * Who is over the rate may still be recognised by a password that was verified lately: the
 * neighbour of an attacker, behind the same address, stays logged in. Each such look is a guess,
 * too, if the password is another; these looks are counted apart, up to ten times the rate. */

struct auth_throttle;

struct auth_throttle *auth_throttle_new(const uint64_t key[2]);
void auth_throttle_free(struct auth_throttle *throttle);

/* One login. With a rate of none all functions below let it be. */
struct auth_attempt {
    uint64_t user, net;   /* hashes */
    uint64_t interval_us; /* 0: no rate */
    uint64_t span_us;
};

struct auth_attempt auth_throttle_attempt(const struct auth_throttle *throttle, uint32_t file,
                                          struct slice user, const struct address *client,
                                          const struct auth_rate *rate);

/* In how many milliseconds its password may be tried; 0: now. */
uint64_t auth_throttle_wait(const struct auth_throttle *throttle,
                            const struct auth_attempt *attempt, uint64_t now_ms);

/* Its password is tried. It counts from now on, so that many at once are no way round; then one of
 * the two: a success takes it back, a failure counts for the net, too. */
void auth_throttle_try(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                       uint64_t now_ms);
void auth_throttle_take_back(struct auth_throttle *throttle, const struct auth_attempt *attempt);
void auth_throttle_fail(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                        uint64_t now_ms);

/* May its password be compared with what was verified lately, though it must wait? That is counted;
 * whoever is recognised takes it back. */
bool auth_throttle_look(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                        uint64_t now_ms) __attribute__((warn_unused_result));
void auth_throttle_recognise(struct auth_throttle *throttle, const struct auth_attempt *attempt);
