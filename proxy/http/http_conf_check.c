#include "http/http_conf_check.h"

#include "dns/dns.h"
#include "http/http_conf_types.h"
#include "tls/tls_conf.h"

#define RESOLVE_TIMEOUT_MS 3000

/* Servers. */

static void check_duplicate_listens(struct conf_reader *reader, const struct http_server *server)
{
    for (size_t i = 1; i < server->listen.count; i++) {
        const struct http_listen *listen = &server->listen.items[i];

        for (size_t k = 0; k < i; k++) {
            struct conf_finding *finding;

            if (!address_equal(&server->listen.items[k].address, &listen->address))
                continue;
            finding = conf_report_add(reader->report, CONF_ERROR, listen->place,
                                      "this server listens on %s already",
                                      address_port_print(&listen->address).text);
            finding->other = server->listen.items[k].place;
            finding->other_label = SLICE("first here");
        }
    }
}

/* A server without a name has the empty one, as in nginx: requests without Host find it. */
static void give_name(struct conf_reader *reader, const struct conf_scope *scope,
                      struct http_server *server)
{
    struct http_name *name;

    if (server->server_name.count == 0) {
        name = http_conf_append(reader, (void **)&server->server_name.items,
                                &server->server_name.count, sizeof *name);
        *name = (struct http_name){
            .text = SLICE(""), .written = SLICE(""), .place = scope->directive->name.place};
    }
    server->name = server->server_name.items[0].written;
}

/* What the checks of all blocks rely on. Called by whichever comes first: the check of `http` does
 * not run when something in one of its servers is wrong. */
static struct http_server *prepare_server(struct conf_reader *reader,
                                          const struct conf_scope *scope)
{
    struct http_server *server = conf_values(reader->conf, scope, &http_server_group);
    struct http_location *own = conf_values(reader->conf, scope, &http_location_group);

    if (server->scope != NULL)
        return server;
    server->scope = scope;
    server->own = own;
    own->server = server;
    own->scope = scope;
    own->match = HTTP_MATCH_SERVER;
    give_name(reader, scope, server);
    return server;
}

static bool is_secure(const struct conf_reader *reader, const struct conf_scope *scope,
                      const struct http_listen *listen);
static const struct conf_scope *default_scope(const struct conf_reader *reader,
                                              const struct conf_scope *scope,
                                              const struct address *address);

/* The words of server_name, for tls_conf. */
static void check_certificate(struct conf_reader *reader, const struct conf_scope *scope,
                              const struct http_server *server, const struct tls_conf *tls)
{
    struct conf_word *names =
        arena_zero(&reader->report->arena, server->server_name.count * sizeof *names);

    for (size_t i = 0; i < server->server_name.count; i++) {
        names[i].text = server->server_name.items[i].written;
        names[i].place = server->server_name.items[i].place;
    }
    tls_conf_check_names(reader, scope, tls, names, server->server_name.count);
}

/* A server without a certificate of its own shows that of the default server (nginx's rule). */
static void check_tls_on(struct conf_reader *reader, const struct conf_scope *scope,
                         const struct http_server *server, const struct http_listen *listen)
{
    const struct tls_conf *tls = conf_values(reader->conf, scope, &tls_conf_group);

    if (tls != NULL && !tls_conf_has_certificate(tls)) {
        scope = default_scope(reader, scope, &listen->address);
        tls = conf_values(reader->conf, scope, &tls_conf_group);
    }
    if (tls == NULL)
        return;
    if (tls_conf_has_certificate(tls))
        check_certificate(reader, scope, server, tls);
    else
        http_conf_refuse(reader, listen->place,
                         "add `ssl_certificate` and `ssl_certificate_key` to the server or to http",
                         "this server speaks TLS on %s without a certificate",
                         address_port_print(&listen->address).text);
}

static void check_tls(struct conf_reader *reader, const struct conf_scope *scope,
                      const struct http_server *server)
{
    for (size_t i = 0; i < server->listen.count; i++) {
        if (is_secure(reader, scope, &server->listen.items[i])) {
            check_tls_on(reader, scope, server, &server->listen.items[i]);
            return; /* the others would be told the same */
        }
    }
}

void http_check_server(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct http_server *server;

    (void)values;
    if (scope->context != CONF_SERVER)
        return;
    server = prepare_server(reader, scope);
    http_conf_add_locations(reader, scope, server);
    check_duplicate_listens(reader, server);
    check_tls(reader, scope, server);
}

/* Across servers. */

static const struct http_server *server_of(const struct conf_reader *reader,
                                           const struct conf_scope *scope)
{
    return conf_values(reader->conf, scope, &http_server_group);
}

static const struct http_listen *find_listen(const struct http_server *server,
                                             const struct address *address)
{
    for (size_t i = 0; i < server->listen.count; i++)
        if (address_equal(&server->listen.items[i].address, address))
            return &server->listen.items[i];
    return NULL;
}

/* One `ssl` makes the whole address speak TLS, for all servers on it (nginx's rule). */
static bool is_secure(const struct conf_reader *reader, const struct conf_scope *scope,
                      const struct http_listen *listen)
{
    for (const struct conf_scope *other = conf_first(scope->parent, CONF_SERVER); other != NULL;
         other = conf_next(other)) {
        const struct http_listen *same = find_listen(server_of(reader, other), &listen->address);

        if (same != NULL && same->ssl)
            return true;
    }
    return false;
}

