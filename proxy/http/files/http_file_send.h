#pragma once

#include "http/files/http_file_cache.h"
#include "http/http_exchange.h"

/* Answers with a file: conditions, ranges, head, body. Takes over the reference to `file`. */
void http_file_send(struct http_exchange *exchange, struct http_file *file);
