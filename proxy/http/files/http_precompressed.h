#pragma once

#include "http/files/http_file_cache.h"
#include "http/http_exchange.h"

/* gzip_static, precompressed: files that were compressed when they were made stand beside the plain
 * ones (page.html.gz) and are sent to clients that take them, whether the plain one is there or
 * not. */

/* The one to send in place of `path` (as it is below `root`); the fields that tell of it are in the
 * response then. NULL: the plain one. http_file_release it. */
struct http_file *http_precompressed_get(struct http_exchange *exchange, struct http_root *root,
                                         struct slice path, uint64_t now_ms);
