#include "auth/auth_throttle.h"

#include "auth/auth_wire.h"
#include "base/arena.h"
#include "base/siphash.h"
#include "base/text.h"

#include <stdlib.h>

#define NET_TIMES  10 /* the rate of a net, and… */
#define LOOK_TIMES 10 /* …how many looks: times the rate */

/* What has been counted, as the time when it is forgotten, in microseconds: each adds an interval,
 * and what lies in the past is nothing. */
struct counts {
    uint64_t name; /* a hash; 0: free */
    uint64_t failures, looks;
};

#define WAYS      8
#define USER_SETS 2048
#define NET_SETS  1024

/* Two tables: a flood of names must not push out the net it comes from. */
struct auth_throttle {
    uint64_t key[2];
    struct counts users[USER_SETS][WAYS];
    struct counts nets[NET_SETS][WAYS];
};

struct auth_throttle *auth_throttle_new(const uint64_t key[2])
{
    struct auth_throttle *throttle = memory_zero(sizeof *throttle);

    memcpy(throttle->key, key, sizeof throttle->key);
    return throttle;
}

void auth_throttle_free(struct auth_throttle *throttle)
{
    free(throttle);
}

/* Who it is. */

static void add_number(struct text *text, uint64_t number)
{
    text_add(text, (struct slice){(const char *)&number, sizeof number});
}

static void add_prefix(struct text *text, const struct address *client, size_t ipv4, size_t ipv6)
{
    add_number(text, client->family);
    text_add(text,
             (struct slice){(const char *)client->bytes, client->family == AF_INET6 ? ipv6 : ipv4});
}

/* Places that have other rates do not share what they count. */
static void add_rate(struct text *text, const struct auth_rate *rate)
{
    add_number(text, rate->count);
    add_number(text, rate->period_ms);
}

static uint64_t hash_of(const struct auth_throttle *throttle, const struct text *text)
{
    uint64_t hash = siphash(throttle->key, text_slice(text));

    return hash == 0 ? 1 : hash;
}

struct auth_attempt auth_throttle_attempt(const struct auth_throttle *throttle, uint32_t file,
                                          struct slice user, const struct address *client,
                                          const struct auth_rate *rate)
{
    char user_bytes[5 * sizeof(uint64_t) + AUTH_USER_MAX], net_bytes[4 * sizeof(uint64_t)];
    struct text user_text = text_in(user_bytes, sizeof user_bytes);
    struct text net_text = text_in(net_bytes, sizeof net_bytes);
    uint64_t interval_us;

    if (rate->count == 0)
        return (struct auth_attempt){0};
    add_rate(&user_text, rate);
    add_prefix(&user_text, client, 4, 8);
    add_number(&user_text, file);
    text_add(&user_text, user);
    add_rate(&net_text, rate);
    add_prefix(&net_text, client, 3, 6);
    interval_us = (uint64_t)rate->period_ms * 1000 / rate->count;
    return (struct auth_attempt){.user = hash_of(throttle, &user_text),
                                 .net = hash_of(throttle, &net_text),
                                 .interval_us = interval_us,
                                 .span_us = interval_us * rate->count};
}

/* Counts. */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct counts *find(struct counts *set, uint64_t name)
{
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].name == name)
            return &set[i];
    return NULL;
}

static uint64_t free_at(const struct counts *counts)
{
    return later(counts->failures, counts->looks);
}

static struct counts *find_or_begin(struct counts *set, uint64_t name)
{
    struct counts *place = find(set, name);

    if (place != NULL)
        return place;
    place = set;
    for (size_t i = 1; i < WAYS; i++)
        if (free_at(&set[i]) < free_at(place))
            place = &set[i];
    *place = (struct counts){.name = name};
    return place;
}

static struct counts *user_set(const struct auth_throttle *throttle, uint64_t name)
{
    return (struct counts *)(uintptr_t)throttle->users[name % USER_SETS];
}

static struct counts *net_set(const struct auth_throttle *throttle, uint64_t name)
{
    return (struct counts *)(uintptr_t)throttle->nets[name % NET_SETS];
}

/* In how many microseconds one more of `step` fits into `span`. */
static uint64_t until_fits(uint64_t counted, uint64_t now_us, uint64_t step, uint64_t span)
{
    uint64_t full_at = now_us + span;

    return later(counted, now_us) + step > full_at ? later(counted, now_us) + step - full_at : 0;
}

static void add(uint64_t *counted, uint64_t now_us, uint64_t step)
{
    *counted = later(*counted, now_us) + step;
}

static void subtract(uint64_t *counted, uint64_t step)
{
    *counted = *counted > step ? *counted - step : 0;
}

uint64_t auth_throttle_wait(const struct auth_throttle *throttle,
                            const struct auth_attempt *attempt, uint64_t now_ms)
{
    const struct counts *user, *net;
    uint64_t wait_us = 0;

    if (attempt->interval_us == 0)
        return 0;
    user = find(user_set(throttle, attempt->user), attempt->user);
    net = find(net_set(throttle, attempt->net), attempt->net);
    if (user != NULL)
        wait_us = until_fits(user->failures, now_ms * 1000, attempt->interval_us, attempt->span_us);
    if (net != NULL)
        wait_us = later(wait_us, until_fits(net->failures, now_ms * 1000,
                                            attempt->interval_us / NET_TIMES, attempt->span_us));
    return (wait_us + 999) / 1000;
}

void auth_throttle_try(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                       uint64_t now_ms)
{
    if (attempt->interval_us > 0)
        add(&find_or_begin(user_set(throttle, attempt->user), attempt->user)->failures,
            now_ms * 1000, attempt->interval_us);
}

void auth_throttle_take_back(struct auth_throttle *throttle, const struct auth_attempt *attempt)
{
    struct counts *user = find(user_set(throttle, attempt->user), attempt->user);

    if (attempt->interval_us > 0 && user != NULL)
        subtract(&user->failures, attempt->interval_us);
}

void auth_throttle_fail(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                        uint64_t now_ms)
{
    if (attempt->interval_us > 0)
        add(&find_or_begin(net_set(throttle, attempt->net), attempt->net)->failures, now_ms * 1000,
            attempt->interval_us / NET_TIMES);
}

bool auth_throttle_look(struct auth_throttle *throttle, const struct auth_attempt *attempt,
                        uint64_t now_ms)
{
    struct counts *user = find_or_begin(user_set(throttle, attempt->user), attempt->user);

    if (until_fits(user->looks, now_ms * 1000, attempt->interval_us,
                   attempt->span_us * LOOK_TIMES) > 0)
        return false;
    add(&user->looks, now_ms * 1000, attempt->interval_us);
    return true;
}

void auth_throttle_recognise(struct auth_throttle *throttle, const struct auth_attempt *attempt)
{
    struct counts *user = find(user_set(throttle, attempt->user), attempt->user);

    if (user != NULL)
        subtract(&user->looks, attempt->interval_us);
}
