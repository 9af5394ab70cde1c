#include "http/route/http_site.h"

static const char *const http_misdirected_words[] = {"off", "strict", NULL};
static const struct conf_bounds http_max_headers_bounds = {1, UINT32_MAX};

#define CONF_STRUCT struct http_site
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/route/http_site.def"
};
#undef CONF_STRUCT

const struct conf_group http_site_group = {"http_site", sizeof(struct http_site), rows,
                                           sizeof rows / sizeof rows[0], NULL};

const struct http_site *http_site_find(const struct conf *conf, const struct conf_scope *scope)
{
    const struct http_site *site = conf_values(conf, scope, &http_site_group);

    bool is_used = site->https_redirect || site->acme_webroot.len > 0 ||
                   site->misdirected == HTTP_MISDIRECTED_STRICT ||
                   site->max_headers < HTTP_FIELDS_MAX;

    return is_used ? site : NULL;
}
