#pragma once

#include "conf/conf_block.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* proxy_redirect, proxy_cookie_path, proxy_cookie_domain: what backends say of themselves becomes
 * what clients see. The first rule that fits is applied. */

struct http_exchange;
struct http_regex;

struct http_proxy_rule {
    bool is_default;                /* `proxy_redirect default` */
    const struct http_regex *regex; /* NULL: `pattern` */
    struct http_template pattern, replacement;
};

struct http_proxy_rules {
    struct http_proxy_rule *items;
    size_t count;
    bool off;
};

/* For rows; .type_data not NULL: `default` may be said. */
extern const struct conf_type http_type_proxy_rules;

enum http_rule_fit {
    HTTP_FIT_START,      /* the value begins with the pattern, which is replaced */
    HTTP_FIT_WHOLE_FOLD, /* the value is the pattern, in any case of letters */
};

/* True: *value was replaced, as `rule` (not a default one) says. A regular expression replaces all
 * of the value. */
bool http_proxy_rule_apply(struct http_exchange *exchange, const struct http_proxy_rule *rule,
                           enum http_rule_fit fit, struct slice *value);

/* proxy_cookie_flags */
enum http_cookie_flag {
    HTTP_COOKIE_SECURE,
    HTTP_COOKIE_HTTPONLY,
    HTTP_COOKIE_STRICT,
    HTTP_COOKIE_LAX,
    HTTP_COOKIE_NONE,
    HTTP_COOKIE_NO_SECURE,
    HTTP_COOKIE_NO_HTTPONLY,
    HTTP_COOKIE_NO_SAMESITE,
};

struct http_cookie_rule {
    const struct http_regex *regex; /* NULL: `name` */
    struct http_template name;
    uint32_t flags;                  /* bits by enum http_cookie_flag */
    struct http_template *evaluated; /* flags with variables */
    size_t evaluated_count;
};

/* The bit of a flag's name; 0: there is none of that name. */
uint32_t http_cookie_flag_bit(struct slice word);

struct http_cookie_rules {
    struct http_cookie_rule *items;
    size_t count;
    bool off;
};

extern const struct conf_type http_type_cookie_flags;

struct http_proxy_conf;

/* A Set-Cookie value for the client. */
struct slice http_proxy_cookie(struct http_exchange *exchange, const struct http_proxy_conf *conf,
                               struct slice value);
