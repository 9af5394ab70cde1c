#include "http/proxy/http_upstream_conf.h"

#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/proxy/http_upstream_method.h"
#include "http/proxy/http_upstream_names.h"

static const struct conf_bounds keepalive_bounds = {1, 65535};

/* server */

struct server_option {
    const char *name; /* what stands before the value, "=" included */
    bool (*set)(struct slice value, struct balancer_server *server);
};

static bool read_number(struct slice text, uint64_t least, uint64_t most, uint32_t *number)
{
    uint64_t value;

    if (!number_parse(text, most, &value) || value < least)
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool set_weight(struct slice value, struct balancer_server *server)
{
    return read_number(value, 1, 65535, &server->weight);
}

static bool set_max_fails(struct slice value, struct balancer_server *server)
{
    return read_number(value, 0, 65535, &server->max_fails);
}

static bool set_max_conns(struct slice value, struct balancer_server *server)
{
    return read_number(value, 0, 1u << 20, &server->max_conns);
}

static bool set_fail_timeout(struct slice value, struct balancer_server *server)
{
    uint64_t ms;

    if (!number_parse_duration(value, UINT32_MAX, &ms))
        return false;
    server->fail_timeout_ms = (uint32_t)ms;
    return true;
}

static const struct server_option server_options[] = {
    {"weight=",       set_weight      },
    {"max_fails=",    set_max_fails   },
    {"max_conns=",    set_max_conns   },
    {"fail_timeout=", set_fail_timeout},
};

static const char *const server_words[] = {
    "weight=", "max_fails=", "max_conns=", "fail_timeout=", "backup", "down", "resolve", NULL};

static bool read_option(struct conf_reader *reader, const struct conf_word *word,
                        struct balancer_server *server)
{
    for (size_t i = 0; i < sizeof server_options / sizeof server_options[0]; i++) {
        struct slice name = slice_of(server_options[i].name);

        if (!slice_starts(word->text, name))
            continue;
        if (server_options[i].set(slice_from(word->text, name.len), server))
            return true;
        return conf_fail(reader, word->place, "invalid value in `%.*s`", HTTP_SHOW(word->text));
    }
    if (slice_equal(word->text, SLICE("backup")))
        server->backup = true;
    else if (slice_equal(word->text, SLICE("down")))
        server->down = true;
    else if (!slice_equal(word->text, SLICE("resolve"))) /* every name is */
        return conf_fail_choice(reader, word, "parameter", server_words);
    return true;
}

static bool parse_server(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    struct http_upstream_servers *servers = value;
    const struct conf_word *word = &directive->words[0];
    struct balancer_server server = {
        .name = word->text, .weight = 1, .max_fails = 1, .fail_timeout_ms = 10000};
    size_t count = servers->count;

    if (slice_starts_fold(word->text, SLICE("unix:")))
        return http_conf_refuse(reader, word->place, "let the backend listen on 127.0.0.1",
                                "backends on UNIX sockets are not supported");
    if (!http_conf_authority(word->text, 80, &server.target))
        return http_conf_refuse(reader, word->place, "write `server host:port;`",
                                "`%.*s` is no host with a port", HTTP_SHOW(word->text));
    for (size_t i = 1; i < directive->word_count; i++)
        if (!read_option(reader, &directive->words[i], &server))
            return false;
    *(struct balancer_server *)http_conf_append(reader, (void **)&servers->items, &servers->count,
                                                sizeof server) = server;
    *(struct conf_place *)http_conf_append(reader, (void **)&servers->places, &count,
                                           sizeof *servers->places) = word->place;
    return true;
}

static const struct conf_type http_type_upstream_server = {"server", parse_server};

static bool parse_present(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    (void)reader, (void)directive;
    *(bool *)value = true;
    return true;
}

static const struct conf_type http_type_present = {"word", parse_present};

#define CONF_STRUCT struct http_upstream
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/proxy/http_upstream.def"
};
#undef CONF_STRUCT

/* Blocks. */

static void check_upstream(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct http_upstream *upstream = values;
    struct conf_place place = scope->directive->name.place;

    if (scope->context != CONF_UPSTREAM)
        return;
    http_upstream_method_check(reader, upstream, place);
    if (upstream->server.count == 0)
        http_conf_refuse(reader, place, "add `server host:port;`", "this upstream has no server");
}

const struct conf_group http_upstream_group = {
    .name = "http_upstream",
    .size = sizeof(struct http_upstream),
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .check = check_upstream,
};

/* The list. */

const struct http_upstream *http_upstream_find(const struct http_upstreams *upstreams,
                                               struct slice name)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->items[i]->is_block && slice_equal_fold(upstreams->items[i]->name, name))
            return upstreams->items[i];
    return NULL;
}

