#include "http/http_upstream.h"

#include "http/http_proxy_tls.h"
#include "http/http_resolver.h"
#include "http/http_service.h"
#include "relay/worker.h"

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

void http_upstream_start(struct http_content *content)
{
    const struct http_upstreams *upstreams = upstreams_of(content);
    struct worker *worker = content->worker;

    content->upstreams = upstreams;
    if (upstreams == NULL)
        return;
    content->balancers =
        arena_zero(&content->arena, (upstreams->count + 1) * sizeof *content->balancers);
    for (size_t i = 0; i < upstreams->count; i++) {
        allow_ports(worker, upstreams->items[i]);
        content->balancers[i] =
            balancer_new(worker, http_resolver_get(content, upstreams->items[i]->proxy),
                         &upstreams->items[i]->balancer);
    }
}

void http_upstream_stop(struct http_content *content)
{
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

struct balancer *http_upstream_balancer(const struct http_content *content,
                                        const struct http_upstream *upstream)
{
    return content->balancers[upstream->number];
}
