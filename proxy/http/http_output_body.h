#pragma once

#include "http/http_output.h"

/* Bodies that are changed on their way: the functions of the transport after such a head. */

/* From now on what the connection says to exchange->reader comes here first. */
void http_output_body_begin(struct http_exchange *exchange);

void http_output_body_write(struct http_exchange *exchange, struct slice bytes);
void http_output_body_file(struct http_exchange *exchange, int fd, uint64_t offset, uint64_t len);
void http_output_body_finish(struct http_exchange *exchange);
