#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

/* What set_escape_uri and its like make of a value, byte for byte as nginx's module set-misc does,
 * which login portals are configured with. Pure. */

/* The result lives as long as `arena`, or as long as `value`. False: it is no such text, or the
 * arena's ceiling is reached. */
typedef bool (*http_set_function)(struct arena *arena, struct slice value, struct slice *result);

/* NULL: none has this name. */
http_set_function http_set_function_find(struct slice directive);
