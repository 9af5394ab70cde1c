#pragma once

#include "base/slice.h"
#include "conf/conf_types.h"
#include "http/language/http_regex.h"
#include "http/language/http_template.h"
#include "http/message/http_message.h"
#include "http/output/http_expires.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the configuration says about answers: the rows of http_output.def. A location points to its
 * struct only if something in it differs from what goes without saying. */

/* add_header */
struct http_added_field {
    struct slice name;
    enum http_field_id id;
    struct http_template value;
    bool always; /* on errors too */
};

struct http_added_fields {
    struct http_added_field *items;
    size_t count;
};

enum http_output_inherit {
    HTTP_INHERIT_ON,
    HTTP_INHERIT_OFF,
    HTTP_INHERIT_MERGE,
};

/* expires */
struct http_expires_rule {
    struct http_expires fixed;
    bool has_template, is_modified;
    struct http_template text; /* evaluated for each answer */
};

/* error_page */
struct http_error_page {
    uint16_t status;
    int answer; /* the status it is sent with; 0: the page's own; -1: `status` */
    struct http_template uri;
};

struct http_error_pages {
    struct http_error_page *items;
    size_t count;
};

/* server_tokens */
enum http_server_field {
    HTTP_SERVER_FRONTD,
    HTTP_SERVER_NONE,
};

/* gzip_proxied: bits of a conf_set */
enum http_proxied {
    HTTP_PROXIED_OFF,
    HTTP_PROXIED_ANY,
    HTTP_PROXIED_EXPIRED,
    HTTP_PROXIED_NO_CACHE,
    HTTP_PROXIED_NO_STORE,
    HTTP_PROXIED_PRIVATE,
    HTTP_PROXIED_NO_LAST_MODIFIED,
    HTTP_PROXIED_NO_ETAG,
    HTTP_PROXIED_AUTH,
};

/* gzip_http_version */
enum http_gzip_version {
    HTTP_GZIP_FOR_1_0,
    HTTP_GZIP_FOR_1_1,
};

/* gzip_disable */
struct http_regexes {
    const struct http_regex **items;
    size_t count;
};

/* compress */
struct http_compress {
    bool on;
};

/* charset */
struct http_charset {
    bool on;
    struct http_template name;
};

/* limit_rate, limit_rate_after */
struct http_rate_rule {
    uint64_t fixed;
    bool has_template;
    struct http_template text; /* evaluated for each answer */
};

/* gzip_static */
enum http_static {
    HTTP_STATIC_ON,
    HTTP_STATIC_OFF,
    HTTP_STATIC_ALWAYS,
};

/* precompressed */
struct http_coding {
    struct slice name, extension; /* "gzip", ".gz" */
};

#define HTTP_CODINGS_MAX 3

struct http_precompressed {
    const struct http_coding *items[HTTP_CODINGS_MAX]; /* the best first */
    size_t count;
    bool always; /* whether the client takes it or not */
};

/* hsts */
struct http_hsts {
    struct slice value; /* of Strict-Transport-Security; empty: off */
};

/* security_headers */
enum http_security {
    HTTP_SECURITY_BASIC,
    HTTP_SECURITY_STRICT,
    HTTP_SECURITY_OFF,
};

struct http_output_conf {
#include "conf/conf_members.inc"
#include "http/output/http_output.def"

    /* Worked out when everything is read. */
    struct http_added_fields fields;  /* add_header, inherited ones included */
    struct http_precompressed stored; /* precompressed and gzip_static */
};

extern const struct conf_group http_output_group;
extern const struct conf_type http_type_charset, http_type_rate; /* http_output_more_conf.c */
extern const struct conf_type http_type_error_page;              /* http_error_jump_conf.c */
extern const struct conf_type http_type_agents, http_type_compress,
    http_type_precompressed; /* http_gzip_conf.c */

/* Adds what gzip_static says to what precompressed says. */
struct http_precompressed http_gzip_stored(const struct http_output_conf *output);
