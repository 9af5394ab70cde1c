#pragma once

#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* What an exchange asked of backends, for the log: $upstream_addr and its kin. */

struct http_response;

#define HTTP_ATTEMPT_UNKNOWN UINT32_MAX

struct http_attempt {
    struct http_attempt *next;
    struct address address; /* family 0: none was found, `name` says of what */
    struct slice name;
    const struct http_response *answer;          /* NULL: none came */
    uint32_t connect_ms, header_ms, response_ms; /* since the attempt began, or UNKNOWN */
    uint64_t length;                             /* of the answer's body */
    uint64_t sent, received;                     /* on its connection */
    uint16_t status;
    bool is_redirected; /* the first one after an internal redirect */
};

struct http_attempts {
    struct http_attempt *first, *last;
};

void http_attempts_add(struct http_attempts *attempts, struct http_attempt *attempt);
