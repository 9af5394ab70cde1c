#pragma once

#include "http/http_exchange.h"

struct http_root;

/* autoindex: answers with what is in `directory` (below root; it ends in '/'). */
void http_autoindex_handle(struct http_exchange *exchange, struct http_root *root,
                           struct slice directory);
