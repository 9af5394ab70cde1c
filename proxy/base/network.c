#include "base/network.h"

#include "base/number.h"

#include <string.h>

bool network_parse(struct slice text, struct network *network)
{
    struct slice rest = text;
    struct slice host = slice_cut(&rest, '/');
    struct network parsed = {0};
    uint64_t bits;

    if (!address_parse(host, &parsed.address))
        return false;
    bits = parsed.address.family == AF_INET6 ? 128 : 32;
    if (rest.at != NULL && !number_parse(rest, bits, &bits))
        return false;
    parsed.bits = (unsigned)bits;
    *network = parsed;
    return true;
}

bool network_has(const struct network *network, const struct address *address)
{
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (network->address.family != address->family ||
        memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}
