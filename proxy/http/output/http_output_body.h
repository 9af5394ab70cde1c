#pragma once

#include "http/output/http_output.h"

/* Bodies that are changed on their way: the functions of the transport after such a head. */

/* From now on what the connection says to exchange->reader comes here first. */
void http_output_body_begin(struct http_exchange *exchange);

void http_output_body_write(struct http_exchange *exchange, struct slice bytes);
void http_output_body_file(struct http_exchange *exchange, int fd, uint64_t offset, uint64_t len);
void http_output_body_finish(struct http_exchange *exchange);
bool http_output_body_is_full(struct http_exchange *exchange);

/* For the stage that runs commands: what comes of the page, its end, and that the handler may go
 * on. */
void http_output_emit(struct http_exchange *exchange, struct slice bytes);
void http_output_emit_end(struct http_exchange *exchange);
void http_output_go_on(struct http_exchange *exchange);

/* For the stages before the connection: the client takes bytes again. */
void http_output_drained(struct http_exchange *exchange);
