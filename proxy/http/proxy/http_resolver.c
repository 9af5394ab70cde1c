#include "http/proxy/http_resolver.h"

#include "dns/dns.h"
#include "http/http_service.h"
#include "relay/worker.h"

struct http_resolver {
    struct http_resolver *next;
    const struct http_proxy_conf *conf;
    struct dns_resolver *dns;
};

static bool are_same(const struct http_proxy_conf *a, const struct http_proxy_conf *b)
{
    return slice_equal(a->resolver.servers, b->resolver.servers) &&
           a->resolver.valid_ms == b->resolver.valid_ms &&
           a->resolver.no_ipv4 == b->resolver.no_ipv4 &&
           a->resolver.no_ipv6 == b->resolver.no_ipv6 && a->resolver_timeout == b->resolver_timeout;
}

static struct dns_resolver *start(struct http_content *content, const struct http_proxy_conf *conf)
{
    const struct dns_options options = {
        .servers = conf->resolver.servers.at,
        .timeout_ms = conf->resolver_timeout,
        .valid_ms = conf->resolver.valid_ms,
        .no_ipv4 = conf->resolver.no_ipv4,
        .no_ipv6 = conf->resolver.no_ipv6,
    };
    struct http_resolver *resolver = arena_zero(&content->arena, sizeof *resolver);

    for (size_t i = 0; i < conf->resolver.count; i++)
        rights_connect(&content->worker->rights, conf->resolver.ports[i]);
    resolver->conf = conf;
    resolver->dns = dns_resolver_new(content->worker->loop, &options);
    resolver->next = content->resolvers;
    content->resolvers = resolver;
    return resolver->dns;
}

struct dns_resolver *http_resolver_get(struct http_content *content,
                                       const struct http_proxy_conf *conf)
{
    if (conf == NULL || !conf->resolver.present)
        return content->worker->resolver;
    for (const struct http_resolver *resolver = content->resolvers; resolver != NULL;
         resolver = resolver->next)
        if (are_same(resolver->conf, conf))
            return resolver->dns;
    return start(content, conf);
}

void http_resolver_stop(struct http_content *content)
{
    for (const struct http_resolver *resolver = content->resolvers; resolver != NULL;
         resolver = resolver->next)
        dns_resolver_free(resolver->dns);
}
