#include "http/language/http_geo.h"

#include "base/number.h"
#include "http/language/http_variables.h"

#include <stdlib.h>
#include <string.h>

static unsigned width(const struct address *address)
{
    return address->family == AF_INET ? 32 : 128;
}

/* Clears what is behind the first `bits`. */
static void cut(struct address *address, unsigned bits)
{
    for (unsigned i = 0; i < sizeof address->bytes; i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

        if (kept < 8)
            address->bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

bool http_geo_parse_network(struct slice text, struct http_network *network)
{
    size_t slash = slice_find(text, '/');
    uint64_t bits;

    *network = (struct http_network){0};
    if (!address_parse(slice_part(text, 0, slash), &network->address))
        return false;
    bits = width(&network->address);
    if (slash != SLICE_NOT_FOUND && !number_parse(slice_from(text, slash + 1), bits, &bits))
        return false;
    network->bits = (uint8_t)bits;
    network->address.port = 0;
    cut(&network->address, network->bits);
    return true;
}

void http_geo_add(struct http_geo *geo, struct arena *arena, struct http_network network)
{
    if (geo->count == geo->capacity) {
        struct http_network *grown;

        geo->capacity = geo->capacity == 0 ? 16 : 2 * geo->capacity;
        grown = arena_zero(arena, geo->capacity * sizeof *grown);
        if (geo->count > 0)
            memcpy(grown, geo->networks, geo->count * sizeof *grown);
        geo->networks = grown;
    }
    geo->networks[geo->count++] = network;
}

void http_geo_add_default(struct http_geo *geo, struct arena *arena, struct slice value)
{
    http_geo_add(geo, arena, (struct http_network){.address = {.family = AF_INET}, .value = value});
    http_geo_add(geo, arena,
                 (struct http_network){.address = {.family = AF_INET6}, .value = value});
}

/* Narrow ones first; those of one width and family stand together, in order. */
static int compare(const struct http_network *a, const struct http_network *b)
{
    if (a->address.family != b->address.family)
        return a->address.family < b->address.family ? -1 : 1;
    if (a->bits != b->bits)
        return a->bits > b->bits ? -1 : 1;
    return memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
}

bool http_geo_delete(struct http_geo *geo, const struct http_network *network)
{
    size_t kept = 0, count = geo->count;

    for (size_t i = 0; i < count; i++)
        if (compare(&geo->networks[i], network) != 0)
            geo->networks[kept++] = geo->networks[i];
    geo->count = kept;
    return kept < count;
}

static int compare_networks(const void *a, const void *b)
{
    const struct http_network *const *left = a, *const *right = b;
    int order = compare(*left, *right);

    if (order != 0)
        return order;
    return (*left > *right) - (*left < *right); /* as they were added */
}

void http_geo_sort(struct http_geo *geo)
{
    const struct http_network **order = memory_alloc((geo->count + 1) * sizeof *order);
    struct http_network *sorted = memory_alloc((geo->count + 1) * sizeof *sorted);
    size_t kept = 0;

    for (size_t i = 0; i < geo->count; i++)
        order[i] = &geo->networks[i];
    if (geo->count > 1)
        qsort(order, geo->count, sizeof *order, compare_networks);
    for (size_t i = 0; i < geo->count; i++) {
        if (kept > 0 && compare(&sorted[kept - 1], order[i]) == 0)
            kept--;
        sorted[kept++] = *order[i];
    }
    if (kept > 0)
        memcpy(geo->networks, sorted, kept * sizeof *sorted);
    geo->count = kept;
    free(order);
    free(sorted);
}

/* The first one that is not before `wanted`. */
static size_t lower_bound(const struct http_geo *geo, const struct http_network *wanted)
{
    size_t from = 0, to = geo->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare(&geo->networks[middle], wanted) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* One search for each width that there is: at most 33 or 129. */
static struct slice find_network(const struct http_geo *geo, const struct address *address)
{
    struct http_network wanted = {.address = *address, .bits = (uint8_t)width(address)};

    wanted.address.port = 0;
    for (;;) {
        size_t at = lower_bound(geo, &wanted);

        if (at == geo->count || geo->networks[at].address.family != address->family)
            return SLICE("");
        if (compare(&geo->networks[at], &wanted) == 0)
            return geo->networks[at].value;
        if (geo->networks[at].bits < wanted.bits) {
            wanted.bits = geo->networks[at].bits;
        } else {
            if (wanted.bits == 0)
                return SLICE("");
            wanted.bits--;
        }
        cut(&wanted.address, wanted.bits);
    }
}

static uint32_t ipv4(const struct address *address)
{
    const uint8_t *bytes = address->bytes;

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct slice find_range(const struct http_geo *geo, const struct address *address)
{
    const struct slice *value =
        http_geo_ranges_find(geo->ranges, address->family == AF_INET ? ipv4(address) : UINT32_MAX);

    return value != NULL ? *value : geo->fallback;
}

struct slice http_geo_find(const struct http_geo *geo, const struct address *address)
{
    static const struct address none = {
        .bytes = {255, 255, 255, 255},
          .family = AF_INET
    };

    if (address->family == 0)
        address = &none;
    return geo->ranges != NULL ? find_range(geo, address) : find_network(geo, address);
}

struct slice http_geo_value(struct http_exchange *exchange, uint32_t number,
                            const struct http_geo *geo)
{
    struct address address = {0};
    struct slice value;

    if (!http_variable_set(exchange, number, SLICE("")))
        return SLICE("");
    if (!address_parse(http_evaluate(exchange, &geo->source), &address))
        address = (struct address){0};
    else if (geo->proxies.count > 0)
        (void)http_forwarded_for(exchange->request.fields, exchange->request.field_count,
                                 &geo->proxies, geo->is_recursive, &address);
    value = http_geo_find(geo, &address);
    return http_variable_set(exchange, number, value) ? value : SLICE("");
}
