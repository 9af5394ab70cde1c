#pragma once

#include "http/http_exchange.h"

/* auth_basic, a step of http_access.h: asks frontd-auth whether the request's name and password
 * are right. */
void http_auth_begin(struct http_exchange *exchange);
