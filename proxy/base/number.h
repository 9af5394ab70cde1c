#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Text into numbers with bounds. All return false, and leave *result alone, for an empty slice, a
 * byte that does not belong, or a value above `max`. No sign, blank or prefix is taken. */
bool number_parse(struct slice s, uint64_t max, uint64_t *result)
    __attribute__((warn_unused_result));
bool number_parse_hex(struct slice s, uint64_t max, uint64_t *result)
    __attribute__((warn_unused_result));

/* nginx's sizes: a number with an optional k, m or g (either case). */
bool number_parse_size(struct slice s, uint64_t max, uint64_t *bytes)
    __attribute__((warn_unused_result));

/* nginx's times in milliseconds: numbers with y M w d h m s ms, largest first, each unit once,
 * blanks between them allowed ("1h 30m"); a number without a unit is seconds. */
bool number_parse_duration(struct slice s, uint64_t max_ms, uint64_t *milliseconds)
    __attribute__((warn_unused_result));
