#pragma once

#include "base/arena.h"
#include "base/slice.h"

/* The plain page for a status, in nginx's words; at == NULL for a status that has none (below 300
 * or unknown), or when the arena is full. Its type is text/html. */
struct slice http_error_page(unsigned status, struct arena *arena);
