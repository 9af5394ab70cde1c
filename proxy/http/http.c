#include "http/http.h"

#include "http/h1/http1_connection.h"
#include "http/http_opening.h"
#include "http/http_service.h"
#include "http/route/http_explain.h"
#include "relay/listen.h"
#include "relay/listen_tls.h"
#include "relay/session.h"
#include "relay/worker.h"
#include "tls/tls_conf.h"
#include "tls/tls_context.h"

/* nginx's page for its code 497; the body is Content-Length bytes long: test_http.c counts. */
#define PLAIN_ON_TLS_BODY                                                                          \
    "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n"  \
    "<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"                                      \
    "<center>The plain HTTP request was sent to HTTPS port</center>\r\n</body>\r\n</html>\r\n"
#define PLAIN_ON_TLS                                                                               \
    "HTTP/1.1 400 Bad Request\r\nServer: frontd\r\nContent-Type: text/html\r\n"                    \
    "Content-Length: 220\r\nConnection: close\r\n\r\n" PLAIN_ON_TLS_BODY

static const char *const alpn[] = {"http/1.1", NULL};
static const char *const alpn_http2[] = {"h2", "http/1.1", NULL};

static bool is_ours(const struct listen *listen)
{
    return listen->protocol == &http_protocol;
}

/* False if the server has no certificate. */
static bool server_tls(const struct conf *conf, const struct listen *listen,
                       const struct http_server *server, struct arena *arena,
                       struct tls_server *tls)
{
    struct slice *names = arena_zero(arena, (server->server_name.count + 1) * sizeof *names);

    if (!tls_conf_server(conf, conf_values(conf, server->scope, &tls_conf_group), arena, tls))
        return false;
    for (size_t i = 0; i < server->server_name.count; i++)
        names[tls->name_count++] = server->server_name.items[i].written;
    tls->names = names;
    tls->owner = server;
    tls->service = "http";
    tls->alpn = http_server_has_http2(server, &listen->address) ? alpn_http2 : alpn;
    return true;
}

static size_t tls_servers(const struct conf *conf, const struct listen *listen, struct arena *arena,
                          struct tls_server *tls)
{
    const http_server_pointer *servers = listen->servers;
    size_t count = 0;

    for (size_t i = 0; listen->tls && i < listen->server_count; i++)
        count += server_tls(conf, listen, servers[i], arena, &tls[count]);
    return count;
}

/* Regular expressions. A server that has no certificate shows the default one's (nginx's rule). */
static const void *tls_named(const struct listen *listen, struct slice name)
{
    const struct http_service *service = listen->service;
    struct http_found_server found =
        http_route_find(service->route, name, &service->content->matcher);

    return found.regex != NULL ? found.server : NULL;
}

static bool has_listens(const struct worker *worker)
{
    for (size_t i = 0; i < worker->listens->count; i++)
        if (is_ours(&worker->listens->listens[i]))
            return true;
    return false;
}

static bool start(struct worker *worker)
{
    bool started = true;

    if (!has_listens(worker))
        return true;
    (void)http_content_start(worker); /* each listen's service leads to it */
    for (size_t i = 0; i < worker->listens->count && started; i++)
        if (is_ours(&worker->listens->listens[i]))
            started = listen_tls_start(worker, &worker->listens->listens[i]);
    return started;
}

static void stop(struct worker *worker)
{
    struct http_content *content = NULL;

    for (size_t i = 0; i < worker->listens->count; i++) {
        struct listen *listen = &worker->listens->listens[i];
        const struct http_service *service = listen->service;

        if (!is_ours(listen) || service == NULL)
            continue;
        content = service->content;
        listen->service = NULL;
        listen_tls_stop(listen);
    }
    http_content_stop(content);
}

static void secured(struct session *session)
{
    (void)session; /* HTTP begins TLS only with the connection */
}

const struct protocol http_protocol = {
    .name = "http",
    .plain_on_tls = {PLAIN_ON_TLS, sizeof PLAIN_ON_TLS - 1},
    .start = start,
    .stop = stop,
    .tls_servers = tls_servers,
    .tls_named = tls_named,
    .opened = http_opening_opened,
    .received = http1_connection_received,
    .drained = http1_connection_drained,
    .secured = secured,
    .expired = http1_connection_expired,
    .draining = http1_connection_draining,
    .explain = http_explain,
    .closed = http1_connection_closed,
};
