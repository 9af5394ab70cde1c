#include "http/h2/http2_priority.h"

#define URGENCY_USUAL 3

static void take(struct http2_priority *priority, struct slice name, struct slice value)
{
    if (slice_equal(name, SLICE("u")) && value.len == 1 && value.at[0] >= '0' && value.at[0] <= '7')
        priority->urgency = (uint8_t)(value.at[0] - '0');
    else if (slice_equal(name, SLICE("i")))
        priority->is_incremental = value.at == NULL || slice_equal(value, SLICE("?1"));
}

struct http2_priority http2_priority_parse(struct slice value)
{
    struct http2_priority priority = {URGENCY_USUAL, value.at == NULL};

    while (value.len > 0) {
        struct slice item = slice_cut(&value, ','), member;

        member = slice_cut(&item, ';'); /* parameters mean nothing */
        member = slice_trim(member);
        item = member;
        take(&priority, slice_cut(&item, '='), item);
    }
    return priority;
}
