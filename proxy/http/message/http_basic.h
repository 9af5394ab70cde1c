#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The value of an Authorization field, scheme Basic (RFC 7617), as tolerantly as nginx reads it:
 * any number of blanks, missing padding, whatever stands behind the padding. */

#define HTTP_BASIC_MAX 1024 /* of name, colon and password */

struct http_basic {
    struct slice user, password; /* point into `memory` */
    char memory[HTTP_BASIC_MAX];
};

/* False: another scheme, no base64, no colon, no name, or too long. */
bool http_basic_parse(struct slice value, struct http_basic *basic);