/* Of the server that answers on `address` whoever is asked for. */
static const struct conf_scope *default_scope(const struct conf_reader *reader,
                                              const struct conf_scope *scope,
                                              const struct address *address)
{
    const struct conf_scope *first = NULL;

    for (const struct conf_scope *other = conf_first(scope->parent, CONF_SERVER); other != NULL;
         other = conf_next(other)) {
        const struct http_listen *listen = find_listen(server_of(reader, other), address);

        if (listen != NULL && listen->default_server)
            return other;
        if (listen != NULL && first == NULL)
            first = other;
    }
    return first;
}

static void report_names(struct conf_reader *reader, const struct http_listen *listen,
                         const struct http_name *first, const struct http_name *second)
{
    struct conf_finding *finding = conf_report_add(
        reader->report, CONF_WARNING, second->place, "two servers are called `%.*s` on %s",
        HTTP_SHOW(second->written), address_port_print(&listen->address).text);

    finding->label = SLICE("this one is never reached by it");
    finding->other = first->place;
    finding->other_label = SLICE("first here");
}

static void compare_names(struct conf_reader *reader, const struct http_server *first,
                          const struct http_server *second, const struct http_listen *listen)
{
    for (size_t i = 0; i < second->server_name.count; i++) {
        const struct http_name *name = &second->server_name.items[i];

        for (size_t k = 0; k < first->server_name.count; k++) {
            const struct http_name *other = &first->server_name.items[k];

            if (other->kind == name->kind && slice_equal(other->text, name->text))
                report_names(reader, listen, other, name);
        }
    }
}

static void compare_servers(struct conf_reader *reader, const struct http_server *first,
                            const struct http_server *second)
{
    for (size_t i = 0; i < second->listen.count; i++) {
        const struct http_listen *listen = &second->listen.items[i];
        const struct http_listen *other = find_listen(first, &listen->address);
        struct conf_finding *finding;

        if (other == NULL)
            continue;
        compare_names(reader, first, second, listen);
        if (!listen->default_server || !other->default_server)
            continue;
        finding = conf_report_add(reader->report, CONF_ERROR, listen->place,
                                  "%s has a default server already",
                                  address_port_print(&listen->address).text);
        finding->other = other->place;
        finding->other_label = SLICE("first here");
    }
}

/* Numbers all servers and locations and gathers the backends' names, so that all are asked for at
 * once. */
struct backend_names {
    struct slice *names;
    struct conf_place *places;
    size_t count;
};

static void add_backend(struct conf_reader *reader, struct backend_names *backends,
                        const struct http_proxy_pass *pass)
{
    size_t count = backends->count;

    if (!pass->present)
        return;
    for (size_t i = 0; i < backends->count; i++)
        if (slice_equal(backends->names[i], pass->target.host))
            return;
    *(struct slice *)http_conf_append(reader, (void **)&backends->names, &backends->count,
                                      sizeof *backends->names) = pass->target.host;
    *(struct conf_place *)http_conf_append(reader, (void **)&backends->places, &count,
                                           sizeof *backends->places) = pass->place;
}

static void number_server(struct conf_reader *reader, const struct conf_scope *scope,
                          uint32_t *next, struct backend_names *backends)
{
    struct http_location *own = conf_values(reader->conf, scope, &http_location_group);

    prepare_server(reader, scope);
    own->number = (*next)++;
    for (const struct conf_scope *inner = conf_first(scope, CONF_LOCATION); inner != NULL;
         inner = conf_next(inner)) {
        struct http_location *location = conf_values(reader->conf, inner, &http_location_group);

        location->number = (*next)++;
        add_backend(reader, backends, &location->proxy_pass);
    }
}

static void check_backends(struct conf_reader *reader, const struct backend_names *backends)
{
    enum dns_status *statuses =
        arena_zero(&reader->report->arena, (backends->count + 1) * sizeof *statuses);

    if (!reader->checks_disk || backends->count == 0)
        return;
    if (dns_check_names(backends->names, backends->count, RESOLVE_TIMEOUT_MS, statuses) ==
        DNS_FOUND)
        return;
    for (size_t i = 0; i < backends->count; i++) {
        struct conf_finding *finding;

        if (statuses[i] == DNS_FOUND)
            continue;
        finding = conf_report_add(reader->report, CONF_WARNING, backends->places[i],
                                  statuses[i] == DNS_NO_SUCH_NAME ? "no host is called `%.*s`"
                                                                  : "`%.*s` cannot be resolved now",
                                  HTTP_SHOW(backends->names[i]));
        conf_finding_help(reader->report, finding,
                          "its locations answer 502 until the name resolves");
    }
}

void http_check_main(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct backend_names backends = {0};
    uint32_t number = 0;

    (void)values;
    if (scope->context != CONF_HTTP)
        return;
    for (const struct conf_scope *server = conf_first(scope, CONF_SERVER); server != NULL;
         server = conf_next(server)) {
        number_server(reader, server, &number, &backends);
        for (const struct conf_scope *first = conf_first(scope, CONF_SERVER); first != server;
             first = conf_next(first))
            compare_servers(reader, server_of(reader, first), server_of(reader, server));
    }
    check_backends(reader, &backends);
}
