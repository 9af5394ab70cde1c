#pragma once

#include "base/slice.h"

#include <stdbool.h>

#define AUTH_APR1_BYTES (6 + 8 + 1 + 22) /* "$apr1$", salt, "$", hash */

/* Apache's variant of MD5 crypt: `setting` is a whole hash or its beginning ("$apr1$salt"). The
 * result (without a NUL) goes into `out`; false if the library has no MD5. */
bool auth_apr1(struct slice password, struct slice setting, char out[AUTH_APR1_BYTES], size_t *len)
    __attribute__((warn_unused_result));
