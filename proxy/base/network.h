#pragma once

#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>

/* A range of addresses: 192.0.2.0/24. */
struct network {
    struct address address;
    unsigned bits; /* how many of the first bits count */
};

/* "192.0.2.0/24", "2001:db8::/32", or one address. Bits behind the prefix are ignored. */
bool network_parse(struct slice text, struct network *network) __attribute__((warn_unused_result));

/* Is the address in it? The port does not count. */
bool network_has(const struct network *network, const struct address *address);
