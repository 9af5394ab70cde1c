#pragma once

#include "base/slice.h"
#include "http/http_exchange.h"
#include "http/language/http_regex.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stdint.h>

/* What variables are worth for an exchange. */

/* The value in the exchange's arena (or what it points to). at == NULL: there is no such thing, a
 * log writes "-" for it. */
struct slice http_variable_value(struct http_exchange *exchange,
                                 const struct http_template_part *part);

/* The whole text; empty when the exchange's arena is full. */
struct slice http_evaluate(struct http_exchange *exchange, const struct http_template *text);

/* The same with $1…$9 escaped for a query (http_uri_escape_argument). */
struct slice http_evaluate_escaping_captures(struct http_exchange *exchange,
                                             const struct http_template *text);

/* Sets variable `number` of the configuration (http_conf_variable); `value` lives as long as the
 * exchange. at == NULL: as if it was never set. False when the exchange's arena is full. A
 * subrequest's variables are those of the request it is for. */
bool http_variable_set(struct http_exchange *exchange, uint32_t number, struct slice value);

/* Matches `subject`, which lives as long as the exchange. On HTTP_MATCHED $1…$9 and the variables
 * of its named groups have the values; otherwise nothing changed. HTTP_MATCH_FAILED was logged and
 * lets nothing through: answer 500. */
enum http_match_result http_variable_match(struct http_exchange *exchange,
                                           const struct http_regex *regex, struct slice subject)
    __attribute__((warn_unused_result));

/* The same for a match that was made already, whose groups `matcher` holds. */
bool http_variable_keep_groups(struct http_exchange *exchange, const struct http_regex *regex,
                               const struct http_matcher *matcher)
    __attribute__((warn_unused_result));
