#pragma once

#include "auth/auth_rate.h"
#include "base/address.h"
#include "base/slice.h"
#include "conf/conf_types.h"
#include "http/access/http_min_rate.h"
#include "http/files/http_types.h"
#include "http/h1/http1_parse.h"
#include "http/language/http_table.h"
#include "http/language/http_template.h"
#include "http/message/http_message.h"
#include "http/proxy/http_proxy_conf.h"
#include "http/proxy/http_upstream_conf.h"
#include "relay/log_buffer.h"
#include "relay/protocol_conf.h"
#include "tls/tls_verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_auth_request; /* http_auth_request.h */
struct http_output_conf;  /* http_output_conf.h */

/* What http {} says. The rows of http_main.def, http_server.def and http_location.def become the
 * members of three structs (see conf_types.h for the forms of a row). Everything is constant once
 * it is read and lives as long as the struct conf. */

/* listen */
struct http_listen {
    struct address address;
    struct slice text; /* as written: "443", "[::]:80" */
    bool ssl, http2, default_server;
    struct conf_place place;
};

struct http_listens {
    struct http_listen *items;
    size_t count;
};

/* server_name. ".x" stands twice in the list: as "x" and as "*.x". */
struct http_name {
    struct slice text;    /* lower case, without the star */
    struct slice written; /* lower case, as written */
    enum http_name_kind kind;
    const struct http_regex *regex; /* HTTP_NAME_REGEX */
    struct conf_place place;
};

struct http_names {
    struct http_name *items;
    size_t count;
};

/* log_format, access_log */
enum http_escape {
    HTTP_ESCAPE_DEFAULT,
    HTTP_ESCAPE_JSON,
    HTTP_ESCAPE_NONE,
};

struct http_log_format {
    struct slice name;
    enum http_escape escape;
    struct http_template text;
    struct conf_place place;
};

struct http_log_formats {
    struct http_log_format *items;
    size_t count;
};

struct http_access_log {
    struct slice path; /* absolute */
    const struct http_log_format *format;
    struct conf_word format_name; /* resolved once everything is read */
    struct log_buffering buffering;
    bool has_condition;
    struct http_template condition; /* if=: empty or "0" keeps a request out */
    struct conf_place place;
};

/* An empty list: off. */
struct http_access_logs {
    struct http_access_log *items;
    size_t count;
    bool off;
};

/* auth_basic */
struct http_realm {
    bool on;
    struct http_template text;
    struct conf_place place;
};

/* auth_basic_user_file */
struct http_user_file {
    struct slice path; /* absolute; empty: none */
    struct conf_place place;
};

struct http_keepalive {
    uint32_t timeout_ms; /* 0: no keep-alive */
    uint32_t field_s;    /* for "Keep-Alive: timeout="; 0: no such field */
};

struct http_access; /* http_access_conf.h */
struct http_realip; /* http_realip_conf.h */
struct http_site;   /* http_site.h */
struct http_files;  /* http_files_conf.h */
struct http_limits; /* http_limit_conf.h */

/* backend_start */
enum http_backend_start { HTTP_BACKEND_LAZY, HTTP_BACKEND_STRICT };

struct http_main {
#include "conf/conf_members.inc"
#include "http/conf/http_main.def"

    const struct http_addresses *addresses; /* for http_conf_address.c */
    struct http_access_logs written;        /* all that are anywhere: for http_conf_log.c */
    struct http_registry *registry;         /* see http_conf_registry */
    struct http_upstreams upstreams;        /* worked out */
};

enum http_match {
    HTTP_MATCH_SERVER, /* no location: the server block's own values */
    HTTP_MATCH_EXACT,  /* = */
    HTTP_MATCH_PREFIX,
    HTTP_MATCH_PREFIX_FINAL, /* ^~ */
    HTTP_MATCH_REGEX,        /* ~, ~* */
    HTTP_MATCH_NAMED,        /* @name */
    HTTP_MATCH_NAMELESS,     /* `if` or `limit_except` in the location `parent` */
};

