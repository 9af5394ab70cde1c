#include "http/language/http_geo_ranges.h"

#include "base/address.h"

#include <string.h>

#define LISTS 65536

static bool parse_ipv4(struct slice text, uint32_t *number)
{
    struct address address;
    const uint8_t *bytes = address.bytes;

    if (!address_parse(text, &address) || address.family != AF_INET)
        return false;
    *number =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

bool http_geo_range_parse(struct slice text, struct http_geo_range *range)
{
    size_t dash = slice_find(text, '-');

    *range = (struct http_geo_range){0};
    return dash != SLICE_NOT_FOUND && parse_ipv4(slice_part(text, 0, dash), &range->from) &&
           parse_ipv4(slice_from(text, dash + 1), &range->to) && range->from <= range->to;
}

void http_geo_ranges_begin(struct http_geo_ranges *ranges)
{
    *ranges = (struct http_geo_ranges){0};
    arena_init(&ranges->arena, ARENA_UNLIMITED);
    ranges->lists = arena_zero(&ranges->arena, LISTS * sizeof *ranges->lists);
}

/* Room for one more at `at`. */
static struct http_geo_range *insert(struct http_geo_range_list *list, size_t at,
                                     struct arena *arena)
{
    if (list->count == list->capacity) {
        struct http_geo_range *grown;

        list->capacity = list->capacity == 0 ? 4 : 2 * list->capacity;
        grown = arena_alloc(arena, list->capacity * sizeof *grown);
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
    }
    memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof *list->items);
    list->count++;
    return &list->items[at];
}

/* The first that does not end before `address`. */
static size_t find_place(const struct http_geo_range_list *list, uint32_t address)
{
    size_t from = 0, to = list->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (list->items[middle].to < address)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* What is left of the range at `at`, around `piece`, which lies in it. */
static void cut_out(struct http_geo_range_list *list, size_t at, const struct http_geo_range *piece,
                    struct arena *arena)
{
    struct http_geo_range old = list->items[at];

    list->items[at] = *piece;
    if (old.to > piece->to)
        *insert(list, at + 1, arena) = (struct http_geo_range){piece->to + 1, old.to, old.value};
    if (old.from < piece->from)
        *insert(list, at, arena) = (struct http_geo_range){old.from, piece->from - 1, old.value};
}

static enum http_geo_range_result add_piece(struct http_geo_range_list *list,
                                            const struct http_geo_range *piece, struct arena *arena)
{
    size_t at = find_place(list, piece->from);
    const struct http_geo_range *old = &list->items[at];

    if (at == list->count || old->from > piece->to) {
        *insert(list, at, arena) = *piece;
        return HTTP_GEO_RANGE_ADDED;
    }
    if (old->from == piece->from && old->to == piece->to) {
        list->items[at] = *piece;
        return HTTP_GEO_RANGE_REPLACED;
    }
    if (old->from > piece->from || old->to < piece->to)
        return HTTP_GEO_RANGE_OVERLAPS;
    cut_out(list, at, piece, arena);
    return HTTP_GEO_RANGE_ADDED;
}

static bool delete_piece(struct http_geo_range_list *list, const struct http_geo_range *piece)
{
    size_t at = find_place(list, piece->from);

    if (at == list->count || list->items[at].from != piece->from || list->items[at].to != piece->to)
        return false;
    list->count--;
    memmove(list->items + at, list->items + at + 1, (list->count - at) * sizeof *list->items);
    return true;
}

/* The part of the range that is in the list `half`. */
static struct http_geo_range piece_of(const struct http_geo_range *range, uint32_t half)
{
    struct http_geo_range piece = {half << 16, half << 16 | 0xffff, range->value};

    if (piece.from < range->from)
        piece.from = range->from;
    if (piece.to > range->to)
        piece.to = range->to;
    return piece;
}

enum http_geo_range_result http_geo_ranges_add(struct http_geo_ranges *ranges,
                                               const struct http_geo_range *range)
{
    enum http_geo_range_result result = HTTP_GEO_RANGE_ADDED;

    for (uint32_t half = range->from >> 16; half <= range->to >> 16; half++) {
        struct http_geo_range piece = piece_of(range, half);
        enum http_geo_range_result one = add_piece(&ranges->lists[half], &piece, &ranges->arena);

        if (one > result)
            result = one;
    }
    return result;
}

bool http_geo_ranges_delete(struct http_geo_ranges *ranges, const struct http_geo_range *range)
{
    bool is_good = true;

    for (uint32_t half = range->from >> 16; half <= range->to >> 16; half++) {
        struct http_geo_range piece = piece_of(range, half);

        is_good = delete_piece(&ranges->lists[half], &piece) && is_good;
    }
    return is_good;
}

/* Neighbours of one value become one. */
static void append(struct http_geo_range_list *all, const struct http_geo_range *range,
                   struct arena *arena)
{
    struct http_geo_range *last = all->count == 0 ? NULL : &all->items[all->count - 1];

    if (last != NULL && last->to + 1 == range->from && slice_equal(last->value, range->value))
        last->to = range->to;
    else
        *insert(all, all->count, arena) = *range;
}

void http_geo_ranges_finish(struct http_geo_ranges *ranges, struct arena *arena)
{
    for (size_t half = 0; half < LISTS; half++)
        for (size_t i = 0; i < ranges->lists[half].count; i++)
            append(&ranges->all, &ranges->lists[half].items[i], arena);
    arena_deinit(&ranges->arena);
    ranges->lists = NULL;
}

const struct slice *http_geo_ranges_find(const struct http_geo_ranges *ranges, uint32_t address)
{
    size_t at = find_place(&ranges->all, address);

    if (at == ranges->all.count || ranges->all.items[at].from > address)
        return NULL;
    return &ranges->all.items[at].value;
}
