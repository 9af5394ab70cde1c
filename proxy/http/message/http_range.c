#include "http/message/http_range.h"

#include "base/chars.h"

/* One element of the list as written. */
struct written_range {
    uint64_t first, last;
    bool has_first, has_last;
};

static void skip_blanks(struct slice *text)
{
    while (text->len > 0 && text->at[0] == ' ')
        *text = slice_from(*text, 1);
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->at[0] != byte)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

/* Digits, if there are any; false for a number that no file reaches. */
static bool take_number(struct slice *text, uint64_t *number, bool *present)
{
    *number = 0;
    *present = false;
    while (text->len > 0 && chars_is(text->at[0], CHARS_DIGIT)) {
        if (*number > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        *number = *number * 10 + (uint64_t)(text->at[0] - '0');
        *present = true;
        *text = slice_from(*text, 1);
    }
    return true;
}

/* "first-last", "first-" or "-suffix", blanks around each part. */
static bool take_range(struct slice *text, struct written_range *range)
{
    skip_blanks(text);
    if (!take_number(text, &range->first, &range->has_first))
        return false;
    if (range->has_first)
        skip_blanks(text);
    if (!take_byte(text, '-'))
        return false;
    if (range->has_first)
        skip_blanks(text);
    if (!take_number(text, &range->last, &range->has_last))
        return false;
    skip_blanks(text);
    return range->has_first || range->has_last;
}

static struct http_range within(const struct written_range *range, uint64_t size)
{
    if (!range->has_first)
        return (struct http_range){range->last < size ? size - range->last : 0, size};
    if (!range->has_last || range->last >= size)
        return (struct http_range){range->first, size};
    return (struct http_range){range->first, range->last + 1};
}

/* nginx's order of decisions: an element that is no range spoils all; an empty one that begins at 0
 * (an empty file, "-0" never) means the whole; other empty or reversed ones are left out. */
enum http_range_result http_range_parse(struct slice value, uint64_t size,
                                        struct http_ranges *ranges)
{
    struct slice rest = slice_from(value, sizeof "bytes=" - 1);

    ranges->count = 0;
    ranges->total = 0;
    if (!slice_starts_fold(value, SLICE("bytes=")) || rest.len == 0)
        return HTTP_RANGE_WHOLE;
    do {
        struct written_range written;
        struct http_range range;

        if (!take_range(&rest, &written) || (rest.len > 0 && rest.at[0] != ','))
            return HTTP_RANGE_NOT_SATISFIABLE;
        range = within(&written, size);
        if (range.first >= range.end) {
            if (range.first == 0)
                return HTTP_RANGE_WHOLE;
            continue;
        }
        if (ranges->count == HTTP_RANGES_MAX)
            return HTTP_RANGE_WHOLE;
        ranges->items[ranges->count++] = range;
        ranges->total += range.end - range.first;
    } while (take_byte(&rest, ','));
    if (ranges->count == 0)
        return HTTP_RANGE_NOT_SATISFIABLE;
    return ranges->total > size ? HTTP_RANGE_WHOLE : HTTP_RANGE_PARTIAL;
}
