#include "http/http.h"

#include "http/http1_connection.h"
#include "http/http_service.h"
#include "relay/listen.h"
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

static bool is_ours(const struct listen *listen)
{
    return listen->protocol == &http_protocol;
}

/* False if the server has no certificate. */
static bool server_tls(const struct worker *worker, const struct http_server *server,
                       struct arena *arena, struct tls_server *tls)
{
    struct slice *names = arena_zero(arena, (server->server_name.count + 1) * sizeof *names);

    if (!tls_conf_server(worker->conf, conf_values(worker->conf, server->scope, &tls_conf_group),
                         arena, tls))
        return false;
    for (size_t i = 0; i < server->server_name.count; i++)
        names[i] = server->server_name.items[i].written;
    tls->names = names;
    tls->name_count = server->server_name.count;
    tls->service = "http";
    tls->remote = worker->remote;
    tls->alpn = alpn;
    return true;
}

static bool start_tls(const struct worker *worker, struct listen *listen, struct arena *arena)
{
    const http_server_pointer *servers = listen->servers;
    struct tls_server *tls = arena_zero(arena, listen->server_count * sizeof *tls);
    struct slice why = SLICE("no server on this address has a certificate");
    size_t count = 0;

    for (size_t i = 0; i < listen->server_count; i++)
        count += server_tls(worker, servers[i], arena, &tls[count]);
    if (count > 0)
        listen->tls_context = tls_context_new(tls, count, arena, &why);
    if (listen->tls_context == NULL)
        log_line(worker->log, LOG_EMERG, 0, "http: TLS on %s: %.*s",
                 address_port_print(&listen->address).text, (int)why.len, why.at);
    return listen->tls_context != NULL;
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
    struct arena arena; /* for what tls_context_new copies */
    bool started = true;

    if (!has_listens(worker))
        return true;
    (void)http_content_start(worker); /* each listen's service leads to it */
    arena_init(&arena, ARENA_UNLIMITED);
    for (size_t i = 0; i < worker->listens->count && started; i++) {
        struct listen *listen = &worker->listens->listens[i];

        if (is_ours(listen) && listen->tls)
            started = start_tls(worker, listen, &arena);
    }
    arena_deinit(&arena);
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
        if (listen->tls_context != NULL)
            tls_context_free(listen->tls_context);
        listen->tls_context = NULL;
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
    .opened = http1_connection_opened,
    .received = http1_connection_received,
    .drained = http1_connection_drained,
    .secured = secured,
    .expired = http1_connection_expired,
    .draining = http1_connection_draining,
    .closed = http1_connection_closed,
};
