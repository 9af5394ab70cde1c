#include "http/proxy/http_upstream_names.h"

#include "dns/dns_check.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/proxy/http_upstream_conf.h"

#define RESOLVE_TIMEOUT_MS 3000

/* A name and who is asked for it. */
struct server_name {
    struct slice name;
    struct conf_place place;
    const struct http_resolver_conf *resolver; /* NULL: the system's */
};

/* In the order of the configuration. */
struct server_names {
    struct server_name *items;
    size_t count;
};

static struct slice servers_of(const struct http_resolver_conf *resolver)
{
    return resolver == NULL ? SLICE_NONE : resolver->servers;
}

static bool ask_the_same(const struct http_resolver_conf *a, const struct http_resolver_conf *b)
{
    return slice_equal(servers_of(a), servers_of(b));
}

static void add_name(struct conf_reader *reader, struct server_names *list,
                     const struct server_name *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->items[i].name, name->name) &&
            ask_the_same(list->items[i].resolver, name->resolver))
            return;
    *(struct server_name *)http_conf_append(reader, (void **)&list->items, &list->count,
                                            sizeof *name) = *name;
}

static void add_upstream(struct conf_reader *reader, struct server_names *list,
                         const struct http_upstream *upstream)
{
    const struct http_proxy_conf *proxy = upstream->proxy;

    for (size_t i = 0; i < upstream->server.count; i++)
        add_name(reader, list,
                 &(struct server_name){
                     .name = upstream->server.items[i].target.host,
                     .place = upstream->server.places[i],
                     .resolver = proxy != NULL && proxy->resolver.present ? &proxy->resolver : NULL,
                 });
}

static void report_name(struct conf_reader *reader, const struct server_name *name,
                        enum dns_status status, bool is_strict)
{
    struct conf_finding *finding;

    if (status == DNS_FOUND)
        return;
    finding = conf_report_add(reader->report, is_strict ? CONF_ERROR : CONF_WARNING, name->place,
                              status == DNS_NO_SUCH_NAME ? "no host is called `%.*s`"
                                                         : "`%.*s` cannot be resolved now",
                              HTTP_SHOW(name->name));
    conf_finding_help(reader->report, finding,
                      is_strict ? "`backend_start lazy;` starts without it and asks again later"
                                : "its locations answer 502 until the name resolves");
}

/* All names of one resolver, from `first` on, at once. */
static void check_resolver(struct conf_reader *reader, const struct server_names *list,
                           size_t first, enum dns_status *statuses)
{
    const struct http_resolver_conf *resolver = list->items[first].resolver;
    struct dns_options options = {.timeout_ms = RESOLVE_TIMEOUT_MS};
    struct slice *names = arena_zero(&reader->report->arena, list->count * sizeof *names);
    enum dns_status *found = arena_zero(&reader->report->arena, list->count * sizeof *found);
    size_t count = 0;

    if (resolver != NULL) {
        options.servers = resolver->servers.at;
        options.no_ipv4 = resolver->no_ipv4;
        options.no_ipv6 = resolver->no_ipv6;
    }
    for (size_t i = first; i < list->count; i++)
        if (ask_the_same(list->items[i].resolver, resolver))
            names[count++] = list->items[i].name;
    if (dns_check_names_at(&options, names, count, found) == DNS_FOUND)
        return;
    count = 0;
    for (size_t i = first; i < list->count; i++)
        if (ask_the_same(list->items[i].resolver, resolver))
            statuses[i] = found[count++];
}

static bool was_asked(const struct server_names *list, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (ask_the_same(list->items[i].resolver, list->items[number].resolver))
            return true;
    return false;
}

void http_upstream_names_check(struct conf_reader *reader, const struct http_upstreams *upstreams,
                               bool is_strict)
{
    struct server_names list = {0};
    enum dns_status *statuses;

    for (size_t i = 0; i < upstreams->count; i++)
        add_upstream(reader, &list, upstreams->items[i]);
    statuses = arena_zero(&reader->report->arena, (list.count + 1) * sizeof *statuses);
    for (size_t i = 0; i < list.count; i++)
        if (!was_asked(&list, i))
            check_resolver(reader, &list, i, statuses);
    for (size_t i = 0; i < list.count; i++)
        report_name(reader, &list.items[i], statuses[i], is_strict);
}