static void add_upstream(struct conf_reader *reader, struct http_upstreams *upstreams,
                         struct http_upstream *upstream)
{
    upstream->number = (uint32_t)upstreams->count;
    upstream->keep =
        (struct backend_keep){.idle_max = upstream->keepalive, .idle_ms = upstream->idle_max};
    upstream->balancer = (struct balancer_conf){
        .servers = upstream->server.items,
        .server_count = upstream->server.count,
        .method = http_upstream_method(upstream),
    };
    *(const struct http_upstream **)http_conf_append(reader, (void **)&upstreams->items,
                                                     &upstreams->count, sizeof upstream) = upstream;
}

static void add_block(struct conf_reader *reader, const struct conf_scope *scope,
                      struct http_upstreams *upstreams)
{
    struct http_upstream *upstream = conf_values(reader->conf, scope, &http_upstream_group);
    const struct conf_word *name = &scope->directive->words[0];
    const struct http_upstream *other = http_upstream_find(upstreams, name->text);

    upstream->proxy = conf_values(reader->conf, scope, &http_proxy_group);
    upstream->name = name->text;
    upstream->is_block = true;
    upstream->place = name->place;
    if (other != NULL) {
        struct conf_finding *finding =
            conf_report_add(reader->report, CONF_ERROR, name->place,
                            "there is an upstream `%.*s` already", HTTP_SHOW(name->text));

        finding->other = other->place;
        finding->other_label = SLICE("first here");
    }
    add_upstream(reader, upstreams, upstream);
}

/* A host that several locations name is one, so that they learn from each other. */
static const struct http_upstream *find_host(const struct http_upstreams *upstreams,
                                             const struct backend_target *target)
{
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct http_upstream *upstream = upstreams->items[i];

        if (!upstream->is_block && upstream->server.items[0].target.port == target->port &&
            slice_equal_fold(upstream->server.items[0].target.host, target->host))
            return upstream;
    }
    return NULL;
}

/* As many as one connection of HTTP/2 has requests at a time: with fewer every burst would connect
 * anew. */
#define HOST_KEEPALIVE 128

static const struct http_upstream *add_host(struct conf_reader *reader,
                                            struct http_upstreams *upstreams,
                                            const struct http_proxy_conf *proxy)
{
    const struct http_proxy_pass *pass = &proxy->pass;
    struct http_upstream *upstream = arena_zero(&reader->conf->arena, sizeof *upstream);
    struct balancer_server *server = arena_zero(&reader->conf->arena, sizeof *server);
    struct conf_place *place = arena_zero(&reader->conf->arena, sizeof *place);

    *server = (struct balancer_server){
        .target = pass->target, .weight = 1, .max_fails = 1, .fail_timeout_ms = 10000};
    *place = pass->place;
    upstream->server = (struct http_upstream_servers){server, place, 1};
    upstream->keepalive = HOST_KEEPALIVE;
    upstream->requests_max = 1000;
    upstream->age_max = 3600000;
    upstream->idle_max = 60000;
    upstream->proxy = proxy;
    upstream->name = pass->authority;
    upstream->place = pass->place;
    add_upstream(reader, upstreams, upstream);
    return upstream;
}

static void link_pass(struct conf_reader *reader, struct http_upstreams *upstreams,
                      struct http_proxy_conf *proxy)
{
    struct http_proxy_pass *pass = &proxy->pass;
    const struct http_upstream *block;

    if (!pass->present || pass->has_variables || pass->upstream != NULL)
        return;
    block = http_upstream_find(upstreams, pass->target.host);
    if (block != NULL && pass->has_port) {
        http_conf_refuse(reader, pass->place, "leave the port out: its servers have theirs",
                         "upstream `%.*s` may not have a port", HTTP_SHOW(block->name));
        return;
    }
    pass->upstream = block != NULL ? block : find_host(upstreams, &pass->target);
    if (pass->upstream == NULL)
        pass->upstream = add_host(reader, upstreams, proxy);
}

static void link_scope(struct conf_reader *reader, const struct conf_scope *scope,
                       struct http_upstreams *upstreams)
{
    for (; scope != NULL; scope = scope->next) {
        struct http_proxy_conf *proxy = conf_values(reader->conf, scope, &http_proxy_group);

        if (proxy != NULL)
            link_pass(reader, upstreams, proxy);
        link_scope(reader, scope->first_child, upstreams);
    }
}

void http_upstream_conf_link(struct conf_reader *reader, const struct conf_scope *http)
{
    struct http_main *values = conf_values(reader->conf, http, &http_main_group);

    for (const struct conf_scope *scope = conf_first(http, CONF_UPSTREAM); scope != NULL;
         scope = conf_next(scope))
        add_block(reader, scope, &values->upstreams);
    link_scope(reader, http->first_child, &values->upstreams);
    http_health_conf_link(reader, http, &values->upstreams);
    if (reader->checks_disk)
        http_upstream_names_check(reader, &values->upstreams,
                                  values->backend_start == HTTP_BACKEND_STRICT);
}
