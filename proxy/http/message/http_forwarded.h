#pragma once

#include "base/network.h"
#include "base/slice.h"
#include "http/message/http_message.h"

#include <stdbool.h>
#include <stddef.h>

/* X-Forwarded-For and its like: who is behind the proxies in front of us? */

struct networks {
    struct network *items;
    size_t count;
};

bool networks_have(const struct networks *networks, const struct address *address);

/* Goes from the end of `list` ("client, proxy, proxy"; blanks or commas between them, a port may
 * follow an address) to the front: *address is the neighbour so far; while it is `trusted`, whom it
 * names takes its place. Not `recursive`: one step only. True if *address was changed. *stopped:
 * an address that is not trusted, or no address, was met: what is before it counts for nothing. */
bool http_forwarded_client(struct slice list, const struct networks *trusted, bool recursive,
                           struct address *address, bool *stopped);

/* The same with all fields X-Forwarded-For, which are one list: the last one is the nearest
 * proxy's. */
bool http_forwarded_for(const struct http_field *fields, size_t count,
                        const struct networks *trusted, bool recursive, struct address *address);
