#pragma once

#include "http/message/http_message.h"

#include <stdbool.h>
#include <stddef.h>

/* Accept-Encoding (RFC 9110 12.5.3). Is `coding` named in it with a weight above 0? "*" does not
 * name it, nor does "x-gzip" name gzip: as in nginx. */
bool http_encoding_accepted(const struct http_field *fields, size_t count, struct slice coding);
