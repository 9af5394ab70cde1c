#include "http/proxy/http_upstream.h"

#include "http/http_service.h"
#include "http/proxy/http_health.h"
#include "http/proxy/http_proxy_tls.h"
#include "http/proxy/http_resolver.h"
#include "relay/listen.h"
#include "relay/worker.h"

#include <netinet/in.h>
#include <string.h>

static const struct http_upstreams *upstreams_of(const struct http_content *content)
{
    const struct conf *conf = content->worker->conf;
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);
    const struct http_main *values =
        http == NULL ? NULL : conf_values(conf, http, &http_main_group);

    return values == NULL ? NULL : &values->upstreams;
}

static void allow_ports(struct worker *worker, const struct http_upstream *upstream)
{
    for (size_t i = 0; i < upstream->server.count; i++)
        rights_connect(&worker->rights, upstream->server.items[i].target.port);
}

static bool is_loopback(const struct address *address)
{
    return address->family == AF_INET ? address->bytes[0] == 127
                                      : memcmp(address->bytes, &in6addr_loopback, 16) == 0;
}

static bool is_own(const struct worker *worker, const struct backend_target *target)
{
    struct address address = {0};

    if (!address_parse(target->host, &address))
        return false;
    for (size_t i = 0; i < worker->listens->count; i++) {
        const struct address *own = &worker->listens->listens[i].address;

        if (own->port == target->port &&
            (address_same_host(own, &address) || (address_is_any(own) && is_loopback(&address))))
            return true;
    }
    return false;
}

static bool find_own(const struct worker *worker, const struct http_upstream *upstream)
{
    for (size_t i = 0; i < upstream->server.count; i++)
        if (is_own(worker, &upstream->server.items[i].target))
            return true;
    return false;
}

void http_upstream_start(struct http_content *content)
{
    const struct http_upstreams *upstreams = upstreams_of(content);
    struct worker *worker = content->worker;

    content->upstreams = upstreams;
    if (upstreams == NULL)
        return;
    content->balancers =
        arena_zero(&content->arena, (upstreams->count + 1) * sizeof *content->balancers);
    content->leads_here =
        arena_zero(&content->arena, (upstreams->count + 1) * sizeof *content->leads_here);
    http_health_init(content);
    for (size_t i = 0; i < upstreams->count; i++) {
        content->leads_here[i] = find_own(worker, upstreams->items[i]);
        allow_ports(worker, upstreams->items[i]);
        content->balancers[i] = balancer_new(
            worker, http_resolver_get(content, upstreams->items[i]->proxy),
            &upstreams->items[i]->balancer, http_health_of(content, upstreams->items[i]));
    }
    http_health_start(content);
}

void http_upstream_stop(struct http_content *content)
{
    http_health_stop(content);
    for (size_t i = 0; content->upstreams != NULL && i < content->upstreams->count; i++)
        balancer_free(content->balancers[i]);
}

void http_proxy_start(struct http_content *content, const struct http_location *location)
{
    const struct http_proxy_pass *pass = &location->proxy->pass;
    struct worker *worker = content->worker;

    if (pass->has_variables || pass->is_tls)
        content->locations[location->number].tls = http_proxy_tls_get(content, location->proxy);
    if (!pass->has_variables)
        return;
    content->locations[location->number].resolver = http_resolver_get(content, location->proxy);
    if (pass->constant_port != 0)
        rights_connect(&worker->rights, pass->constant_port);
    else
        rights_connect_any(&worker->rights);
}

bool http_upstream_leads_here(const struct http_content *content,
                              const struct http_upstream *upstream)
{
    return content->leads_here[upstream->number];
}

struct balancer *http_upstream_balancer(const struct http_content *content,
                                        const struct http_upstream *upstream)
{
    return content->balancers[upstream->number];
}
