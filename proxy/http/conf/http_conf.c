#include "http/conf/http_conf.h"

#include "http/access/http_access_conf.h"
#include "http/access/http_auth_request.h"
#include "http/access/http_limit_conf.h"
#include "http/conf/http_conf_check.h"
#include "http/conf/http_conf_lint.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/http_status.h"
#include "http/language/http_rewrite_conf.h"
#include "http/output/http_output_conf.h"
#include "http/route/http_realip_conf.h"
#include "http/route/http_site.h"
#include "relay/relay_conf.h"

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Rows of http_ignored.def and http_refused.def. */
#define NO_TUNING                      "nginx's; what it tunes needs no tuning here."
#define UNUSED(directive, where, most) CONF_IGNORED_ROW(directive, where, 1, most, "…", NO_TUNING)
#define UNUSED_AS(directive, where, kind, words)                                                   \
    CONF_CHECKED_ROW(directive, where, &conf_type_##kind, words, NO_TUNING)
#define FIXED(directive, where, word, help)                                                        \
    {.name = (directive),                                                                          \
     .contexts = (where),                                                                          \
     .type = &http_type_fixed,                                                                     \
     .type_data = (help),                                                                          \
     .min_words = 1,                                                                               \
     .max_words = 1,                                                                               \
     .repeat = CONF_MANY,                                                                          \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .syntax = (word),                                                                             \
     .meaning = "Has no effect: " help "."},
#define REFUSED(directive, where, help)                                                            \
    {.name = (directive),                                                                          \
     .contexts = (where),                                                                          \
     .type = &http_type_refused,                                                                   \
     .type_data = (help),                                                                          \
     .min_words = 0,                                                                               \
     .max_words = CONF_ANY,                                                                        \
     .repeat = CONF_MANY,                                                                          \
     .inherit = CONF_INHERIT_NONE,                                                                 \
     .syntax = "…",                                                                                \
     .meaning = "Refused: " help "."},
#define REFUSED_BLOCK REFUSED

static const char *const backend_start_words[] = {"lazy", "strict", NULL};

#define CONF_STRUCT struct http_main
static const struct conf_row main_rows[] = {
#include "conf/conf_rows.inc"
#include "http/conf/http_main.def"
};
#undef CONF_STRUCT

#define CONF_STRUCT struct http_server
static const struct conf_row server_rows[] = {
#include "conf/conf_rows.inc"
#include "http/conf/http_server.def"
};
#undef CONF_STRUCT

#define CONF_STRUCT struct http_location
static const struct conf_row location_rows[] = {
#include "conf/conf_rows.inc"
#include "http/conf/http_location.def"
};
#undef CONF_STRUCT

static const struct conf_row ignored_rows[] = {
#include "http/conf/http_ignored.def"
#include "http/conf/http_never.def"
#include "http/conf/http_refused.def"
};

const struct conf_group http_main_group = {"http", sizeof(struct http_main), main_rows,
                                           ROW_COUNT(main_rows), http_check_main};
const struct conf_group http_server_group = {"http_server", sizeof(struct http_server), server_rows,
                                             ROW_COUNT(server_rows), http_check_server};
const struct conf_group http_location_group = {"http_location", sizeof(struct http_location),
                                               location_rows, ROW_COUNT(location_rows),
                                               http_check_location};
const struct conf_group http_ignored_group = {"http_ignored", 1, ignored_rows,
                                              ROW_COUNT(ignored_rows), NULL};

/* clang-format off */
static const struct conf_group *const groups[] = {
    &http_main_group,
    &http_server_group,
    &http_location_group,
    &http_rewrite_group,
    &http_access_group,
    &http_files_group,
    &http_limit_group,
    &http_proxy_group,
    &http_upstream_group,
    &http_output_group,
    &http_auth_request_group,
    &http_realip_group,
    &http_site_group,
    &http_ignored_group,
    NULL,
};
/* clang-format on */

const struct conf_scope *http_conf_first_server(const struct conf *conf)
{
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);

    return http == NULL ? NULL : conf_first(http, CONF_SERVER);
}

bool http_server_has_http2(const struct http_server *server, const struct address *address)
{
    for (size_t i = 0; i < server->listen.count && !server->http2; i++)
        if (server->listen.items[i].http2 &&
            address_equal(&server->listen.items[i].address, address))
            return true;
    return server->http2;
}

struct http_blocks http_blocks_of(const struct conf_scope *server)
{
    return (struct http_blocks){server, NULL};
}

/* The scope after `scope` in a walk through all that is in `top`. */
static const struct conf_scope *next_scope(const struct conf_scope *top,
                                           const struct conf_scope *scope)
{
    if (scope->first_child != NULL)
        return scope->first_child;
    while (scope != top && scope->next == NULL)
        scope = scope->parent;
    return scope == top ? NULL : scope->next;
}

