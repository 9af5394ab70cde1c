#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Decodes RFC 4648 section 4 into `out`. Padding is required, nothing else is skipped, unused bits
 * must be zero. False if it is not base64 or needs more than `capacity` bytes. */
bool base64_decode(struct slice text, char *out, size_t capacity, size_t *len)
    __attribute__((warn_unused_result));

/* The same as nginx reads it: ends at the first '=' or with the text, padded or not, whatever the
 * unused bits and what follows the padding. */
bool base64_decode_loose(struct slice text, char *out, size_t capacity, size_t *len)
    __attribute__((warn_unused_result));

/* Encodes with padding; false if `capacity` is too small (4 bytes for each 3, no NUL added). */
bool base64_encode(struct slice bytes, char *out, size_t capacity, size_t *len)
    __attribute__((warn_unused_result));
