#pragma once

#include "http/http_exchange.h"

/* Writes the access log's lines for an exchange that is over, each in one write(2). An exchange
 * without a location (its head was refused) is logged by the default server of its address. */
void http_log_exchange(struct http_exchange *exchange);
