#include "http/proxy/http_upstream_names.h"

#include "dns/dns.h"
#include "http/conf/http_conf_types.h"
#include "http/proxy/http_upstream_conf.h"

#define RESOLVE_TIMEOUT_MS 3000

struct server_names {
    struct slice *names;
    struct conf_place *places;
    size_t count;
};

static void add_name(struct conf_reader *reader, struct server_names *list, struct slice name,
                     struct conf_place place)
{
    size_t count = list->count;

    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->names[i], name))
            return;
    *(struct slice *)http_conf_append(reader, (void **)&list->names, &list->count,
                                      sizeof *list->names) = name;
    *(struct conf_place *)http_conf_append(reader, (void **)&list->places, &count,
                                           sizeof *list->places) = place;
}

static void report_name(struct conf_reader *reader, enum dns_status status, struct slice name,
                        struct conf_place place)
{
    struct conf_finding *finding;

    if (status == DNS_FOUND)
        return;
    finding = conf_report_add(reader->report, CONF_WARNING, place,
                              status == DNS_NO_SUCH_NAME ? "no host is called `%.*s`"
                                                         : "`%.*s` cannot be resolved now",
                              HTTP_SHOW(name));
    conf_finding_help(reader->report, finding, "its locations answer 502 until the name resolves");
}

void http_upstream_names_check(struct conf_reader *reader, const struct http_upstreams *upstreams)
{
    struct server_names list = {0};
    enum dns_status *statuses;

    for (size_t i = 0; i < upstreams->count; i++) {
        const struct http_upstream_servers *servers = &upstreams->items[i]->server;

        for (size_t k = 0; k < servers->count; k++)
            add_name(reader, &list, servers->items[k].target.host, servers->places[k]);
    }
    statuses = arena_zero(&reader->report->arena, (list.count + 1) * sizeof *statuses);
    if (list.count == 0 ||
        dns_check_names(list.names, list.count, RESOLVE_TIMEOUT_MS, statuses) == DNS_FOUND)
        return;
    for (size_t i = 0; i < list.count; i++)
        report_name(reader, statuses[i], list.names[i], list.places[i]);
}
