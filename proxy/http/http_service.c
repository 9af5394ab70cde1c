#include "http/http_service.h"

#include "auth/auth_list.h"
#include "base/ensure.h"
#include "http/access/http_access.h"
#include "http/access/http_limit_conn.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_files_conf.h"
#include "http/h1/http1_connection.h"
#include "http/h2/http2_connection.h"
#include "http/http_exchange.h"
#include "http/proxy/http_proxy_tls.h"
#include "http/proxy/http_resolver.h"
#include "http/proxy/http_upstream.h"
#include "http/route/http_site.h"
#include "net/loop.h"
#include "relay/connection_counts.h"
#include "relay/listen.h"
#include "relay/log_files.h"
#include "relay/relay_conf.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static void find_logs(struct http_content *content, const struct http_location *location)
{
    struct http_content_location *found = &content->locations[location->number];
    const struct http_access_logs *logs = &location->access_log;
    struct log_files *files = content->worker->log_files;

    if (logs->off || logs->count == 0)
        return;
    found->logs = arena_alloc(&content->arena, logs->count * sizeof *found->logs);
    found->log_count = logs->count;
    for (size_t i = 0; i < logs->count; i++) {
        size_t index = log_files_index(files, logs->items[i].path);

        log_files_keep_back(files, index, &logs->items[i].buffering, content->worker->loop);
        found->logs[i] = &files->files[index];
    }
}

/* The list was made of the same locations: it is there. */
static uint32_t find_passwords(const struct http_content *content,
                               const struct http_location *location)
{
    const struct auth_list *list = content->worker->passwords;
    struct slice path = location->auth_basic_user_file.path;

    for (uint32_t i = 0; list != NULL && i < list->count; i++)
        if (slice_equal(list->files[i].path, path))
            return i;
    return UINT32_MAX;
}

static void add_location(struct http_content *content, const struct http_location *location)
{
    struct http_content_location *found = &content->locations[location->number];

    if (location->files->place.base.len > 0)
        found->root = http_file_cache_root(content->files, location->files->place.base,
                                           (enum http_links)location->files->symlinks);
    if (found->root != NULL && location->files->autoindex)
        http_root_list(found->root);
    find_logs(content, location);
    if (http_location_proxies(location))
        http_proxy_start(content, location);
    found->password_file = find_passwords(content, location);
    found->access_steps = http_access_steps(location);
    found->error_log =
        relay_log_open(content->worker->conf, location->scope, content->worker->log_files);
}

static void add_server(struct http_content *content, const struct http_server *server)
{
    struct http_blocks blocks = http_blocks_of(server->scope);
    const struct http_location *location;

    while ((location = http_blocks_next(content->worker->conf, &blocks)) != NULL)
        add_location(content, location);
    if (server->site != NULL && server->site->acme_webroot.len > 0)
        content->locations[server->own->number].acme_root =
            http_file_cache_root(content->files, server->site->acme_webroot, HTTP_LINKS_BENEATH);
    content->locations[server->own->number].paths = http_paths_new(server, &content->arena);
}

/* In the clear nobody says in time which server is meant: one `listen` is enough, or the default
 * server (as in nginx). */
static bool has_http2(const struct listen *listen)
{
    const http_server_pointer *servers = listen->servers;

    for (size_t i = 0; i < listen->server_count; i++)
        for (size_t k = 0; k < servers[i]->listen.count; k++)
            if (servers[i]->listen.items[k].http2 &&
                address_equal(&servers[i]->listen.items[k].address, &listen->address))
                return true;
    return servers[0]->http2;
}

/* Two listens share servers; going over one twice changes nothing. */
static void start_listen(struct http_content *content, struct listen *listen)
{
    const http_server_pointer *servers = listen->servers;
    struct http_service *service = arena_zero(&content->arena, sizeof *service);

    service->content = content;
    service->route = http_route_new(servers, listen->server_count, &content->arena);
    service->has_http2 = has_http2(listen);
    listen->service = service;
    for (size_t i = 0; i < listen->server_count; i++)
        if (content->locations[servers[i]->own->number].root == NULL &&
            content->locations[servers[i]->own->number].logs == NULL)
            add_server(content, servers[i]);
}

static void set_identity(struct http_content *content)
{
    char host[256] = "";

    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    content->hostname = arena_keep(&content->arena, slice_of(host));
    content->pid = arena_format(&content->arena, "%d", (int)getpid());
    ensure(getrandom(content->secret, sizeof content->secret, 0) == sizeof content->secret);
}

struct http_content *http_content_start(struct worker *worker)
{
    struct http_content *content = memory_zero(sizeof *content);

    arena_init(&content->arena, ARENA_UNLIMITED);
    content->worker = worker;
    http_clock_init(&content->clock);
    set_identity(content);
    content->files = http_file_cache_new(&content->arena);
    content->lanes = http_limit_conn_lanes(worker->zones, &content->arena);
    connection_counts_start(worker, content->lanes, &content->arena);
    content->variables = http_conf_registry(worker->conf);
    http_matcher_init(&content->matcher);
    content->locations = arena_zero(&content->arena, (http_conf_location_count(worker->conf) + 1) *
                                                         sizeof *content->locations);
    for (size_t i = 0; i < worker->listens->count; i++) {
        struct listen *listen = &worker->listens->listens[i];

        if (listen->protocol_name != NULL &&
            slice_equal(slice_of(listen->protocol_name), slice_of(http_protocol_conf.name)))
            start_listen(content, listen);
    }
    http_upstream_start(content);
    http_file_cache_confine(content->files, &worker->rights);
    return content;
}

void http_content_stop(struct http_content *content)
{
    if (content == NULL)
        return;
    content->worker->counts = NULL;
    http_upstream_stop(content);
    http_resolver_stop(content);
    http_proxy_tls_stop(content);
    http_file_cache_free(content->files);
    http1_free_spare(content);
    http2_exchange_free_spares(content);
    http_matcher_deinit(&content->matcher);
    arena_deinit(&content->arena);
    free(content);
}

const struct http_service *http_service_of(const struct http_exchange *exchange)
{
    return exchange->session->listen->service;
}

struct http_content *http_content_of(const struct http_exchange *exchange)
{
    return http_service_of(exchange)->content;
}

void http_content_choose_log(struct http_exchange *exchange)
{
    exchange->log = &http_content_of(exchange)->locations[exchange->location->number].error_log;
    if (exchange->transport->located != NULL)
        exchange->transport->located(exchange);
}

const struct http_clock *http_content_clock(struct http_content *content)
{
    http_clock_set(&content->clock, loop_wall_us(content->worker->loop));
    return &content->clock;
}
