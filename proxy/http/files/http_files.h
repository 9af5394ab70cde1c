#pragma once

#include "http/http_exchange.h"

/* From a request's path to the file it means. */

/* The path, below the directory that is open for the location, of what `path` (of a request) means
 * there: it begins with '/'. at == NULL: nothing, or the exchange's arena is full. */
struct slice http_files_map(struct http_exchange *exchange, struct slice path);

/* root or alias as it is for this request: $document_root. */
struct slice http_files_root(struct http_exchange *exchange);

/* The whole name of the file that the request means: $request_filename. */
struct slice http_files_name(struct http_exchange *exchange);

/* What disable_symlinks refuses, in *check; NULL: nothing. */
struct http_link_check;
const struct http_link_check *http_files_check(struct http_exchange *exchange,
                                               struct http_link_check *check);

/* try_files, of a location that has it. True: go on with exchange->request.path, which may be
 * another one now. False: the exchange went another way. */
bool http_files_try(struct http_exchange *exchange);
