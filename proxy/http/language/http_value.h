#pragma once

#include "base/slice.h"
#include "base/text.h"
#include "http/http_exchange.h"
#include "http/language/http_template.h"

#include <stdint.h>

/* One function for each row of http_variables.def, all of the same form, in http_value_request.c,
 * http_value_connection.c and http_value_answer.c. None of them fails: what is not there is
 * SLICE_NONE. The NAME that the configuration gave to a prefix variable is in part->text. */
typedef struct slice http_value_function(struct http_exchange *exchange,
                                         const struct http_template_part *part);

#define VARIABLE(name, text, is_prefix, value) http_value_function http_value_##value;
#include "http/language/http_variables.def"
#undef VARIABLE
http_value_function http_value_capture, http_value_made; /* http_value_made.c */

/* Helpers of theirs. */

#define HTTP_VALUE_NUMBER_MAX 24

struct slice http_value_keep(struct http_exchange *exchange, const struct text *text);
struct slice http_value_of_number(struct http_exchange *exchange, uint64_t value);

/* Seconds with three digits behind the point. */
struct slice http_value_of_seconds(struct http_exchange *exchange, uint64_t ms);

/* SLICE_NONE for what is empty. */
struct slice http_value_present(struct slice value);

/* Wall time. */
uint64_t http_value_now_us(const struct http_exchange *exchange);

/* The first field that http_NAME means; NAME is in part->text, its field in part->id. */
struct slice http_value_find_field(const struct http_field *fields, size_t count,
                                   const struct http_template_part *part);
