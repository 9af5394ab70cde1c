#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

/* What a Range field asks for (RFC 9110 14), read as nginx reads it. */

/* More ranges than this in one request get the whole file. */
#define HTTP_RANGES_MAX 64

struct http_range {
    uint64_t first, end; /* `end` is behind the last byte */
};

struct http_ranges {
    struct http_range items[HTTP_RANGES_MAX];
    size_t count;
    uint64_t total; /* bytes in all of them */
};

enum http_range_result {
    HTTP_RANGE_WHOLE,           /* another unit, or it would be more than the file: send it all */
    HTTP_RANGE_PARTIAL,         /* *ranges says what */
    HTTP_RANGE_NOT_SATISFIABLE, /* 416 */
};

/* `size`: of the file. Ranges that lie outside are left out; those that reach out are cut. */
enum http_range_result http_range_parse(struct slice value, uint64_t size,
                                        struct http_ranges *ranges)
    __attribute__((warn_unused_result));
