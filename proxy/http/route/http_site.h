#pragma once

#include "conf/conf_types.h"
#include "http/http_exchange.h"

/* What frontd does for a site that nginx needs several blocks for: http_site.def. */

enum http_misdirected {
    HTTP_MISDIRECTED_OFF,
    HTTP_MISDIRECTED_STRICT,
};

struct http_site {
#include "conf/conf_members.inc"
#include "http/route/http_site.def"
};

extern const struct conf_group http_site_group;

/* What holds for a server; NULL: nothing of it is used. */
const struct http_site *http_site_find(const struct conf *conf, const struct conf_scope *scope);

/* True: the request was answered. Call it where exchange->server->site is not NULL, before the
 * server's own rules. */
bool http_site_answers(struct http_exchange *exchange);
