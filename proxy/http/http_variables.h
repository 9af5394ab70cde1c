#pragma once

#include "base/slice.h"
#include "http/http_exchange.h"
#include "http/http_template.h"

/* What variables are worth for an exchange. */

/* The value in the exchange's arena (or what it points to). at == NULL: there is no such thing, a
 * log writes "-" for it. */
struct slice http_variable_value(struct http_exchange *exchange,
                                 const struct http_template_part *part);

/* The whole text; empty when the exchange's arena is full. */
struct slice http_evaluate(struct http_exchange *exchange, const struct http_template *text);
