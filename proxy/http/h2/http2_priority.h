#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* The Priority field of a request (RFC 9218 4). Pure. */
struct http2_priority {
    uint8_t urgency;     /* 0, the most urgent, to 7 */
    bool is_incremental; /* useful in parts: takes turns with others of its urgency */
};

/* What cannot be understood is as if it were not there (RFC 9218 4: u=3). Without a field all
 * answers take turns, so that a download keeps nobody waiting. */
struct http2_priority http2_priority_parse(struct slice value);
