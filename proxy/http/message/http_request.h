#pragma once

#include "base/arena.h"
#include "http/message/http_message.h"
#include "http/message/http_rules.h"

#include <stddef.h>

/* What holds for the head of a request in every version of HTTP. Pure. */

#define HTTP_METHOD_MAX 32

/* Looks up request->method_text, which must be a token. */
enum http_refusal http_request_check_method(struct http_request *request)
    __attribute__((warn_unused_result));

/* Exactly one valid Host (RFC 9112 3.2; none will do in HTTP/1.0): fills in host and authority,
 * unless the target had an authority, which wins and replaces the field's value. */
enum http_refusal http_request_check_host(const struct http_field *fields, size_t count,
                                          struct arena *arena, struct http_request *request)
    __attribute__((warn_unused_result));

/* Drops fields with '_' in their names (reference/http.md 4.1-7): a CGI backend could not tell them
 * from those with '-'. */
void http_request_drop_underscores(struct http_request *request);

/* At most one each of Authorization, Expect and the conditions (nginx's list): who came after us
 * might go by another one than we. */
enum http_refusal http_request_check_once(const struct http_field *fields, size_t count)
    __attribute__((warn_unused_result));

/* At most one Content-Length: fills in framing and content_length. */
enum http_refusal http_request_check_length(const struct http_field *fields, size_t count,
                                            struct http_request *request)
    __attribute__((warn_unused_result));

/* A WebSocket opening as in RFC 6455, to be regenerated for a backend (reference/http.md 4.7)? */
bool http_request_is_websocket(const struct http_field *fields, size_t count,
                               const struct http_request *request);

size_t http_fields_count(const struct http_field *fields, size_t count, enum http_field_id id);

/* 1*DIGIT; leading zeros are fine (RFC 9110 8.6). */
bool http_length_parse(struct slice value, uint64_t *length) __attribute__((warn_unused_result));
