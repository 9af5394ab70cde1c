#pragma once

#include "base/slice.h"
#include "http/message/http_message.h"

#include <stdbool.h>
#include <stdint.h>

/* Conditional requests (RFC 9110 13), pure. */

/* What a representation is, for comparing. */
struct http_validators {
    struct slice etag; /* strong, with its quotes */
    int64_t modified;  /* seconds since 1970 */
};

/* When If-Modified-Since holds: never, if the date is equal, if it is not earlier. */
enum http_if_modified_since {
    HTTP_IF_MODIFIED_OFF,
    HTTP_IF_MODIFIED_EXACT,
    HTTP_IF_MODIFIED_BEFORE,
};

enum http_condition {
    HTTP_CONDITION_SEND,
    HTTP_CONDITION_NOT_MODIFIED, /* 304 */
    HTTP_CONDITION_FAILED,       /* 412 */
};

/* For GET and HEAD. If-Match counts before If-Unmodified-Since, If-None-Match before
 * If-Modified-Since (RFC 9110 13.2.2; nginx wants both of a pair to hold). A date that is none
 * counts for nothing. */
enum http_condition http_conditional_check(const struct http_request *request,
                                           const struct http_validators *validators,
                                           enum http_if_modified_since since);

/* May the Range field be used? True without If-Range. */
bool http_conditional_range(const struct http_request *request,
                            const struct http_validators *validators);