typedef const struct http_location *http_location_pointer;

/* limit_except */
struct http_limit {
    struct conf_word_list methods;        /* for all others… */
    const struct http_location *location; /* …this holds */
};

struct http_program; /* http_program.h */
struct http_regex;

/* What holds for a path: the values of a location block, or of a server block where no location
 * matches. */
struct http_location {
#include "conf/conf_members.inc"
#include "http/conf/http_location.def"

    /* Worked out when everything is read. */
    enum http_match match;
    struct slice path; /* what the location is named; NAMELESS: the location around it */
    const struct http_regex *regex;         /* MATCH_REGEX */
    const struct http_location *parent;     /* the location around it; NULL: right in the server */
    const http_location_pointer *locations; /* inside of it */
    size_t location_count;
    const struct http_limit *limit;     /* NULL: the same for all methods */
    const struct http_program *program; /* what is done first: NULL, or http_program_run */
    uint32_t number;                    /* counts all blocks that http_blocks_next gives, from 0 */
    const struct http_server *server;
    const struct http_proxy_conf *proxy;
    const struct http_auth_request *auth_request; /* NULL: nobody is asked */
    const struct http_output_conf *output; /* NULL: answers leave as their handler made them */
    const struct conf_scope *scope; /* for conf_values of groups that others own: error_log */
    struct conf_place place;
    const struct http_access *access; /* never NULL */
    const struct http_realip *realip; /* NULL: no proxy is trusted */
    const struct http_files *files;   /* never NULL */
    const struct http_limits *limits; /* NULL: nothing is limited */
};

struct http_server {
#include "conf/conf_members.inc"
#include "http/conf/http_server.def"

    /* Worked out when everything is read. */
    struct slice name;               /* $server_name: the first name as written; empty: none */
    const struct http_location *own; /* where no location matches */
    const http_location_pointer *locations;
    size_t location_count;
    const struct http_site *site;   /* NULL: nothing of it is used */
    enum tls_verify verify;         /* whether clients are to show a certificate */
    const struct conf_scope *scope; /* for conf_values of groups that others own: tls_conf */
};

extern const struct conf_group http_main_group, http_server_group, http_location_group,
    http_ignored_group;
extern const struct protocol_conf http_protocol_conf;

/* The servers that share an address, default first: what struct listen.servers points to, an array
 * of listen.server_count pointers. */
typedef const struct http_server *http_server_pointer;

/* Does this location hand to a backend? */
static inline bool http_location_proxies(const struct http_location *location)
{
    return location->proxy != NULL && location->proxy->pass.present;
}

/* Does the server speak HTTP/2 on this address: `http2 on` in it, or `http2` on its `listen`? */
bool http_server_has_http2(const struct http_server *server, const struct address *address);

/* Does this location ask for a password? */
static inline bool http_location_asks(const struct http_location *location)
{
    return location->auth_basic.on && location->auth_basic_user_file.path.len > 0;
}

/* The variables that the configuration makes; NULL if there is no http {}. */
struct http_registry *http_conf_registry(const struct conf *conf);

/* The blocks of a server that have values of their own: the server's, its locations, those inside
 * them and the `if`s and `limit_except`s in locations; outer ones first, in the order written.
 *
 *     struct http_blocks blocks = http_blocks_of(server_scope);
 *     while ((location = http_blocks_next(conf, &blocks)) != NULL) … */
struct http_blocks {
    const struct conf_scope *server;
    const struct conf_scope *at; /* of the block that was given last; NULL: none yet */
};

struct http_blocks http_blocks_of(const struct conf_scope *server);
struct http_location *http_blocks_next(const struct conf *conf, struct http_blocks *blocks);

/* How many there are in the whole configuration, for tables by http_location.number. */
size_t http_conf_location_count(const struct conf *conf);

/* The first server block, and conf_next; NULL: there is none. */
const struct conf_scope *http_conf_first_server(const struct conf *conf);

/* The location `name` ("@x") of a server; NULL: there is none. */
const struct http_location *http_conf_named(const struct http_server *server, struct slice name);
