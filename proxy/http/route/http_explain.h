#pragma once

#include "http/conf/http_conf.h"
#include "http/http_exchange.h"
#include "http/language/http_program.h"

#include <stdbool.h>

/* `frontd --explain URL`: a request goes the way that every request goes, up to where a file would
 * be opened or a backend dialled, and each decision is written down. exchange->explanation is
 * there; for all others it is NULL. */

struct worker;

/* struct protocol.explain */
bool http_explain(struct worker *worker, struct slice url, const struct slice *fields, size_t count,
                  int fd);

/* What http_handlers.c and http_program.c have to say. */
void http_explain_server(const struct http_exchange *exchange, const struct http_regex *regex);
void http_explain_location(const struct http_exchange *exchange);
/* `holds`: the condition of an `if` does, the expression of a `rewrite` matched. */
void http_explain_step(const struct http_exchange *exchange, const struct http_step *step,
                       bool holds);

/* In the place of the access phase and of the handler. */
void http_explain_content(struct http_exchange *exchange);
