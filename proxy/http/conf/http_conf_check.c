#include "http/conf/http_conf_check.h"

#include "http/conf/http_conf_address.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_rewrite_conf.h"
#include "http/route/http_site.h"
#include "tls/tls_conf.h"

/* Servers. */

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
    const struct tls_conf *tls = conf_values(reader->conf, scope, &tls_conf_group);

    if (server->scope != NULL)
        return server;
    server->site = http_site_find(reader->conf, scope);
    if (tls != NULL)
        server->verify = (enum tls_verify)tls->ssl_verify_client;
    server->scope = scope;
    server->own = own;
    own->server = server;
    own->scope = scope;
    own->match = HTTP_MATCH_SERVER;
    own->program = http_rewrite_find(reader->conf, scope);
    give_name(reader, scope, server);
    return server;
}

/* The words of server_name, for tls_conf. */
static void check_certificate(struct conf_reader *reader, const struct conf_scope *scope,
                              const struct http_server *server, const struct tls_conf *tls)
{
    struct conf_word *names =
        arena_zero(&reader->report->arena, server->server_name.count * sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < server->server_name.count; i++) {
        const struct http_name *name = &server->server_name.items[i];

        if (name->kind != HTTP_NAME_REGEX)
            names[count++] = (struct conf_word){.text = name->written, .place = name->place};
    }
    tls_conf_check_names(reader, scope, tls, names, count);
}

/* A server without a certificate of its own shows that of the default server (nginx's rule). */
static void check_tls_on(struct conf_reader *reader, const struct conf_scope *scope,
                         const struct http_server *server, const struct http_address *address,
                         const struct http_listen *listen)
{
    const struct tls_conf *tls = conf_values(reader->conf, scope, &tls_conf_group);

    if (tls != NULL && !tls_conf_has_certificate(tls)) {
        scope = address->preferred->scope;
        tls = conf_values(reader->conf, scope, &tls_conf_group);
    }
    if (tls == NULL || tls->ssl_reject_handshake)
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
        const struct http_listen *listen = &server->listen.items[i];
        const struct http_address *address = http_conf_address(reader, scope, &listen->address);

        if (address->ssl) {
            check_tls_on(reader, scope, server, address, listen);
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
    http_proxy_conf_link(reader, scope);
    server = prepare_server(reader, scope);
    http_conf_add_locations(reader, scope, server);
    http_check_listens(reader, scope);
    check_tls(reader, scope, server);
}

/* Across servers. */

static void number_server(struct conf_reader *reader, const struct conf_scope *scope,
                          uint32_t *next)
{
    struct http_blocks blocks = http_blocks_of(scope);
    struct http_location *location;

    prepare_server(reader, scope);
    while ((location = http_blocks_next(reader->conf, &blocks)) != NULL)
        location->number = (*next)++;
}

void http_check_main(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    uint32_t number = 0;

    (void)values;
    if (scope->context != CONF_HTTP)
        return;
    http_proxy_conf_link(reader, scope);
    for (const struct conf_scope *server = conf_first(scope, CONF_SERVER); server != NULL;
         server = conf_next(server))
        number_server(reader, server, &number);
    http_check_addresses(reader, scope);
    http_upstream_conf_link(reader, scope);
}