struct http_location *http_blocks_next(const struct conf *conf, struct http_blocks *blocks)
{
    struct http_location *location = NULL;

    if (blocks->at == NULL) {
        blocks->at = blocks->server;
        return conf_values(conf, blocks->at, &http_location_group);
    }
    while (location == NULL) {
        const struct conf_scope *scope = next_scope(blocks->server, blocks->at);

        if (scope == NULL)
            return NULL;
        blocks->at = scope;
        location = conf_values(conf, scope, &http_location_group);
    }
    return location;
}

size_t http_conf_location_count(const struct conf *conf)
{
    size_t count = 0;

    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server)) {
        struct http_blocks blocks = http_blocks_of(server);

        while (http_blocks_next(conf, &blocks) != NULL)
            count++;
    }
    return count;
}

const struct http_location *http_conf_named(const struct http_server *server, struct slice name)
{
    for (size_t i = 0; i < server->location_count; i++)
        if (server->locations[i]->match == HTTP_MATCH_NAMED &&
            slice_equal(server->locations[i]->path, name))
            return server->locations[i];
    return NULL;
}

/* Default first; otherwise in the order of the configuration. */
static void add_server(struct listen *listen, struct arena *arena, http_server_pointer server,
                       bool is_default)
{
    size_t at = is_default ? 0 : listen->server_count;

    *(http_server_pointer *)listen_add_server(listen, arena, sizeof server, at) = server;
}

static void add_listens(const struct http_server *server, struct arena *arena,
                        struct listen_list *list)
{
    for (size_t i = 0; i < server->listen.count; i++) {
        const struct http_listen *own = &server->listen.items[i];
        struct listen *listen = listen_list_add(list, arena, &own->address);

        if (listen->server_count == 0)
            listen->place = own->place;
        listen->protocol_name = http_protocol_conf.name;
        listen->tls = listen->tls || own->ssl;
        add_server(listen, arena, server, own->default_server);
    }
}

static void http_listens(const struct conf *conf, struct arena *arena, struct listen_list *list)
{
    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server))
        add_listens(conf_values(conf, server, &http_server_group), arena, list);
}

static void add_logs(const struct conf *conf, const struct conf_scope *scope,
                     struct log_files *files)
{
    const struct http_location *location = conf_values(conf, scope, &http_location_group);

    relay_log_add(conf, scope, files);
    if (!location->access_log.off)
        for (size_t i = 0; i < location->access_log.count; i++)
            log_files_index(files, location->access_log.items[i].path);
}

/* What stands in http {} alone is never written to. */
static void http_logs(const struct conf *conf, struct log_files *files)
{
    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server)) {
        struct http_blocks blocks = http_blocks_of(server);

        while (http_blocks_next(conf, &blocks) != NULL)
            add_logs(conf, blocks.at, files);
    }
}

static void add_password_file(const struct http_location *location, struct auth_list *list)
{
    if (http_location_asks(location))
        auth_list_index(list, location->auth_basic_user_file.path,
                        location->auth_basic_user_file.place);
}

static void http_passwords(const struct conf *conf, struct auth_list *list)
{
    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server)) {
        struct http_blocks blocks = http_blocks_of(server);
        const struct http_location *location;

        while ((location = http_blocks_next(conf, &blocks)) != NULL)
            add_password_file(location, list);
    }
}

#define NAMES_SHOWN 3

static void http_summary(const struct conf *conf, struct text *text)
{
    size_t count = 0;

    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server))
        count++;
    if (count == 0)
        return;
    text_add(text, SLICE("ok  "));
    text_number(text, count);
    text_add(text, count == 1 ? SLICE(" site        ") : SLICE(" sites       "));
    count = 0;
    for (const struct conf_scope *server = http_conf_first_server(conf); server != NULL;
         server = conf_next(server)) {
        const struct http_server *values = conf_values(conf, server, &http_server_group);

        if (count++ == NAMES_SHOWN) {
            text_add(text, SLICE(", …"));
            break;
        }
        text_add(text, count > 1 ? SLICE(", ") : SLICE_NONE);
        text_add(text, values->name.len > 0 ? values->name : SLICE("(no name)"));
    }
    text_byte(text, '\n');
}

static void zones(const struct conf *conf, struct shared_zones *zones)
{
    http_limit_zones(conf, zones);
    http_health_zones(conf, zones);
    http_status_zones(conf, zones);
}

const struct protocol_conf http_protocol_conf = {
    .name = "http",
    .tls_name = "https",
    .groups = groups,
    .listens = http_listens,
    .logs = http_logs,
    .passwords = http_passwords,
    .zones = zones,
    .lint = http_conf_lint,
    .summary = http_summary,
};
