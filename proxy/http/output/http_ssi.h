#pragma once

#include "http/http_exchange.h"
#include "http/output/http_output_conf.h"

#include <stdbool.h>

/* Server-side includes: the stage of http_output that runs the commands of a page. Includes are
 * subrequests, several at once; while one runs, what is behind it is held back and the page's
 * handler told to wait. An include that fails leaves a comment and a line in the log. */

struct http_ssi;

/* Does the location run the commands of pages of this type? */
bool http_ssi_applies(const struct http_output_conf *conf, struct slice type);

/* NULL: no room. Lives in the exchange's arena until http_ssi_free lets go of the rest. */
struct http_ssi *http_ssi_new(struct http_exchange *exchange);
void http_ssi_free(struct http_ssi *ssi); /* also in the middle of an include; NULL is fine */

/* The next bytes of the page, and its end; http_output_body.c's http_output_emit gets what comes of
 * them, http_output_emit_end the end. */
void http_ssi_write(struct http_ssi *ssi, struct slice bytes);
void http_ssi_finish(struct http_ssi *ssi);

/* True: an include runs; http_output_go_on follows. */
bool http_ssi_is_waiting(const struct http_ssi *ssi);

/* The connection takes bytes again. */
void http_ssi_drained(struct http_ssi *ssi);
