#pragma once

#include "http/http_exchange.h"
#include "http/output/http_output_conf.h"

/* expires, add_header, hsts, security_headers and server_tokens, on a response whose head is about
 * to leave. Nothing for subrequests. */
void http_output_add_fields(struct http_exchange *exchange, const struct http_output_conf *conf);

/* charset, in Content-Type. For subrequests too. */
void http_output_add_charset(struct http_exchange *exchange, const struct http_output_conf *conf);

/* `type` with what `charset` says of it. */
struct slice http_output_with_charset(struct http_exchange *exchange,
                                      const struct http_output_conf *conf, struct slice type);

/* Has the response a field of this name? */
bool http_output_has_field(const struct http_response *response, struct slice name);

/* Takes all fields of this name out of the response. */
void http_output_drop_field(struct http_exchange *exchange, struct slice name);
